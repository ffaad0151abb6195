package jstack.manifest;

import java.util.List;
import java.util.Set;
import jstack.linux.Capability;

/**
 * What the commands of a service may do, and which walls are open on purpose.
 *
 * <pre>
 * security: {allow: [host-pid]}
 * cap_add: [NET_RAW]
 * cap_drop: [CHOWN]
 * privileged: false
 * </pre>
 *
 * @param allow the walls that may be taken away
 * @param capabilities all that the command has
 * @param privileged whether it has the devices and the kernel's files as the machine has them
 * @param newPrivileges whether a program of its rootfs may give its caller more than that has
 * @param open those that are away, with the lines that did it; filled in when all is bound
 */
public record Security(
    List<Opening> allow,
    Set<Capability> capabilities,
    boolean privileged,
    boolean newPrivileges,
    List<Opened> open) {
  /** The word of {@code security_opt} that keeps a command from gaining privileges. */
  public static final String NO_NEW_PRIVILEGES = "no-new-privileges";

  public static final Security DEFAULT =
      new Security(List.of(), Capability.DEFAULTS, false, false, List.of());

  public Security {
    allow = List.copyOf(allow);
    capabilities = Set.copyOf(capabilities);
    open = List.copyOf(open);
  }

  public Security withOpen(List<Opened> opened) {
    return new Security(allow, capabilities, privileged, newPrivileges, opened);
  }
}
