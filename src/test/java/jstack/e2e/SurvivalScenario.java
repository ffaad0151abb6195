package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stack that lives through kills and edits, one after the other, and ends as its manifest says.
 * {@code -Djstack.blows=200} for many, {@code -Djstack.seed=N} for the same ones again.
 */
class SurvivalScenario {
  private static final int BLOWS = Integer.getInteger("jstack.blows", 16);
  private static final long SEED = Long.getLong("jstack.seed", System.nanoTime() % 100_000);

  /** Goes on from where it was; two of it at once, or a lost write, would show in its file. */
  private static final String DATABASE =
      "touch /data/n; i=$$(tail -n 1 /data/n); while :; do i=$$((i+1)); echo $$i >> /data/n;"
          + " fsync /data/n; usleep 5000; done";

  private static final String STACK =
      """
      name: demo
      services:
        db:
          rootfs: BUSYBOX
          command: [/bin/sh, -c, "%s"]
          network_mode: none
          mounts: [./data:/data]
          stop_grace_period: 0s
          cgroup: {pids: {max: PIDS}}
        web:
          rootfs: BUSYBOX
          command: [/bin/httpd, -f, -h, /www]
          environment: {EDITION: "EDIT"}
          stop_grace_period: 0s
          depends_on: [db]
        worker:
          rootfs: BUSYBOX
          command: [/bin/probe, count]
          network_mode: none
          # a comment is no change: MARK
          stop_grace_period: 0s
          depends_on: [db]
      """
          .formatted(DATABASE);

  @TempDir Path folder;
  private Jstack jstack;
  private final Random random = new Random(SEED);
  private final List<String> blows = new ArrayList<>();
  private final Map<String, String> edits = new LinkedHashMap<>();

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    Files.createDirectories(folder.resolve("data"));
    // Root of the container's user namespace is somebody else out here.
    Command.output("chmod", "777", folder.resolve("data").toString());
    for (String place : List.of("PIDS", "EDIT", "MARK")) {
      edits.put(place, "64");
    }
    write();
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private void write() throws IOException {
    String text = STACK;
    for (Map.Entry<String, String> edit : edits.entrySet()) {
      text = text.replace(edit.getKey(), edit.getValue());
    }
    jstack.manifest(text);
  }

  /** What the records say of everybody's processes; of those that live, some are killed. */
  private Map<String, List<Long>> processes() throws IOException {
    Map<String, List<Long>> found = new TreeMap<>();
    for (String name : List.of("db-1", "web-1", "worker-1")) {
      Path status = jstack.run().resolve("demo").resolve(name).resolve("status");
      List<Long> pids = new ArrayList<>();
      for (String key : List.of("supervisor_pid", "pid")) {
        String text = Files.exists(status) ? "\n" + Files.readString(status) : "";
        int at = text.indexOf("\n" + key + "=");
        long pid =
            at < 0 ? 0 : Long.parseLong(text.substring(at + key.length() + 2).split("\n")[0]);
        Path comm = Path.of("/proc/" + pid + "/comm");
        boolean ours =
            pid > 0 && Files.exists(comm) && Files.readString(comm).equals("jstack-shim\n");
        pids.add(ours ? pid : 0);
      }
      found.put(name, pids);
    }
    return found;
  }

  private void kill(String name, boolean supervisor, boolean init) throws IOException {
    List<Long> pids = processes().get(name);
    blows.add("kill " + name + (supervisor ? " supervisor" : "") + (init ? " init" : ""));
    for (int i = 0; i < 2; i++) {
      if (pids.get(i) > 0 && (i == 0 ? supervisor : init)) {
        Command.run("kill", "-KILL", Long.toString(pids.get(i)));
      }
    }
  }

  private void blow() throws Exception {
    String name = List.of("db-1", "web-1", "worker-1").get(random.nextInt(3));
    switch (random.nextInt(7)) {
      case 0 -> kill(name, true, false);
      case 1 -> kill(name, false, true);
      case 2 -> kill(name, true, true);
      case 3 -> {
        String key = List.copyOf(edits.keySet()).get(random.nextInt(edits.size()));
        edits.put(key, Integer.toString(64 + random.nextInt(64)));
        blows.add("edit " + key);
        write();
      }
      case 4 -> {
        String verb = random.nextInt(3) == 0 ? "down" : "up";
        int millis = random.nextInt(400);
        blows.add("kill " + verb + " after " + millis + " ms");
        Process process = verb.equals("up") ? jstack.start("up", "-d") : jstack.start("down");
        process.waitFor(millis, TimeUnit.MILLISECONDS);
        process.destroyForcibly().waitFor();
      }
      default -> {
        blows.add("up");
        jstack.jstack("up", "-d", "--lock-timeout", "1m").exits(0);
      }
    }
  }

  @Test
  void aStackSurvivesKillsAndEdits() throws Exception {
    try {
      jstack.jstack("up", "-d").exits(0);
      for (int i = 0; i < BLOWS; i++) {
        blow();
        Jstack.Result ps = jstack.jstack("ps", "-a").exits(0);
        assertThat(ps.err()).isEmpty();
      }
      jstack.jstack("up", "-d").exits(0);
      jstack.jstack("up", "-d").exits(0).says("nothing to do");
      jstack.jstack("plan", "--exit-code").exits(0);
      assertThat(jstack.jstack("ps", "-q").out().lines())
          .containsExactlyInAnyOrder("db-1", "web-1", "worker-1");
      int before = written().size();
      Eventually.check(() -> assertThat(written()).hasSizeGreaterThan(before));
      List<String> lines = written();
      for (int i = 0; i < lines.size(); i++) {
        assertThat(lines.get(i)).as("what the database wrote").isEqualTo(Integer.toString(i + 1));
      }
      jstack
          .jstack("exec", "web", "/bin/wget", "-qO-", "http://127.0.0.1/")
          .exits(0)
          .prints("hello");
    } catch (AssertionError | Exception e) {
      throw new AssertionError("-Djstack.seed=" + SEED + " " + blows, e);
    }
  }

  private List<String> written() throws IOException {
    return Files.readAllLines(folder.resolve("data/n"));
  }
}
