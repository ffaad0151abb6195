package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.CgroupLayout;
import jstack.linux.CgroupLayout.Mode;
import jstack.program.HostInstruction;
import jstack.program.Program;
import jstack.program.Step;
import jstack.state.ContainerId;
import jstack.state.ProjectRecord;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/**
 * The unit of systemd that the supervisors of a project live in. What stays in the unit of its
 * caller is killed when that ends: a login, a job of cron. Where systemd owns the v2 tree the
 * containers' cgroups lie in the unit, too:
 *
 * <pre>
 * system.slice/jstack.scope/              a unit's cgroup; empty, as v2 wants it of parents
 *   supervisors/                          all jstack-shim
 *   jstack/PROJECT/web-1/                 containers
 * </pre>
 *
 * <p>Where it does not, on hybrid and legacy hosts, systemd leaves cgroups that it has not made
 * alone: those of containers are at the top of each hierarchy, as they are without systemd.
 */
public final class SupervisorUnit {
  /** Where systemd is not. */
  public static final SupervisorUnit NONE =
      new SupervisorUnit(List.of(), "", "", "", new SystemdTools());

  private static final String SLICE = "system.slice";
  private static final String LEAF = "supervisors";

  /** See sd_booted(3). */
  private static final Path BOOTED = Path.of("/run/systemd/system");

  /**
   * Where systemd itself keeps processes apart on hosts that have v1; see its file-hierarchy(7).
   */
  private static final Path NAMED = Path.of("/sys/fs/cgroup/systemd");

  /** For as long a scope may take to end, and its successor to begin. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration STEP = Duration.ofMillis(20);

  /** The mount points of the hierarchies in which systemd has units; the first has all of them. */
  private final List<Path> trees;

  private final String given;
  private final String cgroup;
  private final String own;
  private final SystemdTools tools;

  /**
   * @param given the cgroup that containers are in, empty for none
   * @param cgroup that of the unit
   * @param own that of this process
   */
  SupervisorUnit(List<Path> trees, String given, String cgroup, String own, SystemdTools tools) {
    this.trees = trees;
    this.given = given;
    this.cgroup = cgroup;
    this.own = own;
    this.tools = tools;
  }

  /** Whether systemd is the manager of this machine. */
  public static boolean isSystemd() {
    return Files.isDirectory(BOOTED, LinkOption.NOFOLLOW_LINKS);
  }

  /** The one for a project, where systemd is. */
  public static SupervisorUnit of(CgroupLayout cgroups, StateLayout layout, String project) {
    SystemdTools tools = new SystemdTools();
    String scope = SLICE + "/" + layout.cgroup() + ".scope";
    String unified = cgroups.unified();
    if (unified == null || cgroups.mode() != Mode.V2) {
      Set<Path> trees = new LinkedHashSet<>();
      trees.add(unified == null ? NAMED : Path.of(unified));
      trees.add(NAMED);
      cgroups.controllers().values().forEach(mount -> trees.add(Path.of(mount)));
      String own = own(unified == null ? ":name=systemd:/" : "0::/");
      return new SupervisorUnit(List.copyOf(trees), "", scope, own, tools);
    }
    Path tree = Path.of(unified);
    String own = own("0::/");
    String recorded = ProjectRecord.read(layout, project).map(ProjectRecord::given).orElse("");
    UnitChoice choice = new UnitChoice(tree, SupervisorUnit::isDelegated);
    String chosen = choice.choose(recorded, own, scope);
    return new SupervisorUnit(List.of(tree), chosen, chosen, own, tools);
  }

