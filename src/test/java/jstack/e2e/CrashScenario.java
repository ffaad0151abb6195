package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import jstack.support.Command;
import jstack.support.Crash;
import jstack.support.LeakCheck;
import jstack.support.LyingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * jstack is killed at each step that changes something: ps tells the truth, the next up or down
 * ends with 0, and nothing is left. {@code -Djstack.faults=N} takes up to N steps of each verb.
 */
class CrashScenario {
  private static final int STEPS = Integer.getInteger("jstack.faults", 6);
  private static final long SEED = Long.getLong("jstack.seed", System.nanoTime() % 100_000);

  @TempDir Path folder;
  private Jstack jstack;
  private Crash crash;
  private Random random;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    crash = new Crash(folder);
    random = new Random(SEED);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private Crash.Start verb(String... words) {
    return wish -> {
      List<String> command = new ArrayList<>(List.of("env", "JSTACK_CRASH=" + wish));
      command.add(jstack.command());
      command.addAll(List.of(words));
      return jstack.startCommand(command.toArray(String[]::new));
    };
  }

  /** Everything that jstack left in its two places, without what it keeps on purpose. */
  private List<String> files() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path place : List.of(jstack.run(), jstack.home())) {
      if (!Files.isDirectory(place)) {
        continue;
      }
      try (Stream<Path> all = Files.walk(place)) {
        all.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
            .map(file -> folder.relativize(file).toString())
            .filter(file -> !file.matches("state/run/[.](locks|journal)/.*"))
            .filter(file -> !file.matches("state/home/rootfs/(locks|sha256|index)/.*"))
            .filter(file -> !file.matches("state/home/rootfs/tmp/[0-9a-f]+[.]part([.]validator)?"))
            .forEach(found::add);
      }
    }
    return found;
  }

  private String killedBefore = "";

  private void kill(int step, Crash.Start verb) throws Exception {
    killedBefore = crash.at(step, verb);
    assertThat(killedBefore).as("step " + step).isNotEmpty();
  }

  private interface Round {
    void at(int step) throws Exception;
  }

  private void sweep(String what, List<String> steps, Round round) throws Exception {
    for (int step : Crash.sample(steps, STEPS, random)) {
      try {
        round.at(step);
      } catch (AssertionError | Exception e) {
        throw new AssertionError(
            what + ", step " + step + ": " + killedBefore + "; -Djstack.seed=" + SEED, e);
      }
    }
  }

  private static final String STACK =
      """
      name: demo
      services:
        a: {rootfs: ROOTFS, command: [/probe, count], network_mode: none, stop_grace_period: 0s}
        b: {rootfs: ROOTFS, command: [/probe, sleep], depends_on: [a], stop_grace_period: 0s}
      """;

  private static final String CHANGED =
      """
      name: demo
      services:
        a: {rootfs: ROOTFS, command: [/probe, count], network_mode: none, stop_grace_period: 0s,
            cgroup: {pids: {max: 77}}}
        b: {rootfs: ROOTFS, command: [/probe, sleep, "1000"], depends_on: [a],
            stop_grace_period: 0s}
        c: {rootfs: ROOTFS, command: [/probe, sleep], stop_grace_period: 0s}
      """;

  /** Who is shown alive has to be who lives; asked at every other step. */
  private void psIsTrue(int step) throws Exception {
    if (step % 2 == 0) {
      return;
    }
    Map<String, Long> shown = new TreeMap<>(jstack.pids());
    shown.values().removeIf(pid -> pid == 0);
    assertThat(shown).isEqualTo(jstack.alive());
  }

  private void runs(String... containers) throws Exception {
    assertThat(jstack.alive()).containsOnlyKeys(containers);
    for (String container : containers) {
      assertThat(jstack.status(container)).as(container).containsEntry("state", "running");
    }
  }

  @Test
  void aFetch() throws Exception {
    Path tarball = folder.resolve("rootfs.tar.gz");
    Command.output("tar", "-C", jstack.probeRootfs().toString(), "-czf", tarball.toString(), ".");
    try (LyingServer server = new LyingServer(Files.readAllBytes(tarball))) {
      jstack.manifest(
          """
          name: demo
          services:
            a: {rootfs: URL, command: [/probe, sleep], network_mode: none, stop_grace_period: 0s}
          """
              .replace("URL", server.url()));
      jstack.jstack("up", "-d").exits(0);
      jstack.jstack("down", "-v").exits(0);
      Command.output("rm", "-rf", jstack.home().toString());
      List<String> steps = crash.steps(verb("up", "-d"));
      int fetch = steps.indexOf("remove the download") + 1;
      jstack.jstack("down", "-v").exits(0);
      sweep(
          "up",
          steps.subList(0, fetch),
          step -> {
            Command.output("rm", "-rf", jstack.home().toString());
            kill(step, verb("up", "-d"));
            psIsTrue(step);
            if (step % 3 > 0) {
              jstack.jstack("up", "-d").exits(0);
              runs("a-1");
            }
            jstack.jstack("down", "-v").exits(0);
            assertThat(files()).as("files").isEmpty();
          });
    }
  }

  @Test
  void aFirstUp() throws Exception {
    LeakCheck before = LeakCheck.take();
    jstack.manifest(STACK);
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("down", "-v").exits(0);
    List<String> steps = crash.steps(verb("up", "-d"));
    jstack.jstack("down", "-v").exits(0);
    sweep(
        "up",
        steps,
        step -> {
          kill(step, verb("up", "-d"));
          psIsTrue(step);
          if (step % 3 > 0) {
            jstack.jstack("up", "-d").exits(0);
            runs("a-1", "b-1");
          }
          jstack.jstack("down", "-v").exits(0);
          before.assertNothingLeft();
          assertThat(files()).as("files").isEmpty();
        });
  }

  /** To and fro, so that nothing has to be put back between two crashes. */
  @Test
  void anUpOfAChangedStackAndWhoIsNotConcernedRunsOn() throws Exception {
    Crash.Start up = verb("up", "-d", "--remove-orphans");
    jstack.manifest(CHANGED);
    jstack.jstack("up", "-d").exits(0);
    jstack.manifest(STACK);
    List<String> back = crash.steps(up);
    long pid = jstack.pid("a-1");
    jstack.manifest(CHANGED);
    List<String> steps = crash.steps(up);
    Deque<Integer> stepsBack = new ArrayDeque<>(Crash.sample(back, STEPS, random));
    sweep(
        "up",
        steps,
        step -> {
          jstack.manifest(STACK);
          kill(stepsBack.isEmpty() ? 1 : stepsBack.pop(), up);
          jstack.jstack("up", "-d", "--remove-orphans").exits(0);
          runs("a-1", "b-1");
          jstack.manifest(CHANGED);
          kill(step, up);
          psIsTrue(step);
          jstack.jstack("up", "-d").exits(0);
          runs("a-1", "b-1", "c-1");
          assertThat(jstack.alive()).as("of a-1").containsEntry("a-1", pid);
        });
    List<String> counted =
        jstack.jstack("logs", "--no-log-prefix", "a").exits(0).out().lines().toList();
    for (int i = 0; i < counted.size(); i++) {
      assertThat(counted.get(i)).isEqualTo(Integer.toString(i + 1));
    }
    jstack.jstack("down", "-v").exits(0);
    assertThat(files()).as("files").isEmpty();
  }

  @Test
  void aDown() throws Exception {
    LeakCheck before = LeakCheck.take();
    jstack.manifest(STACK);
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("exec", "b", "/probe", "write", "/kept", "it").exits(0);
    jstack.jstack("down").exits(0);
    jstack.jstack("up", "-d").exits(0);
    List<String> steps = crash.steps(verb("down"));
    jstack.jstack("up", "-d").exits(0);
    sweep(
        "down",
        steps,
        step -> {
          kill(step, verb("down"));
          psIsTrue(step);
          if (step % 3 > 0) {
            jstack.jstack("down").exits(0);
            before.assertNothingLeft();
            assertThat(files().stream().filter(file -> !file.startsWith("state/home/")))
                .as("files")
                .isEmpty();
          }
          jstack.jstack("up", "-d").exits(0);
          runs("a-1", "b-1");
          Path kept = Path.of("/proc/" + jstack.alive().get("b-1") + "/root/kept");
          assertThat(kept).hasContent("it");
        });
    jstack.jstack("down", "-v").exits(0);
    assertThat(files()).as("files").isEmpty();
  }
}
