package jstack.state;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.linux.Namespace;
import jstack.manifest.HostPath;

/**
 * What the kernel says of processes and files, and nothing that jstack has noted. A parameter, so
 * that whoever compares stays pure.
 */
public interface KernelView {
  /** Stands for the process that asks. */
  long SELF = 0;

  /** The inode of a namespace of a process; see namespaces(7). */
  Optional<Long> namespace(long pid, Namespace kind);

  /** The inode of a namespace that a file stands for. */
  Optional<Long> namespace(HostPath file);

  /** A file of a process below /proc, such as {@code mountinfo}; empty when there is none. */
  String proc(long pid, String name);

  /** The first child of a process, which is the command of an init. */
  Optional<Long> child(long pid);

  /** The numbers of those in a cgroup and below it. */
  Set<Long> members(HostPath cgroup);

  /** See uts_namespaces(7): host and domain name, as a process has them. */
  Optional<UtsName> uts(long pid);

  /**
   * Parameters of the namespaces that a process is in, by their names below /proc/sys; those that
   * cannot be read are left out. See proc_sys(5).
   */
  Map<String, String> sysctls(long pid, List<String> names);

  /** A file of a file system of the kernel's; empty when there is none. */
  String file(HostPath path);

  /** What decides about the devices of a cgroup of version 2. */
  enum DeviceFilter {
    /** The program that was asked about, and no other. */
    SAME(""),
    NONE("no filter"),
    OTHER("another filter"),
    BESIDE("another filter beside it"),
    UNKNOWN("not known");

    private final String text;

    DeviceFilter(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * What is attached to a cgroup itself, those above it do not count; see bpf(2), BPF_PROG_QUERY.
   *
   * @param program that should be, its instructions in hexadecimal digits
   */
  DeviceFilter deviceFilter(HostPath cgroup, String program);

  /** Both names of a uts namespace. */
  record UtsName(String hostname, String domainname) {}

  /** Whether the machine has a file: the file systems of the kernel are alike in all containers. */
  boolean has(String path);

  /** Where a path of a container leads to without links. */
  String real(long pid, String path);

  /** Device and inode of a file as a process sees it; empty when there is none. */
  Optional<String> identity(long pid, String path);
}
