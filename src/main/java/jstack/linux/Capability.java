package jstack.linux;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The capabilities of capabilities(7), in the order of their numbers. */
@SuppressWarnings("EnumOrdinal") // the order is the kernel's, and ends in one place
public enum Capability {
  CHOWN,
  DAC_OVERRIDE,
  DAC_READ_SEARCH,
  FOWNER,
  FSETID,
  KILL,
  SETGID,
  SETUID,
  SETPCAP,
  LINUX_IMMUTABLE,
  NET_BIND_SERVICE,
  NET_BROADCAST,
  NET_ADMIN,
  NET_RAW,
  IPC_LOCK,
  IPC_OWNER,
  SYS_MODULE,
  SYS_RAWIO,
  SYS_CHROOT,
  SYS_PTRACE,
  SYS_PACCT,
  SYS_ADMIN,
  SYS_BOOT,
  SYS_NICE,
  SYS_RESOURCE,
  SYS_TIME,
  SYS_TTY_CONFIG,
  MKNOD,
  LEASE,
  AUDIT_WRITE,
  AUDIT_CONTROL,
  SETFCAP,
  MAC_OVERRIDE,
  MAC_ADMIN,
  SYSLOG,
  WAKE_ALARM,
  BLOCK_SUSPEND,
  AUDIT_READ,
  PERFMON,
  BPF,
  CHECKPOINT_RESTORE;

  /** What a container gets unless it asks: enough to be a root of its own files and processes. */
  public static final Set<Capability> DEFAULTS =
      Set.copyOf(
          EnumSet.of(CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, NET_BIND_SERVICE));

  /** Those of {@link #DEFAULTS} as the kernel takes them. */
  public static final long USUAL = mask(DEFAULTS);

  /** The set as the kernel takes it, bit by bit. */
  public static long mask(Collection<Capability> capabilities) {
    long mask = 0;
    for (Capability capability : capabilities) {
      mask |= 1L << capability.ordinal();
    }
    return mask;
  }

  /** Those in a mask. */
  public static List<Capability> of(long mask) {
    List<Capability> capabilities = new ArrayList<>();
    for (Capability capability : values()) {
      if ((mask & 1L << capability.ordinal()) != 0) {
        capabilities.add(capability);
      }
    }
    return capabilities;
  }
}
