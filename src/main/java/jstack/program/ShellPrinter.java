package jstack.program;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Locale;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.Origin;
import jstack.linux.MountAttribute;

/**
 * A program as commented shell, for people who want to see what a container is made of. Each step
 * stands with the line of the manifest that asked for it, in the words of the system's own tools.
 */
public final class ShellPrinter {
  private ShellPrinter() {}

  public static String print(String container, Program program) {
    StringBuilder out = new StringBuilder();
    out.append("# ").append(container).append(": ").append(program.steps().size());
    out.append(" steps\n");
    Phase phase = null;
    Origin last = Origin.NONE;
    for (Step step : program.steps()) {
      if (step.phase() != phase) {
        phase = step.phase();
        out.append("\n# ").append(heading(phase)).append('\n');
        last = Origin.NONE;
      }
      last = place(out, step.origin(), last);
      out.append(DiagnosticPrinter.visible(line(step.instruction()))).append('\n');
    }
    return out.append('\n').toString();
  }

  /** The line of the manifest, unless it is the same as that before. */
  static Origin place(StringBuilder out, Origin origin, Origin last) {
    if (!origin.isKnown() || origin.equals(last)) {
      return last;
    }
    out.append("#   ").append(DiagnosticPrinter.visible(origin.place())).append("  ");
    out.append(DiagnosticPrinter.visible(origin.keyPath())).append('\n');
    return origin;
  }

  private static String heading(Phase phase) {
    return switch (phase) {
      case SUPERVISE -> "the supervisor's settings";
      case HOST -> "on the host, before the container exists";
      case NAMESPACE -> "process 1 of the container, while the host's files are still in view";
      case ROOT -> "process 1, after the pivot: every path is the container's";
      case PROCESS -> "the command's own process, last steps";
      case TEARDOWN -> "on the host, when the last process is gone";
    };
  }

  private static String line(Instruction i) {
    if (i instanceof SupervisorInstruction.OomGroup group) {
      String counter = quote(group.cgroup() + "/memory.oom_control");
      return "oom-group " + counter + "  # oom_kill above 0: everything is ended";
    }
    if (i instanceof SupervisorInstruction.Note note) {
      return ": " + note.kind() + " " + quote(note.name() + "=" + note.value());
    }
    if (i instanceof HostInstruction.MakeCgroup cgroup) {
      return "mkdir -p " + quote(cgroup.directory().value());
    }
    if (i instanceof HostInstruction.CountIo count) {
      return "for d in /sys/block/*/dev; do echo \"$(cat $d) 0\" > "
          + quote(count.cgroup() + "/blkio.throttle.read_bps_device")
          + "; done";
    }
    if (i instanceof HostInstruction.Mkdir made) {
      return "mkdir -m " + octal(made.mode()) + " " + quote(made.path().value());
    }
    if (i instanceof HostInstruction.Write write) {
      return "echo " + quote(write.text()) + " > " + quote(write.file().value());
    }
    if (i instanceof HostInstruction.DeviceFilter filter) {
      String program = "bpftool cgroup attach " + quote(filter.cgroup().value()) + " cgroup_device";
      return program + " @devices multi  # all but " + String.join(", ", filter.rules());
    }
    if (i instanceof HostInstruction.DeviceList list) {
      String cgroup = quote(list.cgroup().value());
      String rules = list.rules().stream().map(ShellPrinter::quote).collect(joining(" "));
      return "cd "
          + cgroup
          + "; echo a > devices.deny; for d in "
          + rules
          + "; do echo \"$d\" > devices.allow; done";
    }
    if (i instanceof SupervisorInstruction.OomScore score) {
      return "echo " + score.adjustment() + " > /proc/self/oom_score_adj  # once it runs";
    }
    if (i instanceof NamespaceInstruction.Spawn spawn) {
      return "unshare" + flags(spawn.flags()) + " --fork  # born in " + spawn.bornIn();
    }
    if (i instanceof NamespaceInstruction.NewUser user) {
      return "unshare --user  # uid_map " + user.uids() + "; gid_map " + user.gids();
    }
    if (i instanceof NamespaceInstruction.JoinNamespace join) {
      return "nsenter" + files(join.flag(), join.file().value());
    }
    if (i instanceof NamespaceInstruction.JoinContainer join) {
      return "nsenter --target \"$(sed -n s/^pid=//p "
          + quote(join.runDirectory() + "/status")
          + ")\""
          + flags(join.flags());
    }
    if (i instanceof NamespaceInstruction.TimeOffsets time) {
      return "unshare --time  # " + time.offsets();
    }
    if (i instanceof MountInstruction.PlaceTree tree) {
      return "mount --move @" + tree.slot() + " " + quote(tree.target().value());
    }
    if (i instanceof HostInstruction.Own own) {
      return "chown 0:0 " + quote(own.path().value()) + "  # the container's 0";
    }
    if (i instanceof HostInstruction.JoinCgroup join) {
      return "echo 0 > " + quote(join.directory() + "/cgroup.procs");
    }
    if (i instanceof NamespaceInstruction.Unshare unshare) {
      return "unshare" + flags(unshare.flags());
    }
    if (i instanceof MountInstruction.SetPropagation propagation) {
      return "mount --make-rprivate " + quote(propagation.mountPoint().value());
    }
    if (i instanceof MountInstruction.OpenTree tree) {
      String recursive = tree.recursive() ? "--rbind" : "--bind";
      String readOnly = (tree.set() & 1) == 1 ? " -o ro=recursive" : "";
      String mapped = tree.idMapped() ? " -o X-mount.idmap=@user" : "";
      return "mount "
          + recursive
          + readOnly
          + mapped
          + " "
          + quote(tree.source().value())
          + " @"
          + tree.slot();
    }
    if (i instanceof HostInstruction.ReadFile file) {
      return "exec @" + file.slot() + "< " + quote(file.file().value()) + "  # " + file.what();
    }
    if (i instanceof MountInstruction.MountHost mount) {
      return "mount -t "
          + mount.type()
          + " -o "
          + quote(mount.data())
          + " "
          + quote(mount.source())
          + " "
          + quote(mount.target().value());
    }
    if (i instanceof MountInstruction.PivotRoot pivot) {
      return "cd " + quote(pivot.newRoot().value()) + " && pivot_root . . && umount -l .";
    }
    return insideLine(i);
  }

