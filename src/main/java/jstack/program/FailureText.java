package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.Origin;
import jstack.linux.Errno;

/** An errno of the kernel, back at the line of the manifest that led to it, with what to do. */
public final class FailureText {
  /** Of a limit that this machine cannot hold. */
  public static final String LIMIT_REFUSED = "limit-refused";

  private FailureText() {}

  /**
   * What went wrong at a step, for the user.
   *
   * @param step index into the program, -1 when none is to blame
   * @param errno 0 when no system call failed
   * @param call what was tried, as the helper wrote it
   */
  public static Diagnostic diagnostic(
      String container, Program program, int step, int errno, String call) {
    boolean known = step >= 0 && step < program.steps().size();
    Origin origin = known ? program.steps().get(step).origin() : Origin.NONE;
    String reason = errno == 0 ? "" : ": " + Errno.text(errno);
    List<String> details = new ArrayList<>();
    if (!known) {
      return Diagnostic.error(origin, "start-failed", container + " cannot start: " + call + reason)
          .withHint(
              call.startsWith("killed by ")
                  ? "the kernel's log says whether memory ran out; see cgroup.memory of the service"
                  : "run the same command again; if it stays, this is a bug of jstack");
    }
    Instruction instruction = program.steps().get(step).instruction();
    details.add(
        "step " + (step + 1) + " of " + program.steps().size() + ": " + call + " in " + container);
    return Diagnostic.error(origin, code(instruction), what(instruction, errno) + reason)
        .withDetails(details)
        .withHint(hint(instruction, errno));
  }

  private static String code(Instruction instruction) {
    return instruction instanceof ProcessInstruction.Exec
        ? "cannot-execute"
        : instruction instanceof HostInstruction.Write ? LIMIT_REFUSED : "step-failed";
  }

  private static String what(Instruction instruction, int errno) {
    if (instruction instanceof ProcessInstruction.Exec exec) {
      return "cannot execute " + exec.argv().get(0);
    }
    if (instruction instanceof ProcessInstruction.Restore) {
      return "cannot restore the checkpoint";
    }
    if (instruction instanceof MountInstruction.OpenTree tree) {
      return "cannot bind mount " + tree.source();
    }
    if (instruction instanceof NamespaceInstruction.JoinNamespace join) {
      return "cannot join the namespace " + join.file();
    }
    if (instruction instanceof NamespaceInstruction.JoinContainer) {
      return "cannot join the namespaces of the other container";
    }
    if (instruction instanceof NamespaceInstruction.NewUser) {
      return "cannot make the user namespace";
    }
    if (instruction instanceof NamespaceInstruction.TimeOffsets time) {
      return "cannot set the clocks to " + time.offsets();
    }
    if (instruction instanceof NamespaceInstruction.Sysctl sysctl) {
      return "cannot set " + sysctl.name().replace('/', '.') + " to " + sysctl.value();
    }
    if (instruction instanceof MountInstruction.MountTree tree) {
      return "cannot mount on " + tree.target() + " in the container";
    }
    if (instruction instanceof MountInstruction.MakeDir made) {
      return "cannot make " + made.path() + " in the container";
    }
    if (instruction instanceof MountInstruction.MakeFile made) {
      return "cannot make " + made.path() + " in the container";
    }
    if (instruction instanceof MountInstruction.RealDir real) {
      return errno == Errno.ELOOP
          ? "in the rootfs " + real.path() + " is, or lies behind, a symbolic link"
          : "cannot make " + real.path() + " in the container";
    }
    if (instruction instanceof MountInstruction.MountNew mount) {
      return "cannot mount a " + mount.type() + " on " + mount.target();
    }
    if (instruction instanceof MountInstruction.MountHost mount) {
      return "cannot mount the " + mount.type() + " of the rootfs";
    }
    if (instruction instanceof HostInstruction.Write write) {
      return "cannot write \"" + write.text() + "\" to " + write.file();
    }
    if (instruction instanceof ProcessInstruction.User user) {
      return "cannot become user " + user.user();
    }
    if (instruction instanceof ProcessInstruction.WorkingDir directory) {
      return "cannot enter the working directory " + directory.path();
    }
    if (instruction instanceof HostInstruction.DeviceFilter
        || instruction instanceof HostInstruction.DeviceList) {
      return "cannot keep the container from the machine's devices";
    }
    if (instruction instanceof ProcessInstruction.Seccomp) {
      return "cannot filter the calls of the container";
    }
    if (instruction instanceof NamespaceInstruction.Spawn) {
      return "cannot make the namespaces";
    }
    if (instruction instanceof NamespaceInstruction.JoinNamespaces) {
      return "cannot enter the container";
    }
    return instruction.op() + " failed";
  }

