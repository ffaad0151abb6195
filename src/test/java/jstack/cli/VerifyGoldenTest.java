package jstack.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import jstack.diag.Origin;
import jstack.engine.SimulatedKernel;
import jstack.engine.StackFixture;
import jstack.linux.Namespace;
import jstack.manifest.HostPath;
import jstack.manifest.load.LoadRequest;
import jstack.plan.Drift;
import jstack.plan.Verifier;
import jstack.program.HostInstruction;
import jstack.program.Phase;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.program.Step;
import jstack.state.ContainerId;
import jstack.state.KernelView.UtsName;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.SeenLimits;
import jstack.state.Status;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What verify finds on a machine that was tampered with, one wall after the other. */
class VerifyGoldenTest {
  private static final Path CASE = Path.of("src/test/resources/golden/verify");
  private static final ContainerId WEB = ContainerId.of("demo", "web", 1);
  private static final ContainerId SIDE = ContainerId.of("demo", "side", 1);
  private static final ContainerId GONE = ContainerId.of("demo", "gone", 1);

  @TempDir private @Nullable Path folder;

  private Map<ContainerId, Program> programs = Map.of();
  private final Map<ContainerId, ObservedContainer> world = new LinkedHashMap<>();
  private final Map<ContainerId, HostPath> directories = new LinkedHashMap<>();
  private final Map<HostPath, String> limits = new HashMap<>();
  private final SimulatedKernel kernel = new SimulatedKernel();

  @BeforeEach
  void begin() throws IOException {
    Path here = Objects.requireNonNull(folder);
    Files.createDirectories(here.resolve("a"));
    Files.createDirectories(here.resolve("b"));
    Files.copy(CASE.resolve("jstack.yaml"), here.resolve("jstack.yaml"));
    programs = new StackFixture(here, LoadRequest.Purpose.RUN, false).programs();
    long pid = 100;
    for (Map.Entry<ContainerId, Program> each : programs.entrySet()) {
      ContainerId id = each.getKey();
      String directory = "/nowhere/run/demo/" + id.name();
      directories.put(id, new HostPath(directory));
      put(id, RunState.RUNNING, pid, 0);
      kernel.run(directory, pid, each.getValue());
      each.getValue()
          .all(HostInstruction.Write.class)
          .forEach(write -> limits.put(write.file(), write.text()));
      pid += 100;
    }
  }

  private void put(ContainerId id, RunState state, long pid, int code) {
    String text =
        "version=1\nstate=%s\nboot_id=b\nsupervisor_pid=1\nsupervisor_start=1\npid=%d\nstart=7\n"
            .formatted(state == RunState.EXITED ? "exited" : "running", pid);
    byte[] program = ProgramCodec.encode(Objects.requireNonNull(programs.get(id)));
    Optional<Status> status = Status.parse(text);
    world.put(id, new ObservedContainer(id, state, program, status, code));
  }

  private final Set<String> once = new HashSet<>();

  private List<Drift> verify() {
    SeenLimits seen = new SeenLimits(limits, Map.of());
    Observed observed = new Observed("demo", List.copyOf(world.values()), seen);
    Verifier verifier = new Verifier(observed, directories, kernel);
    List<Drift> drifts = new ArrayList<>();
    programs.forEach(
        (id, program) -> drifts.addAll(verifier.verify(id, program, once.contains(id.service()))));
    drifts.addAll(verifier.verifyStack(programs));
    return drifts;
  }

  private void limit(String ending, String text) {
    limits.replaceAll((file, known) -> file.value().endsWith(ending) ? text : known);
  }

  private void mount(long pid, String from, String to) {
    List<String> lines = Objects.requireNonNull(kernel.mounts.get(pid));
    String all = String.join("\n", lines);
    assertThat(all).contains(from);
    kernel.mounts.put(pid, List.of(all.replace(from, to).split("\n", -1)));
  }

  @Test
  void whatWasMadeByItsProgramsIsAsTheManifestSays() throws IOException {
    assertThat(VerifyPrinter.text(verify(), 3))
        .isEqualTo("3 containers, all as the manifest says\n");
    assertThat(VerifyPrinter.json(verify())).isEmpty();
  }

  @Test
  void whatRanToCompletionIsAsWanted() throws IOException {
    ContainerId id = ContainerId.of("demo", "side", 1);
    once.add(id.service());
    put(id, RunState.EXITED, 0, 0);
    assertThat(verify()).isEmpty();
    put(id, RunState.EXITED, 0, 3);
    assertThat(verify()).extracting(Drift::seen).containsExactly("exited with code 3");
  }

  @Test
  void theDevicesOfCgroupV1AreReadBack() {
    HostPath cgroup = new HostPath("/sys/fs/cgroup/devices/jstack/demo/web-1");
    List<String> rules = List.of("c 1:3 rwm", "c 136:* rwm");
    List<Step> steps = new ArrayList<>(Objects.requireNonNull(programs.get(WEB)).steps());
    Origin line = steps.get(0).origin();
    steps.add(new Step(Phase.HOST, line, new HostInstruction.DeviceList(cgroup, rules)));
    programs = new LinkedHashMap<>(programs);
    programs.put(WEB, new Program(steps));
    kernel.files.put(cgroup + "/devices.list", "c 136:* rwm\nc 1:3 rwm\n");
    assertThat(verify()).isEmpty();
    kernel.files.put(cgroup + "/devices.list", "a *:* rwm\n");
    assertThat(verify())
        .extracting(drift -> drift.key() + ": " + drift.seen())
        .containsExactly("cgroup.devices: a *:* rwm");
  }

