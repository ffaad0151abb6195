package jstack.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.linux.Namespace;
import jstack.manifest.HostPath;
import jstack.program.HostInstruction;
import jstack.program.Instruction;
import jstack.program.MountInstruction;
import jstack.program.NamespaceInstruction;
import jstack.program.ProcessInstruction;
import jstack.program.Program;
import jstack.state.KernelView;

/**
 * What the kernel would say of containers that were made by their programs; to be tampered with.
 */
public final class SimulatedKernel implements KernelView {
  private static final long MACHINE = 4000;

  /** {@code PID KIND} to inode, {@code PID FILE} to text, {@code PID PATH} to identity. */
  public final Map<String, Long> namespaces = new HashMap<>();

  public final Map<String, String> files = new HashMap<>();
  public final Map<String, String> identities = new HashMap<>();
  public final Map<Long, List<String>> mounts = new LinkedHashMap<>();
  public final Map<HostPath, List<String>> filters = new HashMap<>();
  public final Map<Long, UtsName> names = new HashMap<>();
  public final Map<String, Set<Long>> members = new HashMap<>();
  private final Map<String, Long> inits = new HashMap<>();

  public SimulatedKernel() {
    for (Namespace kind : Namespace.values()) {
      namespaces.put(SELF + " " + kind, MACHINE + kind.ordinal());
    }
  }

  /** The container runs from here on; its command is the next number. */
  public void run(String runDirectory, long pid, Program program) {
    inits.put(runDirectory, pid);
    for (Namespace kind : Namespace.values()) {
      namespaces.put(pid + " " + kind, MACHINE + kind.ordinal());
    }
    Map<Integer, MountInstruction.OpenTree> trees = new HashMap<>();
    Map<String, String> table = new LinkedHashMap<>();
    StringBuilder status = new StringBuilder("Name:\tapp\n");
    long root = 0;
    StringBuilder limits = new StringBuilder();
    program.steps().forEach(step -> kinds(pid, step.instruction()));
    for (var step : program.steps()) {
      Instruction i = step.instruction();
      if (i instanceof MountInstruction.OpenTree tree) {
        trees.put(tree.slot(), tree);
      } else if (i instanceof MountInstruction.MountTree mount) {
        MountInstruction.OpenTree tree = trees.get(mount.slot());
        table.put(mount.target().value(), line(mount.target().value(), tree.set(), "ext4"));
        identities.put(SELF + " " + tree.source(), "1:" + tree.source());
        identities.put(pid + " " + mount.target(), "1:" + tree.source());
      } else if (i instanceof MountInstruction.MountNew mount) {
        String target = mount.target().value();
        table.put(target, line(target, mount.attributes(), mount.type()));
      } else if (i instanceof MountInstruction.MountHost mount) {
        table.put("/", line("/", 6, mount.type()));
      } else if (i instanceof MountInstruction.Mask mask) {
        table.put(mask.path().value(), line(mask.path().value(), 1, "tmpfs"));
      } else if (i instanceof MountInstruction.ReadOnly only) {
        table.put(only.path().value(), line(only.path().value(), 1, "proc"));
      } else if (i instanceof MountInstruction.SetAttributes set) {
        table.computeIfPresent(
            set.mountPoint().value(), (path, text) -> text.replace(" rw,", " ro,"));
      } else if (i instanceof NamespaceInstruction.Sysctl sysctl) {
        files.put(pid + " sys/" + sysctl.name(), sysctl.value().replace(' ', '\t'));
      } else if (i instanceof HostInstruction.DeviceList list) {
        files.put(list.cgroup() + "/devices.list", String.join("\n", list.rules()) + "\n");
      } else if (i instanceof HostInstruction.DeviceFilter filter) {
        filters.put(filter.cgroup(), List.of(filter.program()));
      } else if (i instanceof NamespaceInstruction.Hostname host) {
        names.put(pid, new UtsName(host.name(), "(none)"));
      } else if (i instanceof NamespaceInstruction.Domainname domain) {
        names.put(pid, new UtsName(names.get(pid).hostname(), domain.name()));
      } else if (i instanceof HostInstruction.JoinCgroup join) {
        members
            .computeIfAbsent(join.directory().value(), any -> new HashSet<>())
            .addAll(Set.of(pid, pid + 1));
      } else if (i instanceof NamespaceInstruction.Spawn spawn) {
        members
            .computeIfAbsent(spawn.bornIn().value(), any -> new HashSet<>())
            .addAll(Set.of(pid, pid + 1));
      } else if (i instanceof ProcessInstruction.Capabilities c) {
        status.append("CapInh:\t0\nCapPrm:\t").append(Long.toHexString(c.permitted()));
        status.append("\nCapEff:\t").append(Long.toHexString(c.effective()));
        status.append("\nCapAmb:\t0\n");
      } else if (i instanceof ProcessInstruction.Bounding bounding) {
        status.append("CapBnd:\t").append(Long.toHexString(bounding.mask())).append('\n');
      } else if (i instanceof ProcessInstruction.NoNewPrivileges) {
        status.append("NoNewPrivs:\t1\n");
      } else if (i instanceof ProcessInstruction.Seccomp) {
        status.append("Seccomp:\t2\n");
      } else if (i instanceof ProcessInstruction.User user) {
        long id = root + Long.parseLong(user.user().split(":", -1)[0]);
        status.append(("Uid:" + ("\t" + id).repeat(4) + "\n"));
      } else if (i instanceof NamespaceInstruction.NewUser user) {
        root = Long.parseLong(user.uids().split(" ", -1)[1]);
        files.put(pid + " uid_map", user.uids().replace(",", "\n") + "\n");
        files.put(pid + " gid_map", user.gids().replace(",", "\n") + "\n");
      } else if (i instanceof ProcessInstruction.LowerRlimit limit && limit.resource() == 7) {
        limits.append("Max open files  1024  ").append(limit.hard()).append("  files\n");
      }
    }
    mounts.put(pid, new ArrayList<>(table.values()));
    files.put((pid + 1) + " status", status.toString());
    files.put((pid + 1) + " limits", limits.toString());
  }