  private static String hint(Instruction instruction, int errno) {
    if (instruction instanceof ProcessInstruction.Exec exec) {
      return execHint(exec, errno);
    }
    if (instruction instanceof MountInstruction.OpenTree tree
        && tree.idMapped()
        && (errno == Errno.EINVAL || errno == Errno.EPERM)) {
      return "the file system of "
          + tree.source()
          + ", or one mounted below it, cannot map ids: use another place, recursive: false,"
          + " or namespaces: {user: host}";
    }
    if (instruction instanceof NamespaceInstruction.JoinNamespace) {
      return errno == Errno.ENOENT
          ? "nothing stands for a namespace there: is the process gone?"
          : "the path must be a namespace of that kind, such as /proc/PID/ns/net; see namespaces(7)";
    }
    if (instruction instanceof NamespaceInstruction.JoinContainer) {
      return "start the service that owns them first: jstack up starts it";
    }
    if (instruction instanceof NamespaceInstruction.NewUser) {
      return "see /proc/sys/user/max_user_namespaces, or write namespaces: {user: host}";
    }
    if (instruction instanceof NamespaceInstruction.TimeOffsets) {
      return "no clock may fall below zero; boottime and monotonic count from the start of the machine";
    }
    if (instruction instanceof HostInstruction.Mkdir && errno == Errno.ELOOP) {
      return "a part of it has become a symbolic link since it was checked; jstack up checks it again";
    }
    if (instruction instanceof MountInstruction.OpenTree) {
      if (errno == Errno.ELOOP) {
        return "a part of it has become a symbolic link since it was checked; jstack up checks it again";
      }
      return errno == Errno.ENOENT
          ? "create it, or set create_host_path: true for a directory"
          : "the path must be a file or directory that the kernel can bind; see open_tree(2)";
    }
    if (instruction instanceof MountInstruction.MountTree
        || instruction instanceof MountInstruction.MakeFile
        || instruction instanceof MountInstruction.MakeDir) {
      return switch (errno) {
        case Errno.ENOTDIR, Errno.EISDIR ->
            "a directory can only be mounted on a directory, a file only on a file";
        case Errno.EROFS -> "the place is read-only: make the directory in the rootfs";
        case Errno.ELOOP -> "the target lies behind a loop of symbolic links";
        default -> "look at the target in the rootfs";
      };
    }
    if (instruction instanceof MountInstruction.RealDir) {
      return "use a rootfs in which /proc, /sys and /dev are directories";
    }
    if (instruction instanceof HostInstruction.Write write) {
      return limitHint(write, errno);
    }
    if (instruction instanceof HostInstruction.MakeCgroup) {
      return "the kernel refused the limit; see cgroups(7), and whether jstack's own cgroup allows it";
    }
    if (instruction instanceof MountInstruction.MountHost) {
      return "the kernel's log (dmesg) says why; JSTACK_HOME must lie on a file system that can hold"
          + " an overlay's upper layer, such as ext4, xfs or tmpfs";
    }
    if (instruction instanceof ProcessInstruction.User) {
      return "use a number, or a name of /etc/passwd in the rootfs";
    }
    if (instruction instanceof ProcessInstruction.WorkingDir && errno == Errno.ELOOP) {
      return "links of /proc to descriptors and roots of processes are not followed: they may lead"
          + " out of the container";
    }
    if (instruction instanceof ProcessInstruction.WorkingDir) {
      return "the directory must exist in the rootfs and the user must be able to enter it";
    }
    if (instruction instanceof HostInstruction.DeviceFilter && errno == Errno.EINVAL) {
      return "the kernel needs CONFIG_CGROUP_BPF for that; see bpf(2)";
    }
    if (instruction instanceof ProcessInstruction.Seccomp) {
      return errno == Errno.EINVAL || errno == Errno.ENOSYS
          ? "this kernel has no seccomp filters: use one with CONFIG_SECCOMP_FILTER, or do without"
              + " this wall by security_opt: [seccomp=unconfined]"
              + " and security: {allow: [seccomp-unconfined]}"
          : "see seccomp(2)";
    }
    if (errno == Errno.EPERM || errno == Errno.EACCES) {
      return "jstack must be root with all of its capabilities";
    }
    if (errno == Errno.ENOSPC) {
      return "the disk, or a limit of namespaces below /proc/sys/user, is used up";
    }
    return "";
  }

  private static String limitHint(HostInstruction.Write write, int errno) {
    String file = write.file().value();
    String name = file.substring(file.lastIndexOf('/') + 1);
    if (errno == Errno.EBUSY && name.equals("cgroup.subtree_control")) {
      String group = file.substring(0, file.lastIndexOf('/'));
      return "processes sit in "
          + group
          + " itself, so it cannot share its controllers out: make a group below and write each"
          + " pid to it, as in "
          + group
          + "/own/cgroup.procs";
    }
    return switch (errno) {
      case Errno.ENOENT ->
          "this kernel has no " + name + " here: leave the limit out, or use a kernel that has it";
      case Errno.ENODEV -> "the kernel limits whole disks that are there, not " + write.text();
      default ->
          "the kernel refused the limit; see cgroups(7), and whether the cgroup above allows it";
    };
  }

  private static String execHint(ProcessInstruction.Exec exec, int errno) {
    String name = exec.argv().get(0);
    return switch (errno) {
      case Errno.ENOENT ->
          name.indexOf('/') < 0
              ? "no such program in " + exec.searchPath() + " of the container"
              : "no such file in the rootfs, or its interpreter (the loader, or the #! line) is missing there";
      case Errno.EACCES -> "the file is not executable for this user, or lies on a noexec mount";
      case Errno.ENOEXEC ->
          "the file is neither a program of this machine nor a script with a #! line";
      case Errno.ENOTDIR -> "a part of the path is a file, not a directory";
      default -> "";
    };
  }
}
