package jstack.program;

import java.util.List;
import jstack.manifest.ContainerPath;

/** What the process is that runs the command: its limits, rights and words; see execve(2). */
public sealed interface ProcessInstruction extends Instruction {
  /** Holds the namespaces instead of running a command; see pause(2). */
  record Pause() implements ProcessInstruction {
    @Override
    public String op() {
      return "pause";
    }

    @Override
    public List<String> arguments() {
      return List.of();
    }
  }

  /** A resource limit; -1 is RLIM_INFINITY and travels unsigned. See getrlimit(2). */
  record Rlimit(int resource, long soft, long hard) implements ProcessInstruction {
    @Override
    public String op() {
      return "rlimit";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Integer.toString(resource), Long.toUnsignedString(soft), Long.toUnsignedString(hard));
    }
  }

  /** At most so much of a resource: a limit that is lower already stays. See getrlimit(2). */
  record LowerRlimit(int resource, long soft, long hard) implements ProcessInstruction {
    @Override
    public String op() {
      return "lower-rlimit";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Integer.toString(resource), Long.toUnsignedString(soft), Long.toUnsignedString(hard));
    }
  }

  /** See umask(2). */
  record Umask(int mask) implements ProcessInstruction {
    @Override
    public String op() {
      return "umask";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(mask));
    }
  }

  /** The capabilities that can ever be had again; see capabilities(7). */
  record Bounding(long mask) implements ProcessInstruction {
    /** A bit that is no capability: of those in the mask as many as the machine has itself. */
    static final long AS_THERE = 1L << 63;

    @Override
    public String op() {
      return "bounding";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(mask));
    }
  }

  /**
   * User, group and supplementary groups, by number or by the container's own /etc/passwd and
   * /etc/group.
   */
  record User(String user, List<String> groups) implements ProcessInstruction {
    public User {
      groups = List.copyOf(groups);
    }

    @Override
    public String op() {
      return "user";
    }

    @Override
    public List<String> arguments() {
      return Arguments.concat(List.of(user), groups);
    }
  }

  /** See chdir(2); must lie inside the container. */
  record WorkingDir(ContainerPath path) implements ProcessInstruction {
    @Override
    public String op() {
      return "working-dir";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value());
    }
  }

  /** See capset(2). */
  record Capabilities(long effective, long permitted, long inheritable, long ambient)
      implements ProcessInstruction {
    @Override
    public String op() {
      return "capabilities";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Long.toUnsignedString(effective),
          Long.toUnsignedString(permitted),
          Long.toUnsignedString(inheritable),
          Long.toUnsignedString(ambient));
    }
  }

  /** See PR_SET_NO_NEW_PRIVS of prctl(2). */
  record NoNewPrivileges() implements ProcessInstruction {
    @Override
    public String op() {
      return "no-new-privileges";
    }

    @Override
    public List<String> arguments() {
      return List.of();
    }
  }

  /**
   * The only files that may be changed or executed from here on; see landlock(7).
   *
   * @param rules {@code write:PATH} or {@code execute:PATH}, each with all below
   */
  record Landlock(List<String> rules) implements ProcessInstruction {
    public Landlock {
      rules = List.copyOf(rules);
    }

    @Override
    public String op() {
      return "landlock";
    }

    @Override
    public List<String> arguments() {
      return rules;
    }
  }

  /**
   * Which calls the kernel takes from here on; see seccomp(2).
   *
   * @param flags SECCOMP_FILTER_FLAG_*
   * @param filter in base64, an array of struct sock_filter
   */
  record Seccomp(long flags, String filter) implements ProcessInstruction {
    @Override
    public String op() {
      return "seccomp";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(flags), filter);
    }
  }

  /** The whole environment as NAME=value; HOME is added when it is not named. */
  record Environment(List<String> variables) implements ProcessInstruction {
    public Environment {
      variables = List.copyOf(variables);
    }

    @Override
    public String op() {
      return "environment";
    }

    @Override
    public List<String> arguments() {
      return variables;
    }
  }

  /** In place of a command: criu makes the processes of a checkpoint again; see criu(8). */
  record Restore(String criu, List<String> words) implements ProcessInstruction {
    public Restore {
      words = List.copyOf(words);
    }

    @Override
    public String op() {
      return "restore";
    }

    @Override
    public List<String> arguments() {
      return Arguments.concat(List.of(criu), words);
    }
  }

  /** The command; see execve(2). */
  record Exec(String searchPath, List<String> argv) implements ProcessInstruction {
    public Exec {
      argv = List.copyOf(argv);
    }

    @Override
    public String op() {
      return "exec";
    }

    @Override
    public List<String> arguments() {
      return Arguments.concat(List.of(searchPath), argv);
    }
  }
}