  /** The cgroup of this process in one hierarchy, with no leading slash; see cgroups(7). */
  private static String own(String hierarchy) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
        int at = line.indexOf(hierarchy);
        if (at >= 0) {
          return line.substring(at + hierarchy.length());
        }
      }
    } catch (IOException e) {
      return "";
    }
    return "";
  }

  /** The mark of systemd 251 and newer; that of older ones only the kernel's owner can read. */
  private static boolean isDelegated(Path cgroup) {
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(cgroup, UserDefinedFileAttributeView.class);
    try {
      return view != null && view.list().contains("delegate");
    } catch (IOException e) {
      return false;
    }
  }

  /** The layout with the place that containers have here. */
  public CgroupLayout place(CgroupLayout layout) {
    return given.isEmpty() ? layout : layout.within(given);
  }

  /** The cgroup that containers are in, with no leading slash; empty where it is the top. */
  public String given() {
    return given;
  }

  /**
   * A container that starts again has its cgroups where they were, in a unit that may be gone.
   *
   * @throws DiagnosticException that it is
   */
  void requirePlace(ContainerId id, Program program) {
    if (given.isEmpty()) {
      return;
    }
    for (Step step : program.steps()) {
      if (step.instruction() instanceof HostInstruction.RmdirCgroup leaf) {
        Path base = leaf.path().toPath().resolve("../../..").normalize();
        if (!base.equals(trees.get(0).resolve(given)) && !Files.isDirectory(base)) {
          throw new DiagnosticException(
              Failure.HOST,
              Diagnostic.error(
                      Origin.NONE,
                      "no-delegation",
                      id.name() + " had its cgroup in " + base + ", which is gone")
                  .withHint("jstack up makes it anew in a unit that is there"));
        }
      }
    }
  }

  /**
   * Has a process, and all that it will fork, live in the unit; a scope that is not there is made.
   *
   * @throws DiagnosticException that systemd gives none
   */
  void adopt(long pid) {
    if (trees.isEmpty()) {
      return;
    }
    try {
      if (!cgroup.endsWith(".scope")) {
        joinService(pid);
        return;
      }
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (!joinScope(pid)) {
        if (System.nanoTime() > end) {
          throw new IOException(unit() + " neither lives nor ends");
        }
        LockSupport.parkNanos(STEP.toNanos());
      }
    } catch (IOException e) {
      throw refused(String.valueOf(e.getMessage()));
    }
  }

  /** Has it live where this process does. */
  void release(long pid) {
    for (Path tree : trees) {
      try {
        write(tree.resolve(own), pid);
      } catch (IOException e) {
        // Its caller's unit has ended. It is as well where it is.
      }
    }
  }

  private void joinService(long pid) throws IOException {
    boolean inside = own.equals(cgroup) || own.startsWith(cgroup + "/");
    if (!join(pid) || !(inside || tools.isActive(unit()))) {
      release(pid);
      throw new IOException(unit() + " is ending");
    }
    empty();
  }

  private boolean joinScope(long pid) throws IOException {
    if (join(pid)) {
      // A scope ends with its last process, which may have been a moment ago.
      if (tools.isActive(unit())) {
        empty();
        return true;
      }
      release(pid);
      removeRest();
    }
    try (SystemdTools.Holder holder = tools.makeScope(unit(), SLICE)) {
      if (join(pid)) {
        empty();
        return true;
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("already")) {
        throw e;
      }
    }
    return false;
  }

  /** False when the unit has no cgroup. */
  private boolean join(long pid) throws IOException {
    for (Path tree : trees) {
      Path unit = tree.resolve(cgroup);
      try {
        write(leaf(unit), pid);
      } catch (NoSuchFileException e) {
        if (tree.equals(trees.get(0))) {
          return false;
        } // of v1's controllers a unit has those that it needs
      } catch (IOException e) {
        if (!Files.isDirectory(unit)) {
          return false; // removed while it was written to
        }
        throw e;
      }
    }
    return true;
  }

  private Path leaf(Path unit) throws IOException {
    if (given.isEmpty()) {
      return unit;
    }
    Path leaf = unit.resolve(LEAF);
    try {
      Files.createDirectory(leaf);
    } catch (FileAlreadyExistsException e) {
      // Somebody made it before.
    }
    return leaf;
  }

  private static void write(Path cgroup, long pid) throws IOException {
    Files.write(
        cgroup.resolve("cgroup.procs"),
        Long.toString(pid).getBytes(StandardCharsets.US_ASCII),
        StandardOpenOption.WRITE);
  }

  /** Those whom systemd put into the unit's own cgroup move down; see "No Internal Processes". */
  private void empty() throws IOException {
    if (given.isEmpty()) {
      return;
    }
    Path unit = trees.get(0).resolve(cgroup);
    Path leaf = leaf(unit);
    List<String> left = Files.readAllLines(unit.resolve("cgroup.procs"));
    while (!left.isEmpty()) {
      for (String pid : left) {
        try {
          write(leaf, Long.parseLong(pid));
        } catch (IOException e) {
          // It has ended; else it is there in the next round, too.
        }
      }
      List<String> now = Files.readAllLines(unit.resolve("cgroup.procs"));
      if (now.equals(left)) {
        throw new IOException("processes " + String.join(", ", now) + " do not leave " + unit);
      }
      left = now;
    }
  }

  /** systemd took the scope for ended while somebody joined it, and left its cgroup. */
  private void removeRest() {
    for (Path tree : trees) {
      for (Path each : List.of(tree.resolve(cgroup).resolve(LEAF), tree.resolve(cgroup))) {
        try {
          Files.deleteIfExists(each);
        } catch (IOException e) {
          // Not empty: it lives after all.
        }
      }
    }
  }

  private String unit() {
    return cgroup.substring(cgroup.lastIndexOf('/') + 1);
  }

  private DiagnosticException refused(@Nullable String why) {
    return new DiagnosticException(
        Failure.HOST,
        Diagnostic.error(
                Origin.NONE,
                "no-delegation",
                "systemd owns the cgroups here and gives us no "
                    + trees.get(0).resolve(cgroup)
                    + ": "
                    + why)
            .withHint(
                "see systemctl status "
                    + unit()
                    + ", or run jstack in a service with Delegate=yes; jstack generate systemd prints"
                    + " one"));
  }
}
