package jstack.manifest;

import java.util.List;
import jstack.diag.Problems;
import jstack.linux.Capability;
import jstack.linux.SeccompAction;
import jstack.linux.SeccompPolicy;

/**
 * Which of the kernel's calls a container may make.
 *
 * <pre>
 * security_opt: [seccomp=./profile.json]
 * </pre>
 */
public sealed interface Seccomp {
  /** Our own filter, whatever the capabilities let through. */
  record Default() implements Seccomp {
    /** As it is written. */
    public static final String WORD = "default";
  }

  /** All of them. */
  record Unconfined() implements Seccomp {
    /** As it is written. */
    public static final String WORD = "unconfined";
  }

  /** A file in the format of Docker's. */
  sealed interface OfFile extends Seccomp {
    HostPath file();

    /** SHA-256 of its text, which names what is made of it. */
    String digest();

    /** SECCOMP_FILTER_FLAG_* of seccomp(2). */
    long flags();

    /** With its rules. */
    Profile profile();
  }

  /**
   * One that was read before: its rules are read when a filter is to be made of them.
   *
   * @param name what the user calls the file
   */
  record Unread(HostPath file, String name, String digest, long flags, String text)
      implements OfFile {
    @Override
    public Profile profile() {
      return new ProfileReader(new Problems(), file, name).read(text);
    }
  }

  /**
   * One that has been read.
   *
   * @param flags SECCOMP_FILTER_FLAG_* of seccomp(2)
   * @param otherwise for calls that no rule is about
   */
  record Profile(
      HostPath file, String digest, long flags, SeccompAction otherwise, List<ProfileRule> rules)
      implements OfFile {
    public Profile {
      rules = List.copyOf(rules);
    }

    @Override
    public Profile profile() {
      return this;
    }
  }

  /** Some calls, for containers and hosts that fit. */
  record ProfileRule(List<SeccompPolicy.Rule> rules, Filter includes, Filter excludes) {
    public ProfileRule {
      rules = List.copyOf(rules);
    }
  }

  /**
   * What a container and a host are asked.
   *
   * @param architectures as Docker calls them, amd64 and arm64; empty for any
   * @param minKernel as {@link #kernel} counts; 0 for any
   */
  record Filter(List<Capability> capabilities, List<String> architectures, long minKernel) {
    public static final Filter NONE = new Filter(List.of(), List.of(), 0);

    public Filter {
      capabilities = List.copyOf(capabilities);
      architectures = List.copyOf(architectures);
    }
  }

  /** The first two numbers of a kernel's release, so that later ones are greater; 0 for none. */
  static long kernel(String release) {
    String[] parts = release.split("[^0-9]+", 3);
    if (parts.length < 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      return 0;
    }
    return Long.parseLong(parts[0]) << 32 | Long.parseLong(parts[1]);
  }
}
