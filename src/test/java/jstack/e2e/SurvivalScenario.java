package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stack that lives through kills and edits, one after the other, and ends as its manifest says.
 * {@code -Djstack.blows=200} for many, {@code -Djstack.seed=N} for the same ones again.
 */
class SurvivalScenario {
  private static final int BLOWS = Integer.getInteger("jstack.blows", 16);
  private static final long SEED = Long.getLong("jstack.seed", System.nanoTime() % 100_000);
  private static final List<String> VICTIMS = List.of("db-1", "web-1", "worker-1", "migrate-1");

  @TempDir Path folder;
  private Jstack jstack;
  private SurvivalStack stack;
  private final Random random = new Random(SEED);
  private final List<String> blows = new ArrayList<>();

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    stack = new SurvivalStack(jstack);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  /** A process of ours that a record names, if it lives: its number may be another's by now. */
  private Optional<ProcessHandle> noted(String container, String key) throws IOException {
    String pid = jstack.status(container).get(key);
    return pid == null ? Optional.empty() : ours(Long.parseLong(pid));
  }

  private static Optional<ProcessHandle> ours(long pid) {
    try {
      return pid > 0 && Files.readString(Path.of("/proc/" + pid + "/comm")).equals("jstack-shim\n")
          ? ProcessHandle.of(pid)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // It has ended.
    }
  }

  /** The command, what it runs, a check: any process below another one. */
  private static Optional<ProcessHandle> below(ProcessHandle process, int which) {
    List<ProcessHandle> all = process.descendants().toList();
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(which % all.size()));
  }

  private void kill() throws IOException {
    String name = VICTIMS.get(random.nextInt(VICTIMS.size()));
    Optional<ProcessHandle> supervisor = noted(name, "supervisor_pid");
    Optional<ProcessHandle> init = noted(name, "pid");
    int whom = random.nextInt(5);
    int which = random.nextInt(1000); // drawn at any rate: the same seed strikes the same blows
    blows.add(
        "kill " + name + List.of(" supervisor", " init", " both", " inside", " run").get(whom));
    if (whom == 0 || whom == 2) {
      supervisor.ifPresent(ProcessHandle::destroyForcibly);
    }
    if (whom == 1 || whom == 2) {
      init.ifPresent(ProcessHandle::destroyForcibly);
    }
    if (whom == 3) {
      init.flatMap(process -> below(process, which)).ifPresent(ProcessHandle::destroyForcibly);
    }
    if (whom == 4) {
      supervisor
          .flatMap(process -> below(process, which))
          .ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  /** jstack itself, or the launcher alone, which it then has to do without. */
  private void killVerb() throws Exception {
    List<String> words =
        List.of(
                List.of("up", "-d", "--lock-timeout", "1m"),
                List.of("up", "-d", "--lock-timeout", "1m"),
                List.of("restart", "--lock-timeout", "1m"),
                List.of("down", "--lock-timeout", "1m"))
            .get(random.nextInt(4));
    int millis = random.nextInt(600);
    boolean launcher = random.nextInt(4) == 0;
    blows.add("kill " + (launcher ? "launcher of " : "") + words.get(0) + " at " + millis + " ms");
    Process verb = jstack.start(words.toArray(String[]::new));
    verb.waitFor(millis, TimeUnit.MILLISECONDS);
    if (launcher) {
      for (ProcessHandle child : verb.children().toList()) {
        ours(child.pid()).ifPresent(ProcessHandle::destroyForcibly);
      }
      Jstack.Result result = jstack.finish(verb, "");
      assertThat(result.err()).doesNotContain("bug of jstack").doesNotContain("Exception");
    } else {
      verb.destroyForcibly().waitFor();
    }
  }

  private void blow() throws Exception {
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> kill();
      case 3, 4 -> blows.add("edit " + stack.edit(random));
      case 5 -> killVerb();
      default -> {
        blows.add("up");
        jstack.jstack("up", "-d", "--lock-timeout", "1m").exits(0);
      }
    }
  }

  private void allRunOnceAndWell() throws Exception {
    List<String> lines = jstack.jstack("ps", "--format", "json").exits(0).out().lines().toList();
    assertThat(lines)
        .as("containers")
        .hasSameSizeAs(stack.containers())
        .allMatch(line -> line.contains("\"state\":\"running\""))
        .allMatch(line -> line.contains("\"health\":\"healthy\""));
    for (String name : stack.containers()) {
      assertThat(lines).anyMatch(line -> line.contains("\"name\":\"" + name + "\""));
      Path cgroup = jstack.cgroup("memory").resolve("demo").resolve(name).resolve("cgroup.procs");
      assertThat(Files.readAllLines(cgroup).stream().filter(SurvivalScenario::isFirst))
          .as("first processes of " + name)
          .hasSize(1);
    }
  }

  /** How many of each: of an edit its key, of a kill whom and what of it. */
  private Map<String, Integer> byKind() {
    Map<String, Integer> kinds = new TreeMap<>();
    for (String blow : blows) {
      kinds.merge(blow.replaceAll("=.*| at .*", ""), 1, Integer::sum);
    }
    return kinds;
  }

  /** Whether it is number 1 of its own pid namespace: a check is one of ours in there, too. */
  private static boolean isFirst(String pid) {
    try {
      return Files.readAllLines(Path.of("/proc", pid, "status")).stream()
          .anyMatch(line -> line.startsWith("NSpid:") && line.endsWith("\t1"));
    } catch (IOException e) {
      return false; // It has ended.
    }
  }

  @Test
  void aStackSurvivesKillsAndEdits(TestReporter reporter) throws Exception {
    try {
      jstack.jstack("up", "-d", "--wait").exits(0);
      for (int i = 0; i < BLOWS; i++) {
        blow();
        if (random.nextInt(4) == 0) {
          assertThat(jstack.jstack("ps", "-a").exits(0).err()).isEmpty();
        }
      }
      jstack.jstack("up", "-d", "--wait").exits(0);
      jstack.jstack("up", "-d").exits(0).says("nothing to do");
      jstack.jstack("plan", "--exit-code").exits(0);
      jstack.jstack("verify").exits(0);
      allRunOnceAndWell();
      int before = stack.written().size();
      Eventually.check(() -> assertThat(stack.written()).hasSizeGreaterThan(before));
      stack.databaseIsWhole();
      stack.isMigrated();
      jstack
          .jstack("exec", "web", "/bin/wget", "-qO-", "http://127.0.0.1/")
          .exits(0)
          .prints("hello");
      reporter.publishEntry("seed " + SEED, byKind().toString());
    } catch (AssertionError | Exception e) {
      throw new AssertionError("-Djstack.seed=" + SEED + " " + blows, e);
    }
  }
}
