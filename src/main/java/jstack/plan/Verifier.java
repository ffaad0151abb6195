package jstack.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.diag.Origin;
import jstack.linux.Namespace;
import jstack.manifest.HostPath;
import jstack.program.Change;
import jstack.program.HostInstruction;
import jstack.program.Instruction;
import jstack.program.LimitChanges;
import jstack.program.NamespaceInstruction;
import jstack.program.ProcessInstruction;
import jstack.program.Program;
import jstack.program.Step;
import jstack.program.SupervisorInstruction;
import jstack.state.ContainerId;
import jstack.state.KernelView;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.Status;

/**
 * Holds what the kernel says of containers against the programs that the manifest makes: whatever
 * an instruction has done must still be so. The notes of jstack only say which process to look at.
 */
public final class Verifier {
  private final Observed observed;
  private final KernelView kernel;
  private final Map<HostPath, Long> inits = new LinkedHashMap<>();

  /**
   * @param observed with the texts of the limits' files
   * @param runDirectories of the containers, which is how programs name each other
   */
  public Verifier(Observed observed, Map<ContainerId, HostPath> runDirectories, KernelView kernel) {
    this.observed = observed;
    this.kernel = kernel;
    for (ObservedContainer container : observed.containers()) {
      HostPath directory = runDirectories.get(container.id());
      if (directory != null && container.pid() != 0) {
        inits.put(directory, container.pid());
      }
    }
  }

  /**
   * Everything in which a container is not as its program would have made it.
   *
   * @param once whether it runs to completion, and is as wanted when that is behind it
   */
  public List<Drift> verify(ContainerId id, Program program, boolean once) {
    DriftList drifts = new DriftList(id.name());
    Origin origin = origin(program);
    Optional<ObservedContainer> found = observed.find(id);
    if (found.isEmpty()) {
      drifts.add("state", "running", "not there", origin, Drift.Mend.UP);
      return drifts.toList();
    }
    ObservedContainer container = found.get();
    if (once && container.isDone()) {
      return List.of();
    }
    if (!container.state().isAlive()) {
      String seen = container.state().toString();
      boolean coded = seen.equals("exited");
      seen += coded ? " with code " + container.exitCode() : "";
      drifts.add("state", "running", seen, origin, Drift.Mend.UP);
      return drifts.toList();
    }
    if (!container.state().hasProcess()) {
      String seen = "restarting after code " + container.exitCode();
      drifts.add("state", "running", seen, origin, Drift.Mend.SUPERVISOR);
      return drifts.toList();
    }
    if (container.state().needsSupervisor()) {
      boolean dead = container.state() == RunState.UNSUPERVISED;
      String seen = dead ? "dead" : "one without a control socket";
      drifts.add("supervisor", "running", seen, origin, Drift.Mend.UP);
    }
    long init = container.pid();
    namespaces(program, container, drifts);
    names(program, init, drifts);
    new MountVerifier(kernel, init, drifts).verify(program);
    long command = kernel.child(init).orElse(init);
    boolean holds = program.all(ProcessInstruction.Pause.class).findAny().isPresent();
    if (!holds) {
      new ProcessVerifier(kernel, init, command, drifts).verify(program);
    }
    sysctls(program, init, drifts);
    cgroups(program, init, command, drifts);
    devices(program, drifts);
    LimitChanges limits =
        LimitChanges.ofContainer(program, program, observed.limits().texts(), List.of());
    for (Change change : limits.changes()) {
      limit(drifts, change);
    }
    return drifts.toList();
  }

  /** The same of the limits of the whole stack. */
  public List<Drift> verifyStack(Map<ContainerId, Program> programs) {
    DriftList drifts = new DriftList("stack");
    List<Program> running = new ArrayList<>();
    programs.forEach(
        (id, program) -> {
          if (observed.find(id).filter(c -> c.state().isAlive()).isPresent()) {
            running.add(program);
          }
        });
    LimitChanges limits =
        LimitChanges.ofStack(running, running, observed.limits().texts(), List.of());
    for (Change change : limits.changes()) {
      limit(drifts, change);
    }
    return drifts.toList();
  }

  private static void limit(DriftList drifts, Change change) {
    String key = "cgroup." + change.key();
    drifts.add(key, change.after(), change.before(), change.origin(), Drift.Mend.UP);
  }

  /** Of the service itself. */
  private static Origin origin(Program program) {
    return program.steps().stream()
        .filter(step -> step.instruction() instanceof SupervisorInstruction.Control)
        .map(Step::origin)
        .findFirst()
        .orElse(Origin.NONE);
  }

  /** Where a container shall be, of each kind; the machine's own where nothing is said. */
  private record Place(String wanted, Step step, Optional<Long> inode, boolean own) {}

  private void namespaces(Program program, ObservedContainer container, DriftList drifts) {
    long init = container.pid();
    Map<Namespace, Place> places = places(program);
    if (container.status().filter(Status::restored).isPresent()) {
      places.remove(Namespace.TIME); // criu gives it clocks that go on from where they were
    }
    for (Namespace kind : Namespace.values()) {
      Optional<Long> seen = kernel.namespace(init, kind);
      Optional<Long> machine = kernel.namespace(KernelView.SELF, kind);
      Place place = places.get(kind);
      if (place == null || seen.isEmpty()) {
        continue;
      }
      boolean right = place.own() ? !seen.equals(machine) : seen.equals(place.inode());
      if (!right) {
        String text = seen.equals(machine) ? "the machine's" : "another one";
        drifts.add("namespaces." + kind.key(), place.wanted(), text, place.step());
      }
    }
  }