  private static String insideLine(Instruction i) {
    if (i instanceof MountInstruction.MakeDir made) {
      return "mkdir -p " + quote(made.path().value());
    }
    if (i instanceof MountInstruction.RealDir made) {
      return "mkdir -p " + quote(made.path().value()) + "  # no part may be a link";
    }
    if (i instanceof MountInstruction.MakeFile made) {
      return "touch " + quote(made.path().value());
    }
    if (i instanceof MountInstruction.MountNew mount) {
      String options = String.join(",", mount.options());
      return "mount -t "
          + mount.type()
          + " -o "
          + quote(attributes(mount.attributes()) + (options.isEmpty() ? "" : "," + options))
          + " "
          + mount.type()
          + " "
          + quote(mount.target().value());
    }
    if (i instanceof MountInstruction.MountTree tree) {
      return "mount --move @" + tree.slot() + " " + quote(tree.target().value());
    }
    if (i instanceof MountInstruction.PlaceFile file) {
      int colon = file.owner().indexOf(':');
      String owner =
          colon < 0
              ? "-o " + quote(file.owner())
              : "-o "
                  + quote(file.owner().substring(0, colon))
                  + " -g "
                  + quote(file.owner().substring(colon + 1));
      String to = quote(file.path().value());
      return "install -m " + octal(file.mode()) + " " + owner + " @" + file.slot() + " " + to;
    }
    if (i instanceof MountInstruction.InheritOwner inherit) {
      String path = quote(inherit.target().value());
      String slot = "@" + inherit.slot();
      return "chown --reference="
          + path
          + " "
          + slot
          + "; chmod --reference="
          + path
          + " "
          + slot
          + "  # while it is empty";
    }
    if (i instanceof MountInstruction.Device device) {
      return "mknod -m "
          + octal(device.mode() & 0777)
          + " "
          + quote(device.path().value())
          + " c "
          + device.major()
          + " "
          + device.minor();
    }
    if (i instanceof MountInstruction.Devices devices) {
      return "find @" + devices.slot() + " -type b,c  # each made below " + devices.target();
    }
    if (i instanceof MountInstruction.Symlink link) {
      return "ln -s " + quote(link.text()) + " " + quote(link.path().value());
    }
    if (i instanceof MountInstruction.SetAttributes set) {
      return "mount -o remount,bind,"
          + (set.set() == 0 ? cleared(set.clear()) : attributes(set.set()))
          + " "
          + quote(set.mountPoint().value());
    }
    if (i instanceof MountInstruction.ReadOnly readOnly) {
      String path = quote(readOnly.path().value());
      return "mount --rbind -o ro=recursive " + path + " " + path;
    }
    if (i instanceof MountInstruction.Mask mask) {
      return "mount --bind -o ro /dev/null "
          + quote(mask.path().value())
          + "  # a directory: an empty tmpfs";
    }
    if (i instanceof NamespaceInstruction.Sysctl sysctl) {
      return "sysctl -w " + quote(sysctl.name().replace('/', '.') + "=" + sysctl.value());
    }
    if (i instanceof NamespaceInstruction.UseRoot) {
      return "cd /";
    }
    if (i instanceof NamespaceInstruction.EnterUser) {
      return "nsenter --user=@user --setuid 0 --setgid 0";
    }
    if (i instanceof ProcessInstruction.Pause) {
      return "sleep infinity";
    }
    if (i instanceof NamespaceInstruction.LoopbackUp) {
      return "ip link set lo up";
    }
    if (i instanceof ProcessInstruction.Umask umask) {
      return "umask " + octal(umask.mask());
    }
    if (i instanceof ProcessInstruction.WorkingDir directory) {
      return "cd " + quote(directory.path().value());
    }
    if (i instanceof ProcessInstruction.Seccomp seccomp) {
      return "seccomp  # " + SeccompText.describe(seccomp);
    }
    if (i instanceof ProcessInstruction.Environment environment) {
      return "env -i " + quoteAll(environment.variables()) + " \\";
    }
    if (i instanceof ProcessInstruction.Exec exec) {
      return "  " + quoteAll(exec.argv());
    }
    if (i instanceof HostInstruction.RmdirCgroup || i instanceof HostInstruction.RmdirEmpty) {
      return "rmdir " + quote(i.arguments().get(0));
    }
    return i.op() + (i.arguments().isEmpty() ? "" : " " + quoteAll(i.arguments()));
  }