  @Test
  void theFilterOfDevicesInCgroupV2IsReadBack() {
    Step step =
        Objects.requireNonNull(programs.get(WEB)).steps().stream()
            .filter(s -> s.instruction() instanceof HostInstruction.DeviceFilter)
            .findFirst()
            .orElseThrow();
    HostInstruction.DeviceFilter filter = (HostInstruction.DeviceFilter) step.instruction();
    String own = filter.program();
    Map<List<String>, List<String>> seen = new LinkedHashMap<>();
    for (List<String> attached :
        List.of(List.of(own), List.<String>of(), List.of("95"), List.of("95", own))) {
      kernel.filters.put(filter.cgroup(), attached);
      seen.put(
          attached, verify().stream().map(drift -> drift.key() + ": " + drift.seen()).toList());
    }
    assertThat(seen.values())
        .containsExactly(
            List.of(),
            List.of("cgroup.devices: no filter"),
            List.of("cgroup.devices: another filter"),
            List.of("cgroup.devices: another filter beside it"));
    assertThat(verify()).extracting(Drift::origin).containsExactly(step.origin());
  }

  /** One by one, so that none hides behind another. */
  @Test
  void everyWallIsLookedAt() throws IOException {
    Map<String, Consumer<VerifyGoldenTest>> cases = new LinkedHashMap<>();
    cases.put("cgroup.pids.max", t -> t.limit("/demo/web-1/pids.max", "77"));
    cases.put(
        "sysctls.net.ipv4.ping_group_range",
        t -> t.file("100 sys/net/ipv4/ping_group_range", "2147483647", "0"));
    cases.put(
        "sysctls.net.ipv4.ip_unprivileged_port_start",
        t -> t.kernel.files.remove("100 sys/net/ipv4/ip_unprivileged_port_start"));
    cases.put("hostname", t -> t.kernel.names.put(100L, new UtsName("evil", "")));
    cases.put("mounts[/site]", t -> t.mount(100, "/site ro,", "/site rw,"));
    cases.put("mounts[/tmp/x]", t -> t.mount(100, " /site ", " /tmp/x "));
    cases.put("mounts[/proc]", t -> t.mount(100, "/proc rw,nosuid", "/proc rw"));
    cases.put("mounts[/proc/kcore]", t -> t.mount(100, " /proc/kcore ", " /site/below "));
    cases.put("rootfs", t -> t.mount(100, "- overlay", "- ext4"));
    cases.put("namespaces.pid", t -> t.kernel.namespaces.put("100 pid", 4003L));
    cases.put("namespaces.ipc", t -> t.kernel.namespaces.put("200 ipc", 1L));
    cases.put("cgroup", t -> t.kernel.members.values().forEach(pids -> pids.remove(101L)));
    cases.put("capabilities", t -> t.status(201, "CapEff:\t0", "CapEff:\t200000"));
    cases.put("security_opt", t -> t.status(101, "Seccomp:\t2", "Seccomp:\t0"));
    cases.put("user", t -> t.status(201, "Uid:\t", "Uid:\t5\t5"));
    cases.put("ulimits.nofile", t -> t.file("101 limits", "4096", "unlimited"));
    cases.put("namespaces.user.uid_map", t -> t.file("100 uid_map", "0 ", "1 "));
    cases.put("state", t -> t.put(GONE, RunState.EXITED, 0, 3));
    cases.put("supervisor", t -> t.put(SIDE, RunState.UNSUPERVISED, 200, 0));
    for (Map.Entry<String, Consumer<VerifyGoldenTest>> each : cases.entrySet()) {
      VerifyGoldenTest fresh = new VerifyGoldenTest();
      fresh.folder = Files.createTempDirectory(Objects.requireNonNull(folder), "case");
      fresh.begin();
      assertThat(fresh.verify()).as(each.getKey()).isEmpty();
      each.getValue().accept(fresh);
      assertThat(fresh.verify()).as(each.getKey()).extracting(Drift::key).contains(each.getKey());
    }
  }

  private void status(long pid, String from, String to) {
    file(pid + " status", from, to);
  }

  private void file(String name, String from, String to) {
    kernel.files.computeIfPresent(name, (key, text) -> text.replace(from, to));
  }

  @Test
  void whoWaitsForItsNextStartHasNothingToLookAt() {
    put(SIDE, RunState.RESTARTING, 0, 3);
    assertThat(verify())
        .extracting(Drift::key, Drift::seen, Drift::mend)
        .containsExactly(tuple("state", "restarting after code 3", Drift.Mend.SUPERVISOR));
  }

  @Test
  void driftReadsAsItsGoldenTexts() throws IOException {
    limit("/demo/web-1/pids.max", "77");
    limit("/jstack/demo/pids.max", "max");
    kernel.names.put(100L, new UtsName("evil", ""));
    mount(100, "/site ro,", "/site rw,");
    kernel.namespaces.put("200 " + Namespace.IPC, 1L);
    status(201, "CapEff:\t0", "CapEff:\t200000");
    put(GONE, RunState.EXITED, 0, 3);
    compare("verify.txt", VerifyPrinter.text(verify(), 3));
    compare("verify.json", VerifyPrinter.json(verify()));
  }

  private static void compare(String name, String text) throws IOException {
    Path file = CASE.resolve(name);
    if (Boolean.getBoolean("jstack.golden.write")) {
      Files.writeString(file, text);
    }
    assertThat(text).isEqualTo(Files.readString(file));
  }
}
