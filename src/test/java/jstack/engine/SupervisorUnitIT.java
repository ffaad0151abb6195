package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.linux.CgroupLayout;
import jstack.support.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * How a launcher comes to live in a unit, in the kernel's own cgroups; systemd is played. What the
 * real one does is SystemdScenario's.
 */
class SupervisorUnitIT {
  private static final String SCOPE = "system.slice/jstack.scope";

  private final List<Process> processes = new ArrayList<>();
  private final List<String> asked = new ArrayList<>();
  private Path tree = Path.of("/");

  @BeforeEach
  void makeTree() throws IOException {
    Host.needsRoot();
    String mountinfo = Files.readString(Path.of("/proc/self/mountinfo"));
    String unified = CgroupLayout.parse(mountinfo).unified();
    tree = Path.of(unified).resolve("supervisor-unit-" + ProcessHandle.current().pid());
    Files.createDirectories(tree.resolve("system.slice"));
    Files.createDirectories(tree.resolve("login"));
  }

  @AfterEach
  void removeTree() throws Exception {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
    List<Path> all;
    try (var walk = Files.walk(tree)) {
      all = new ArrayList<>(walk.filter(Files::isDirectory).toList());
    }
    for (int i = all.size() - 1; i >= 0; i--) {
      Files.delete(all.get(i));
    }
  }

  private Process sleeper(String cgroup) throws IOException {
    Process process = new ProcessBuilder("sleep", "1000").start();
    processes.add(process);
    Files.createDirectories(tree.resolve(cgroup));
    write(cgroup, process.pid());
    return process;
  }

  private void write(String cgroup, long pid) throws IOException {
    byte[] text = Long.toString(pid).getBytes(StandardCharsets.US_ASCII);
    Files.write(tree.resolve(cgroup).resolve("cgroup.procs"), text);
  }

  private List<Long> members(String cgroup) throws IOException {
    return Files.readAllLines(tree.resolve(cgroup).resolve("cgroup.procs")).stream()
        .map(Long::valueOf)
        .toList();
  }

  /** Makes a scope as systemd does: a cgroup with the process that asked in it. */
  private class Systemd extends SystemdTools {
    @Override
    boolean isActive(String unit) {
      asked.add("active?");
      return true;
    }

    @Override
    Holder makeScope(String unit, String slice) throws IOException {
      asked.add("make " + slice + "/" + unit);
      return new Holder(sleeperThatEndsWithItsInput(slice + "/" + unit));
    }

    private Process sleeperThatEndsWithItsInput(String cgroup) throws IOException {
      Process process = new ProcessBuilder("cat").start();
      processes.add(process);
      Files.createDirectories(tree.resolve(cgroup));
      write(cgroup, process.pid());
      return process;
    }
  }

  private SupervisorUnit unit(String cgroup, SystemdTools tools) {
    return new SupervisorUnit(List.of(tree), cgroup, cgroup, "login", tools);
  }

  @Test
  void theFirstOneMakesTheScopeAndLeavesNobodyBetween() throws IOException {
    Process launcher = sleeper("login");
    unit(SCOPE, new Systemd()).adopt(launcher.pid());
    assertThat(members(SCOPE + "/supervisors")).containsExactly(launcher.pid());
    assertThat(members(SCOPE)).isEmpty();
    assertThat(asked).containsExactly("make system.slice/jstack.scope");
  }

  @Test
  void theSecondOneJoinsIt() throws IOException {
    Process first = sleeper(SCOPE + "/supervisors");
    Process launcher = sleeper("login");
    unit(SCOPE, new Systemd()).adopt(launcher.pid());
    assertThat(members(SCOPE + "/supervisors"))
        .containsExactlyInAnyOrder(first.pid(), launcher.pid());
    assertThat(asked).containsExactly("active?");
  }

  @Test
  void aScopeThatSystemdTookForEndedIsMadeAnew() throws IOException {
    Files.createDirectories(tree.resolve(SCOPE).resolve("supervisors"));
    Process launcher = sleeper("login");
    List<Long> back = new ArrayList<>();
    SystemdTools tools =
        new Systemd() {
          @Override
          boolean isActive(String unit) {
            return false;
          }

          @Override
          Holder makeScope(String unit, String slice) throws IOException {
            back.addAll(members("login"));
            assertThat(tree.resolve(SCOPE)).doesNotExist();
            return super.makeScope(unit, slice);
          }
        };
    unit(SCOPE, tools).adopt(launcher.pid());
    assertThat(back).containsExactly(launcher.pid());
    assertThat(members(SCOPE + "/supervisors")).containsExactly(launcher.pid());
  }

  @Test
  void whoComesSecondInARaceForANewScopeJoinsTheOther() throws IOException {
    Process launcher = sleeper("login");
    List<Process> winner = new ArrayList<>();
    SystemdTools tools =
        new Systemd() {
          @Override
          Holder makeScope(String unit, String slice) throws IOException {
            winner.add(sleeper(SCOPE));
            throw new IOException("Unit jstack.scope was already loaded or has a fragment file.");
          }
        };
    unit(SCOPE, tools).adopt(launcher.pid());
    assertThat(members(SCOPE + "/supervisors"))
        .containsExactlyInAnyOrder(winner.get(0).pid(), launcher.pid());
    assertThat(members(SCOPE)).isEmpty();
  }

  @Test
  void aSystemdThatRefusesStopsTheStartAndNamesTheCgroup() throws IOException {
    Process launcher = sleeper("login");
    SystemdTools tools =
        new SystemdTools() {
          @Override
          Holder makeScope(String unit, String slice) throws IOException {
            throw new IOException("Failed to connect to bus: No such file or directory");
          }
        };
    assertThatThrownBy(() -> unit(SCOPE, tools).adopt(launcher.pid()))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e -> {
              assertThat(e.failure()).isEqualTo(Failure.HOST);
              assertThat(e.diagnostics().get(0).message())
                  .contains(tree.resolve(SCOPE).toString())
                  .endsWith("Failed to connect to bus: No such file or directory");
              assertThat(e.diagnostics().get(0).hint()).contains("Delegate=yes");
            });
    assertThat(members("login")).containsExactly(launcher.pid());
  }

  @Test
  void aServiceThatEndsTakesNobodyIn() throws IOException {
    String service = "system.slice/jstack-demo.service";
    Process old = sleeper(service + "/supervisors");
    Process launcher = sleeper("login");
    SystemdTools tools =
        new SystemdTools() {
          @Override
          boolean isActive(String unit) {
            return !unit.equals("jstack-demo.service");
          }
        };
    assertThatThrownBy(() -> unit(service, tools).adopt(launcher.pid()))
        .hasMessageContaining("jstack-demo.service is ending");
    assertThat(members("login")).containsExactly(launcher.pid());
    assertThat(members(service + "/supervisors")).containsExactly(old.pid());
  }

  @Test
  void whereSystemdIsNotNobodyMoves() throws IOException {
    Process launcher = sleeper("login");
    SupervisorUnit.NONE.adopt(launcher.pid());
    SupervisorUnit.NONE.release(launcher.pid());
    assertThat(members("login")).containsExactly(launcher.pid());
  }
}