  private static String flags(long flags) {
    StringBuilder out = new StringBuilder();
    for (jstack.linux.Namespace namespace : jstack.linux.Namespace.values()) {
      if ((flags & Integer.toUnsignedLong(namespace.cloneFlag())) != 0) {
        out.append(" --")
            .append(namespace.procName().equals("mnt") ? "mount" : namespace.procName());
      }
    }
    return out.toString();
  }

  /** As nsenter(1) takes the file of each kind. */
  private static String files(long flags, String file) {
    return flags(flags) + "=" + quote(file);
  }

  private static String attributes(long bits) {
    StringBuilder out = new StringBuilder((bits & 1) == 1 ? "ro" : "rw");
    String[] names = {"nosuid", "nodev", "noexec"};
    for (int i = 0; i < names.length; i++) {
      if ((bits >> (i + 1) & 1) == 1) {
        out.append(',').append(names[i]);
      }
    }
    return out.toString();
  }

  private static String cleared(long bits) {
    String suid = (bits & MountAttribute.NOSUID) == 0 ? "" : "suid";
    String dev = (bits & MountAttribute.NODEV) == 0 ? "" : "dev";
    return suid + (suid.isEmpty() || dev.isEmpty() ? "" : ",") + dev;
  }

  private static String octal(int mode) {
    return String.format(Locale.ROOT, "%04o", mode);
  }

  private static String quoteAll(List<String> words) {
    return words.stream().map(ShellPrinter::quote).collect(joining(" "));
  }

  /** As a shell reads it back: bare where it can be, in single quotes where it must. */
  static String quote(String word) {
    boolean bare = !word.isEmpty();
    for (int i = 0; i < word.length() && bare; i++) {
      char c = word.charAt(i);
      bare = Character.isLetterOrDigit(c) || "/._-+=:@%,".indexOf(c) >= 0;
    }
    return bare ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
