package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import jstack.support.Crash;
import jstack.support.Eventually;
import jstack.support.Host;
import jstack.support.LeakCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Supervisors die at steps of their own, each container's at another one: whatever came of that,
 * one up or one down brings the right state. {@code -Djstack.faults=N} takes up to N steps of each
 * part of their life; see crash.h.
 */
@Tag("kernel")
class SupervisorCrashScenario {
  private static final int STEPS = Integer.getInteger("jstack.faults", 8);
  private static final long SEED = Long.getLong("jstack.seed", System.nanoTime() % 100_000);

  private static final String STACK =
      """
      name: demo
      services:
        web:
          rootfs: BUSYBOX
          command: [sh, -c, "echo x >> /kept; while :; do echo a line of a log; usleep 5000; done"]
          network_mode: none
          scale: COUNT
          restart: always
          stop_grace_period: 0s
          logging: {max-size: 2k}
          healthcheck: {test: [CMD, 'true'], interval: PACEs}
      """;

  @TempDir Path folder;
  private Jstack jstack;
  private LeakCheck before;
  private final Random random = new Random(SEED);

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    before = LeakCheck.take();
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private void manifest(int count, int pace) throws IOException {
    jstack.manifest(STACK.replace("COUNT", "" + count).replace("PACE", "" + pace));
  }

  /** With the helper that dies where it is told to. */
  private Jstack.Result mortal(String... words) throws Exception {
    Path helper = Host.shim().resolveSibling("jstack-shim-crash");
    List<String> command = new ArrayList<>();
    command.addAll(List.of("env", "JSTACK_JAVA_OPTS=-Djstack.shim=" + helper, jstack.command()));
    command.addAll(List.of(words));
    Jstack.Result result = jstack.finish(jstack.startCommand(command.toArray(String[]::new)), "");
    assertThat(result.err()).doesNotContain("bug of jstack").doesNotContain("Exception");
    return result;
  }

  private Path file(int container, String name) {
    return jstack.run().resolve("demo/web-" + container).resolve(name);
  }

  private List<String> steps() throws IOException {
    return steps(1);
  }

  private List<String> steps(int container) throws IOException {
    return Files.readAllLines(file(container, "crash.steps"));
  }

  /** One that lives, to know its steps. */
  private void recorded() throws Exception {
    manifest(1, 20);
    mortal("create").exits(0);
    Files.createFile(file(1, "crash"));
    mortal("up", "-d", "--wait").exits(0);
  }

  /** Steps of the part of a life that begins behind the first ones, and the how-manieth each is. */
  private Map<String, Integer> chosen(List<String> all, int first, String... without) {
    List<String> part = new ArrayList<>(all.subList(first, all.size()));
    part.removeAll(List.of(without));
    Map<String, Integer> chosen = new LinkedHashMap<>();
    for (int step : Crash.sample(part, STEPS, random)) {
      String name = part.get(step - 1);
      chosen.put(name, Collections.frequency(all.subList(0, first), name) + 1);
    }
    return chosen;
  }

  private void made(Map<String, Integer> crashes) throws Exception {
    manifest(crashes.size(), 20);
    mortal("create").exits(0);
    int container = 1;
    for (Map.Entry<String, Integer> crash : crashes.entrySet()) {
      Files.writeString(file(container++, "crash"), crash.getKey() + "\n" + crash.getValue());
    }
  }

  private void allDied(Map<String, Integer> crashes) throws Exception {
    int container = 1;
    for (String step : crashes.keySet()) {
      Path noted = file(container, "crash.steps");
      Eventually.check(() -> assertThat(Files.readAllLines(noted)).last().isEqualTo(step));
      Files.delete(file(container++, "crash"));
    }
  }

  /** An up ends at the first supervisor that dies meanwhile, before it has come to all. */
  private void reloaded(Map<String, Integer> crashes) throws Exception {
    String step = "rename program.new";
    int container = List.copyOf(crashes.keySet()).indexOf(step) + 1;
    for (int tries = 1; tries <= crashes.size(); tries++) {
      mortal("up", "-d");
      if (container == 0 || steps(container).contains(step)) {
        return;
      }
    }
  }

  private long died(Map<String, Integer> crashes) throws IOException {
    long died = 0;
    int container = 1;
    for (String step : crashes.keySet()) {
      Path noted = file(container, "crash.steps");
      died += Files.exists(noted) && Files.readString(noted).endsWith(step + "\n") ? 1 : 0;
      Files.delete(file(container++, "crash"));
    }
    return died;
  }

  private void upMendsIt(int count) throws Exception {
    mortal("up", "-d", "--wait").exits(0);
    assertThat(jstack.alive()).hasSize(count);
    Eventually.check(
        () -> assertThat(LeakCheck.take().processes()).as("two each").hasSize(2 * count));
    for (long pid : jstack.alive().values()) {
      assertThat(Path.of("/proc/" + pid + "/root/kept")).content().startsWith("x\n");
    }
    mortal("down", "-v").exits(0);
    before.assertNothingLeft();
  }

  private void downMendsIt() throws Exception {
    mortal("down", "-v").exits(0);
    before.assertNothingLeft();
    assertThat(jstack.run().resolve("demo")).doesNotExist();
  }

  private interface Part {
    void with(Map<String, Integer> crashes) throws Exception;
  }

  private static void sweep(Map<String, Integer> crashes, Part part) throws Exception {
    try {
      part.with(crashes);
    } catch (AssertionError | Exception e) {
      throw new AssertionError("-Djstack.seed=" + SEED + " " + crashes, e);
    }
  }

  @Test
  void whileTheyStart() throws Exception {
    recorded();
    List<String> steps = steps();
    mortal("down", "-v").exits(0);
    for (boolean up : new boolean[] {true, false}) {
      sweep(
          chosen(steps, 0, "rename health"),
          crashes -> {
            made(crashes);
            // Those that are behind their command when another one dies are stopped before their
            // step.
            mortal("start");
            assertThat(died(crashes)).isGreaterThanOrEqualTo((crashes.size() + 1) / 2);
            if (up) {
              upMendsIt(crashes.size());
            } else {
              downMendsIt();
            }
          });
    }
  }

  @Test
  void whileTheyRun() throws Exception {
    recorded();
    int first = steps().size();
    manifest(1, 30);
    mortal("up", "-d").exits(0);
    jstack.killInit("web-1");
    Eventually.check(
        () ->
            assertThat(jstack.status("web-1"))
                .containsEntry("restarts", "1")
                .containsEntry("health", "healthy"));
    List<String> steps = steps();
    mortal("down", "-v").exits(0);
    sweep(
        chosen(steps, first),
        crashes -> {
          made(crashes);
          mortal("up", "-d", "--wait");
          manifest(crashes.size(), 30);
          reloaded(crashes);
          for (String container : jstack.alive().keySet()) {
            jstack.killInit(container);
          }
          allDied(crashes);
          upMendsIt(crashes.size());
        });
  }

  @Test
  void whileTheyStop() throws Exception {
    recorded();
    int first = steps().size();
    mortal("stop").exits(0);
    List<String> steps = steps();
    mortal("down", "-v").exits(0);
    for (boolean up : new boolean[] {true, false}) {
      sweep(
          chosen(steps, first, "rotate the log", "open the log"),
          crashes -> {
            made(crashes);
            mortal("up", "-d", "--wait").exits(0);
            mortal("stop").exits(0);
            if (up) {
              allDied(crashes);
              upMendsIt(crashes.size());
            } else {
              downMendsIt();
            }
          });
    }
  }
}