  private void kinds(long pid, Instruction i) {
    long flags = 0;
    if (i instanceof NamespaceInstruction.Spawn spawn) {
      flags = spawn.flags();
    } else if (i instanceof NamespaceInstruction.Unshare unshare) {
      flags = unshare.flags();
    } else if (i instanceof NamespaceInstruction.NewUser) {
      flags = Integer.toUnsignedLong(Namespace.USER.cloneFlag());
    } else if (i instanceof NamespaceInstruction.JoinNamespace join) {
      namespaces.putIfAbsent(join.file().value(), MACHINE + 500 + pid);
    }
    for (Namespace kind : Namespace.values()) {
      long flag = Integer.toUnsignedLong(kind.cloneFlag());
      String key = pid + " " + kind;
      if ((flags & flag) != 0) {
        namespaces.put(key, MACHINE + 100 + pid * 10 + kind.ordinal());
      } else if (i instanceof NamespaceInstruction.JoinNamespace join && join.flag() == flag) {
        namespaces.put(key, namespaces.get(join.file().value()));
      } else if (i instanceof NamespaceInstruction.JoinContainer join
          && (join.flags() & flag) != 0) {
        Long other = inits.get(join.runDirectory().value());
        namespaces.put(key, namespaces.get(other + " " + kind));
      }
    }
  }

  private static String line(String target, long attributes, String type) {
    String options =
        ((attributes & 1) != 0 ? "ro" : "rw")
            + ((attributes & 2) != 0 ? ",nosuid" : "")
            + ((attributes & 4) != 0 ? ",nodev" : "")
            + ((attributes & 8) != 0 ? ",noexec" : "");
    return "40 39 0:30 / " + target + " " + options + ",relatime - " + type + " none rw";
  }

  @Override
  public Optional<Long> namespace(long pid, Namespace kind) {
    return Optional.ofNullable(namespaces.get(pid + " " + kind));
  }

  @Override
  public Optional<Long> namespace(HostPath file) {
    return Optional.ofNullable(namespaces.get(file.value()));
  }

  @Override
  public String proc(long pid, String name) {
    return name.equals("mountinfo")
        ? String.join("\n", mounts.getOrDefault(pid, List.of()))
        : files.getOrDefault(pid + " " + name, "");
  }

  @Override
  public Optional<Long> child(long pid) {
    return Optional.of(pid + 1);
  }

  @Override
  public Set<Long> members(HostPath cgroup) {
    return members.getOrDefault(cgroup.value(), Set.of());
  }

  @Override
  public Optional<UtsName> uts(long pid) {
    return Optional.ofNullable(names.get(pid));
  }

  @Override
  public Map<String, String> sysctls(long pid, List<String> wanted) {
    Map<String, String> seen = new HashMap<>();
    for (String name : wanted) {
      String value = files.get(pid + " sys/" + name);
      if (value != null) {
        seen.put(name, value);
      }
    }
    return seen;
  }

  @Override
  public String file(HostPath path) {
    return files.getOrDefault(path.value(), "");
  }

  @Override
  public boolean has(String path) {
    return true;
  }

  @Override
  public String real(long pid, String path) {
    return path;
  }

  @Override
  public Optional<String> identity(long pid, String path) {
    return Optional.ofNullable(identities.get(pid + " " + path));
  }

  @Override
  public DeviceFilter deviceFilter(HostPath cgroup, String program) {
    List<String> attached = filters.getOrDefault(cgroup, List.of());
    if (attached.isEmpty()) {
      return DeviceFilter.NONE;
    }
    return !attached.contains(program)
        ? DeviceFilter.OTHER
        : attached.size() == 1 ? DeviceFilter.SAME : DeviceFilter.BESIDE;
  }
}
