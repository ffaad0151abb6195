package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.linux.CgroupLayout;
import jstack.manifest.ByteSize;
import jstack.manifest.CpuLimits;
import jstack.manifest.MemoryLimits;
import jstack.manifest.Resources;
import jstack.manifest.RootfsMode;
import jstack.manifest.Seccomp;
import jstack.manifest.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs and their explanations as whole texts; -Djstack.golden.write=true rewrites them. */
class CompilerTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/program");

  private static Program compile(String name) {
    ServiceFixture service = new ServiceFixture();
    return switch (name) {
      case "plain" ->
          Compiler.compile(service.build(), ServiceFixture.target(ServiceFixture.HYBRID));
      case "everything" ->
          Compiler.compile(
              service
                  .limits()
                  .bind("/srv/a", "/data/deep/er", true)
                  .bind("/srv/b.txt", "/data/b.txt", false)
                  .tmpfs("/data")
                  .environment("A", "it's")
                  .readOnly()
                  .build(),
              ServiceFixture.target(ServiceFixture.HYBRID));
      case "ephemeral" ->
          Compiler.compile(
              service.mode(RootfsMode.EPHEMERAL).build(),
              ServiceFixture.target(ServiceFixture.HYBRID));
      case "cgroup-v2" ->
          Compiler.compile(
              service
                  .cgroup(
                      Resources.of(
                          MemoryLimits.of(new ByteSize(100 << 20), new ByteSize(0)),
                          new CpuLimits(null, null, 200, false),
                          64L))
                  .build(),
              ServiceFixture.target(ServiceFixture.V2));
      case "storage" ->
          Compiler.compile(
              service.storage().build(), ServiceFixture.storageTarget(ServiceFixture.V2));
      default -> throw new IllegalArgumentException(name);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "everything", "ephemeral", "cgroup-v2", "storage"})
  void aProgramReadsAsItsGoldenText(String name) throws IOException {
    Path file = GOLDEN.resolve(name + ".sh");
    String text = ShellPrinter.print("web-1", compile(name));
    if (Boolean.getBoolean("jstack.golden.write")) {
      Files.createDirectories(GOLDEN);
      Files.writeString(file, text);
    }
    assertThat(text).isEqualTo(Files.readString(file));
  }

  @Test
  void nothingIsMountedOnTheContainersPathsBeforeThePivot() {
    Program program = compile("everything");
    boolean pivoted = false;
    for (Step step : program.steps()) {
      pivoted |= step.instruction() instanceof MountInstruction.PivotRoot;
      boolean inside = step.phase() == Phase.ROOT || step.phase() == Phase.PROCESS;
      if (inside) {
        assertThat(pivoted).isTrue();
        assertThat(step.instruction()).isNotInstanceOf(MountInstruction.MountHost.class);
      }
    }
    assertThat(pivoted).isTrue();
  }

  @Test
  void theFilterComesLastBeforeTheCommandAndBeforeThePauseOfOneWithout() {
    for (String[] command : new String[][] {{"/bin/httpd"}, {}}) {
      Program program =
          Compiler.compile(
              new ServiceFixture().command(command).build(),
              ServiceFixture.target(ServiceFixture.HYBRID));
      List<Step> last = program.of(Phase.PROCESS);
      assertThat(last.get(last.size() - 2).instruction())
          .isInstanceOf(ProcessInstruction.Seccomp.class);
      Program exec =
          ExecCompiler.compile(
              program,
              new ExecRequest(
                  1,
                  1,
                  List.of("/bin/sh"),
                  java.util.Map.of(),
                  null,
                  null,
                  false,
                  false,
                  java.util.Set.of(),
                  ""));
      assertThat(exec.all(ProcessInstruction.Seccomp.class))
          .containsExactlyElementsOf(program.all(ProcessInstruction.Seccomp.class).toList());
    }
    Program open =
        Compiler.compile(
            new ServiceFixture().seccomp(new Seccomp.Unconfined()).build(),
            ServiceFixture.target(ServiceFixture.HYBRID));
    assertThat(open.all(ProcessInstruction.Seccomp.class)).isEmpty();
  }

  @Test
  void aLimitThatThisMachineCannotHoldIsAnErrorAtItsLine() {
    ServiceFixture swappiness = new ServiceFixture().limits();
    assertThatThrownBy(
            () -> Compiler.compile(swappiness.build(), ServiceFixture.target(ServiceFixture.V2)))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e -> {
              assertThat(e.failure()).isEqualTo(Failure.HOST);
              assertThat(e.diagnostics().get(0).headline())
                  .isEqualTo(
                      "jstack.yaml:8:5: error: services.web.cgroup.memory.swappiness:"
                          + " cgroup v2 has no memory.swappiness");
            });
    String noMemory = ServiceFixture.HYBRID.replaceAll("(?m)^.*cgroup rw,memory\n", "");
    assertThatThrownBy(() -> Compiler.compile(swappiness.build(), ServiceFixture.target(noMemory)))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e -> assertThat(e.diagnostics().get(0).message()).contains("memory is not mounted"));
  }

  /** A Raspberry Pi boots without memory: who asks for none of it runs there. */
  @Test
  void aControllerThatTheTreeDoesNotOfferIsMissedOnlyByItsLimits() {
    Target target =
        ServiceFixture.target(CgroupLayout.parse(ServiceFixture.V2).offering("cpu io pids\n"));
    Program program = Compiler.compile(new ServiceFixture().build(), target);
    assertThat(program.steps())
        .filteredOn(step -> step.instruction() instanceof HostInstruction.Write)
        .extracting(step -> ((HostInstruction.Write) step.instruction()).text())
        .containsExactly("+cpu +io +pids", "+cpu +io +pids", "+cpu +io +pids", "1024");
    assertThatThrownBy(() -> Compiler.compile(new ServiceFixture().limits().build(), target))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e ->
                assertThat(e.diagnostics().get(1).message())
                    .contains("memory is not in /sys/fs/cgroup/cgroup.controllers"));
  }

  @Test
  void everyCgroupLiesBelowTheUnitThatSystemdGaveAway() {
    Target target =
        ServiceFixture.target(
            CgroupLayout.parse(ServiceFixture.V2)
                .offering("cpu io memory pids\n")
                .within("system.slice/jstack.scope"));
    String unit = "/sys/fs/cgroup/system.slice/jstack.scope/";
    assertThat(cgroupFiles(Compiler.compile(new ServiceFixture().build(), target)))
        .hasSizeGreaterThan(5)
        .allMatch(file -> file.startsWith(unit))
        .contains(unit + "cgroup.subtree_control", unit + "jstack/demo/web-1/pids.max");
  }

  private static List<String> cgroupFiles(Program program) {
    return program.steps().stream()
        .flatMap(step -> step.instruction().arguments().stream())
        .filter(argument -> argument.startsWith("/sys/fs/cgroup/"))
        .toList();
  }

  @Test
  void disksCountForWhoIsInBlkio() {
    String blkio = "36 31 0:33 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio\n";
    Service service = new ServiceFixture().build();
    assertThat(
            Compiler.compile(service, ServiceFixture.target(ServiceFixture.HYBRID + blkio))
                .all(HostInstruction.CountIo.class))
        .extracting(count -> count.cgroup().value())
        .containsExactly("/sys/fs/cgroup/blkio/jstack/demo/web-1");
    for (String machine : List.of(ServiceFixture.HYBRID, ServiceFixture.V2)) {
      assertThat(
              Compiler.compile(service, ServiceFixture.target(machine))
                  .all(HostInstruction.CountIo.class))
          .isEmpty();
    }
  }

  @Test
  void aPathWithTheOverlaysOwnSignsIsEscaped() {
    assertThat(RootfsChapter.escape(new jstack.manifest.HostPath("/a:b,c\\d"), true))
        .isEqualTo("/a\\:b\\,c\\\\d");
    assertThat(RootfsChapter.escape(new jstack.manifest.HostPath("/a:b,c"), false))
        .isEqualTo("/a:b\\,c");
  }

  @Test
  void execGetsTheWallsOfTheService() {
    Program running = compile("everything");
    ExecRequest request =
        new ExecRequest(
            42,
            7,
            java.util.List.of("id"),
            java.util.Map.of("B", "2"),
            "web",
            null,
            true,
            true,
            java.util.Set.of(),
            "8:pids:/jstack/demo/web-1\n0::/jstack/demo/web-1/in/deeper\n");
    Program exec = ExecCompiler.compile(running, request);
    for (Step step : running.of(Phase.PROCESS)) {
      boolean changed =
          step.instruction() instanceof ProcessInstruction.Exec
              || step.instruction() instanceof ProcessInstruction.User
              || step.instruction() instanceof ProcessInstruction.Environment;
      assertThat(changed || exec.of(Phase.PROCESS).contains(step)).as(step.toString()).isTrue();
    }
    assertThat(exec.of(Phase.PROCESS)).hasSameSizeAs(running.of(Phase.PROCESS));
    assertThat(
            exec.all(NamespaceInstruction.JoinNamespaces.class).findFirst().orElseThrow().flags())
        .isEqualTo(0x6e020000L);
    assertThat(exec.all(HostInstruction.JoinCgroup.class))
        .hasSize(5)
        .last()
        .extracting(join -> join.directory().value())
        .isEqualTo("/sys/fs/cgroup/unified/jstack/demo/web-1/in/deeper");
  }
}