  private Map<Namespace, Place> places(Program program) {
    Map<Namespace, Place> places = new LinkedHashMap<>();
    for (Step step : program.steps()) {
      Instruction instruction = step.instruction();
      if (instruction instanceof NamespaceInstruction.Spawn spawn) {
        for (Namespace kind : Namespace.values()) {
          Optional<Long> machine = kernel.namespace(KernelView.SELF, kind);
          boolean own = has(spawn.flags(), kind);
          Place place =
              own
                  ? new Place("its own", step, Optional.empty(), true)
                  : new Place("the machine's", step, machine, false);
          places.putIfAbsent(kind, place);
        }
      } else if (instruction instanceof NamespaceInstruction.NewUser) {
        places.put(Namespace.USER, new Place("its own", step, Optional.empty(), true));
      } else if (instruction instanceof NamespaceInstruction.TimeOffsets) {
        places.put(Namespace.TIME, new Place("its own", step, Optional.empty(), true));
      } else if (instruction instanceof NamespaceInstruction.Unshare unshare) {
        for (Namespace kind : Namespace.values()) {
          if (has(unshare.flags(), kind)) {
            places.put(kind, new Place("its own", step, Optional.empty(), true));
          }
        }
      } else if (instruction instanceof NamespaceInstruction.JoinNamespace join) {
        for (Namespace kind : Namespace.values()) {
          if (has(join.flag(), kind)) {
            Optional<Long> inode = kernel.namespace(join.file());
            places.put(kind, new Place("that of " + join.file(), step, inode, false));
          }
        }
      } else if (instruction instanceof NamespaceInstruction.JoinContainer join) {
        Long other = inits.get(join.runDirectory());
        for (Namespace kind : Namespace.values()) {
          if (has(join.flags(), kind)) {
            Optional<Long> inode = other == null ? Optional.empty() : kernel.namespace(other, kind);
            String whose = join.runDirectory().value();
            whose = whose.substring(whose.lastIndexOf('/') + 1);
            places.put(kind, new Place("that of " + whose, step, inode, false));
          }
        }
      }
    }
    return places;
  }

  private static boolean has(long flags, Namespace kind) {
    return (flags & Integer.toUnsignedLong(kind.cloneFlag())) != 0;
  }

  private void names(Program program, long init, DriftList drifts) {
    Optional<KernelView.UtsName> seen = Optional.empty();
    for (Step step : program.of(jstack.program.Phase.ROOT)) {
      boolean host = step.instruction() instanceof NamespaceInstruction.Hostname;
      boolean domain = step.instruction() instanceof NamespaceInstruction.Domainname;
      if (!host && !domain) {
        continue;
      }
      seen = seen.isPresent() ? seen : kernel.uts(init);
      String wanted = step.instruction().arguments().get(0);
      String is = seen.map(name -> host ? name.hostname() : name.domainname()).orElse("not known");
      if (!wanted.equals(is)) {
        drifts.add(host ? "hostname" : "domainname", wanted, is, step);
      }
    }
  }

  private void sysctls(Program program, long init, DriftList drifts) {
    List<String> names = program.all(NamespaceInstruction.Sysctl.class).map(s -> s.name()).toList();
    Map<String, String> seen = names.isEmpty() ? Map.of() : kernel.sysctls(init, names);
    for (Step step : program.steps()) {
      if (step.instruction() instanceof NamespaceInstruction.Sysctl sysctl) {
        // The kernel puts tabs where a blank was written.
        String is = seen.getOrDefault(sysctl.name(), "not known").replace('\t', ' ').strip();
        if (!is.equals(sysctl.value().strip())) {
          drifts.add("sysctls." + sysctl.name().replace('/', '.'), sysctl.value(), is, step);
        }
      }
    }
  }

  /** The rules of cgroup v1, or the program that decides in v2. */
  private void devices(Program program, DriftList drifts) {
    for (Step step : program.steps()) {
      if (step.instruction() instanceof HostInstruction.DeviceList list) {
        List<String> seen =
            kernel.file(list.cgroup().resolve("devices.list")).lines().map(String::strip).toList();
        if (!new HashSet<>(seen).equals(new HashSet<>(list.rules()))) {
          String is = seen.isEmpty() ? "none" : String.join(", ", seen);
          drifts.add("cgroup.devices", String.join(", ", list.rules()), is, step);
        }
      } else if (step.instruction() instanceof HostInstruction.DeviceFilter filter) {
        KernelView.DeviceFilter seen = kernel.deviceFilter(filter.cgroup(), filter.program());
        if (seen != KernelView.DeviceFilter.SAME) {
          drifts.add("cgroup.devices", String.join(", ", filter.rules()), seen.toString(), step);
        }
      }
    }
  }

  private void cgroups(Program program, long init, long command, DriftList drifts) {
    for (Step step : program.steps()) {
      HostPath directory = null;
      if (step.instruction() instanceof HostInstruction.JoinCgroup join) {
        directory = join.directory();
      } else if (step.instruction() instanceof NamespaceInstruction.Spawn spawn
          && !spawn.bornIn().value().equals("/")) {
        directory = spawn.bornIn();
      }
      if (directory != null && !kernel.members(directory).containsAll(List.of(init, command))) {
        drifts.add("cgroup", "in " + directory, "elsewhere", step);
      }
    }
  }
}
