package jstack.manifest;

import java.util.ArrayList;
import java.util.List;
import jstack.linux.Capability;
import jstack.linux.Namespace;
import org.jspecify.annotations.Nullable;

/**
 * What takes a wall between a container and the machine away, and therefore has to be named in
 * {@code security: {allow: [...]}} by whoever wants it. There is no word for all of them: an
 * opening that nobody can name is one that nobody meant.
 *
 * <p>Of the capabilities those are here by which a root without a user namespace has the machine.
 * MKNOD is not: nothing that a container can write to has working device nodes. Nor is what stays
 * inside (SYS_CHROOT, SETPCAP, NET_RAW, SYS_NICE, IPC_LOCK, SYS_RESOURCE ...).
 */
public enum Opening {
  HOST_MOUNT("host-mount", "it sees the machine's own files"),
  HOST_UTS("host-uts", "the machine's hostname is its own"),
  HOST_IPC("host-ipc", "it shares memory, semaphores and queues with the machine's programs"),
  HOST_PID("host-pid", "it sees the machine's processes"),
  HOST_NETWORK("host-network", "it has the machine's interfaces, ports and local sockets"),
  HOST_USER("host-user", "its users are those of the machine: root inside is root outside"),
  HOST_CGROUP("host-cgroup", "it sees the machine's tree of cgroups"),
  NAMESPACE_PATH("namespace-path", "it joins a namespace that is not of this stack"),
  MOUNT_ROOT("mount-root", "it holds all of the machine's files"),
  MOUNT_PROC("mount-proc", "it holds the machine's processes and kernel settings"),
  MOUNT_SYS("mount-sys", "it holds the machine's devices, cgroups and kernel settings"),
  MOUNT_DEV("mount-dev", "it holds the machine's devices"),
  MOUNT_STATE("mount-state", "it holds the state of jstack, and so every container"),
  MOUNT_SOCKET("mount-socket", "who writes to a container engine's socket is the machine's root"),
  PRIVILEGED("privileged", "it has every capability, call and device that its users may have"),
  NEW_PRIVILEGES("new-privileges", "set-user-ID programs of its rootfs make their callers root"),
  SECCOMP_UNCONFINED("seccomp-unconfined", "every system call of the kernel is open to it"),
  CAP_ALL("cap-all", "every capability, all of those that have the machine among them"),
  CAP_SYS_ADMIN(Capability.SYS_ADMIN, "it mounts, and much else that root may"),
  CAP_SYS_MODULE(Capability.SYS_MODULE, "it loads code into the kernel"),
  CAP_SYS_RAWIO(Capability.SYS_RAWIO, "it reaches ports, memory and disks directly"),
  CAP_SYS_PTRACE(Capability.SYS_PTRACE, "it reads and changes other processes' memory"),
  CAP_SYS_BOOT(Capability.SYS_BOOT, "it restarts the machine, or loads another kernel"),
  CAP_SYS_TIME(Capability.SYS_TIME, "it sets the machine's clock"),
  CAP_DAC_READ_SEARCH(Capability.DAC_READ_SEARCH, "it opens files by handle, past its root"),
  CAP_BPF(Capability.BPF, "it loads programs into the kernel"),
  CAP_PERFMON(Capability.PERFMON, "it watches the whole kernel"),
  CAP_SYSLOG(Capability.SYSLOG, "it reads the kernel's log and addresses"),
  CAP_NET_ADMIN(Capability.NET_ADMIN, "it reaches the kernel's packet filters, and egress rules"),
  CAP_MAC_ADMIN(Capability.MAC_ADMIN, "it changes the machine's security policy"),
  CAP_MAC_OVERRIDE(Capability.MAC_OVERRIDE, "the machine's security policy is not asked"),
  CAP_AUDIT_CONTROL(Capability.AUDIT_CONTROL, "it turns the machine's audit off");

  private static final List<String> KINDS = List.of("cap-", "host-", "mount-");

  private final String word;
  private final String means;
  private final @Nullable Capability capability;

  Opening(String word, String means) {
    this.word = word;
    this.means = means;
    this.capability = null;
  }

  Opening(Capability capability, String means) {
    this.word = "cap-" + lower(capability.name());
    this.means = means;
    this.capability = capability;
  }

  /** By hand: the locale is none of its business, and String.format is slow to load. */
  private static String lower(String name) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      out.append(c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
    }
    return out.toString();
  }

  /** The name in the manifest. */
  public String word() {
    return word;
  }

  /** What it is good for, and so what it costs; goes on from "it is allowed, and". */
  public String means() {
    return means;
  }

  public static @Nullable Opening ofWord(String word) {
    for (Opening each : values()) {
      if (each.word.equals(word)) {
        return each;
      }
    }
    return null;
  }

  /** A word in the spelling of the kernel or of a key, such as SYS_ADMIN or pid, in ours. */
  public static String respelt(String word) {
    String dashed = lower(word);
    for (String kind : KINDS) {
      if (ofWord(kind + dashed) != null) {
        return kind + dashed;
      }
    }
    return dashed;
  }

  public static List<String> words() {
    List<String> words = new ArrayList<>();
    for (Opening each : values()) {
      words.add(each.word);
    }
    return words;
  }

  /** Null for one that gives nothing of the machine away. */
  public static @Nullable Opening of(Capability capability) {
    for (Opening each : values()) {
      if (each.capability == capability) {
        return each;
      }
    }
    return null;
  }

  /** Of having the machine's own namespace; null for the clock's, which is no wall. */
  public static @Nullable Opening of(Namespace namespace) {
    return switch (namespace) {
      case MOUNT -> HOST_MOUNT;
      case UTS -> HOST_UTS;
      case IPC -> HOST_IPC;
      case PID -> HOST_PID;
      case NETWORK -> HOST_NETWORK;
      case USER -> HOST_USER;
      case CGROUP -> HOST_CGROUP;
      case TIME -> null;
    };
  }

  @Override
  public String toString() {
    return word;
  }
}
