package jstack.program;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import jstack.diag.Origin;
import jstack.linux.Architecture;
import jstack.linux.Capability;
import jstack.linux.MountAttribute;
import jstack.linux.MountFlag;
import jstack.linux.Namespace;
import jstack.manifest.ContainerPath;
import jstack.manifest.HostPath;

/**
 * The program of the process that unpacks an archive. It reads what somebody else wrote, through
 * decompressors that are partly C: so it is a container of its own, in which there is nothing but
 * the archive, the tree that is being filled, and what a Java needs to run, read-only. No network,
 * no process of the machine, no device, and of root's powers those that give files their owners.
 *
 * <p>That is what it can see. What of it it may change or execute is Landlock's business, on
 * kernels that have it, and which calls it makes that of two filters: no socket, no other program.
 */
public final class UnpackCompiler {
  public static final ContainerPath ARCHIVE = new ContainerPath("/unpack/archive");
  public static final ContainerPath TREE = new ContainerPath("/unpack/tree");

  private static final long QUIET =
      MountAttribute.NOSUID | MountAttribute.NODEV | MountAttribute.NOEXEC;
  private static final long DEVICE =
      MountAttribute.RDONLY | MountAttribute.NOSUID | MountAttribute.NOEXEC;
  private static final Set<Capability> POWERS =
      EnumSet.of(
          Capability.CHOWN,
          Capability.DAC_OVERRIDE,
          Capability.FOWNER,
          Capability.FSETID,
          Capability.SETFCAP);

  /** Without them a Java makes its random numbers of the time that threads take: seconds. */
  private static final List<HostPath> RANDOM =
      List.of(new HostPath("/dev/random"), new HostPath("/dev/urandom"));

  private static final int RLIMIT_CORE = 4;
  private static final int SIGKILL = 9;

  private UnpackCompiler() {}

  /**
   * A file or directory of the host that the process sees under the same name, read-only.
   *
   * @param real the same without links, which are not followed when it is opened
   */
  public record Shown(HostPath path, HostPath real, boolean directory) {}

  /**
   * What is unpacked, where, and by whom.
   *
   * @param tree an empty directory
   * @param root where the process's own root is mounted, for it alone
   * @param executed the programs that it may execute: the command's, and its loader
   */
  public record Request(
      HostPath archive,
      HostPath tree,
      HostPath root,
      List<Shown> shown,
      List<String> executed,
      List<String> command) {
    public Request {
      shown = List.copyOf(shown);
      executed = List.copyOf(executed);
      command = List.copyOf(command);
    }
  }

  public static Program compile(Request request) {
    StepList steps = new StepList();
    // With the caller at once, whatever the process has made of its other signals.
    add(steps, Phase.SUPERVISE, new SupervisorInstruction.Stop(SIGKILL, 0));
    add(steps, Phase.HOST, new NamespaceInstruction.Spawn(namespaces(), new HostPath("/")));
    room(steps, request);
    process(steps, request);
    return steps.toProgram();
  }

  private static long namespaces() {
    long flags = 0;
    for (Namespace namespace : Namespace.values()) {
      // Owners are the machine's own numbers; and a clock is nothing to hide.
      if (namespace != Namespace.USER && namespace != Namespace.TIME) {
        flags |= Integer.toUnsignedLong(namespace.cloneFlag());
      }
    }
    return flags;
  }

  private static void room(StepList steps, Request request) {
    HostPath slash = new HostPath("/");
    add(
        steps,
        Phase.NAMESPACE,
        new MountInstruction.SetPropagation(slash, MountFlag.PRIVATE | MountFlag.REC));
    int slot = 0;
    take(steps, slot++, request.archive(), QUIET | MountAttribute.RDONLY);
    take(steps, slot++, request.tree(), QUIET);
    for (Shown shown : request.shown()) {
      take(
          steps,
          slot++,
          shown.real(),
          MountAttribute.RDONLY | MountAttribute.NOSUID | MountAttribute.NODEV);
    }
    for (HostPath device : RANDOM) {
      take(steps, slot++, device, DEVICE);
    }
    // Room for the libraries that Java code brings along and unpacks before it loads them.
    add(
        steps,
        Phase.NAMESPACE,
        new MountInstruction.MountHost(
            "tmpfs",
            "tmpfs",
            request.root(),
            MountFlag.NOSUID | MountFlag.NODEV,
            "mode=0755,size=16m"));
    add(steps, Phase.NAMESPACE, new MountInstruction.PivotRoot(request.root()));
    slot = 0;
    put(steps, slot++, ARCHIVE, false);
    put(steps, slot++, TREE, true);
    for (Shown shown : request.shown()) {
      put(steps, slot++, new ContainerPath(shown.path().value()), shown.directory());
    }
    for (HostPath device : RANDOM) {
      put(steps, slot++, new ContainerPath(device.value()), false);
    }
    ContainerPath proc = new ContainerPath("/proc");
    add(steps, Phase.ROOT, new MountInstruction.MakeDir(new ContainerPath("/tmp"), 0700));
    add(steps, Phase.ROOT, new MountInstruction.RealDir(proc, 0755));
    // The machine's settings there belong to the number 0, with or without powers.
    add(
        steps,
        Phase.ROOT,
        new MountInstruction.MountNew("proc", proc, QUIET | MountAttribute.RDONLY, List.of()));
  }

  private static void take(StepList steps, int slot, HostPath path, long attributes) {
    add(
        steps,
        Phase.NAMESPACE,
        new MountInstruction.OpenTree(slot, path, true, attributes, 0, 0, false));
  }

  private static void put(StepList steps, int slot, ContainerPath path, boolean directory) {
    add(
        steps,
        Phase.ROOT,
        directory
            ? new MountInstruction.MakeDir(path, 0755)
            : new MountInstruction.MakeFile(path, 0644));
    add(steps, Phase.ROOT, new MountInstruction.MountTree(slot, path));
  }

  private static void process(StepList steps, Request request) {
    long powers = Capability.mask(POWERS);
    add(steps, Phase.PROCESS, new ProcessInstruction.Rlimit(RLIMIT_CORE, 0, 0));
    add(steps, Phase.PROCESS, new ProcessInstruction.Umask(077));
    add(steps, Phase.PROCESS, new ProcessInstruction.Bounding(powers));
    add(steps, Phase.PROCESS, new ProcessInstruction.Capabilities(powers, powers, 0, 0));
    add(steps, Phase.PROCESS, new ProcessInstruction.NoNewPrivileges());
    add(steps, Phase.PROCESS, new ProcessInstruction.Environment(List.of("LC_ALL=C.UTF-8")));
    List<String> rules = new ArrayList<>(List.of("write:" + TREE, "write:/tmp"));
    request.executed().forEach(program -> rules.add("execute:" + program));
    add(steps, Phase.PROCESS, new ProcessInstruction.Landlock(rules));
    Architecture.current()
        .ifPresent(
            machine -> {
              add(
                  steps,
                  Phase.PROCESS,
                  new ProcessInstruction.Seccomp(0, CompiledFilter.of(machine)));
              String more = UnpackFilter.of(machine).base64();
              add(steps, Phase.PROCESS, new ProcessInstruction.Seccomp(0, more));
            });
    add(
        steps,
        Phase.PROCESS,
        new ProcessInstruction.Exec(ProcessChapter.DEFAULT_PATH, request.command()));
  }

  private static void add(StepList steps, Phase phase, Instruction instruction) {
    steps.add(phase, Origin.NONE, instruction);
  }
}
