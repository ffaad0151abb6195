package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a run leaves, and what is told of it afterwards. */
class KeptRunScenario extends JstackScenario {
  private static final String STACK =
      """
      name: demo
      services:
        web: {rootfs: BUSYBOX, command: [sleep, "1000"], labels: {tier: a}}
      jobs:
        job: {rootfs: BUSYBOX, command: [sh, -c, "exit 3"]}
      """;

  @BeforeEach
  void writeManifest() throws Exception {
    jstack.manifest(STACK);
  }

  private String names() throws Exception {
    return jstack.jstack("ps", "-a", "-q").exits(0).out();
  }

  @Test
  void theRunOfAServiceStaysUntilItIsRemoved() throws Exception {
    jstack.jstack("run", "-T", "web", "sh", "-c", "echo said; echo left > /left; exit 5").exits(5);
    String name = names().strip();
    assertThat(name).startsWith("web-run-");
    jstack.jstack("ps", "-q").exits(0);
    jstack.jstack("ps", "-a", "--filter", "exited=5", "-q").prints(name);
    jstack.jstack("cp", name + ":/left", "left").exits(0);
    assertThat(folder.resolve("left")).hasContent("left\n");
    assertThat(Command.output("ip", "netns", "list")).doesNotContain("run-");
    jstack.jstack("up", "-d").exits(0);
    assertThat(names()).isEqualTo("web-1\n" + name + "\n");
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    jstack.jstack("plan", "--exit-code").exits(0);
    jstack.jstack("rm", name).exits(0).says(name + "  removed");
    assertThat(names()).isEqualTo("web-1\n");
    jstack.jstack("run", "-T", "--rm", "web", "true").exits(0);
    assertThat(names()).isEqualTo("web-1\n");
    jstack.jstack("run", "-T", "web", "/nothing").exits(127);
    assertThat(names()).as("it never ran").isEqualTo("web-1\n");
    jstack.jstack("run", "-T", "web", "true").exits(0);
    jstack.jstack("down", "-v", "-t", "0").exits(0);
    assertThat(names()).isEmpty();
    assertThat(Files.exists(jstack.home().resolve("containers/demo"))).isFalse();
  }

  @Test
  void whatARunSaidIsInItsLog() throws Exception {
    String words = "echo one; echo two >&2; printf '\\0\\377half'; read line; echo $line; exit 5";
    Process run = jstack.start("run", "-T", "web", "sh", "-c", words);
    Eventually.check(() -> assertThat(names()).startsWith("web-run-"));
    String name = names().strip();
    Eventually.check(() -> jstack.jstack("logs", "--no-log-prefix", name).exits(0).prints("half"));
    jstack.finish(run, "three\n").exits(5);
    Path log = jstack.run().resolve("demo").resolve(name).resolve("log");
    assertThat(Files.readAllLines(log, StandardCharsets.ISO_8859_1))
        .extracting(line -> line.substring(line.indexOf("Z") + 2))
        .containsExactlyInAnyOrder(
            "stdout F one", "stderr F two", "stdout P \0\377half", "stdout F three");
    jstack.jstack("logs", name).exits(0).prints(name + "  | one").prints("three\n");
    assertThat(jstack.jstack("logs").exits(0).out()).isEmpty();
    jstack.jstack("run", "-T", "web", "sh", "-c", "yes | head -n 1000000").exits(0);
    jstack.jstack("down", "-v", "-t", "0").exits(0);
    assertThat(jstack.run().resolve("demo")).doesNotExist();
  }

  @Test
  void aJobLeavesNothing() throws Exception {
    jstack.jstack("run", "-T", "job").exits(3);
    assertThat(names()).isEmpty();
  }

  private List<String> past(String... services) throws Exception {
    List<String> words = new ArrayList<>(List.of("events", "--since", "10m", "--until", "0s"));
    words.addAll(List.of(services));
    String told = jstack.jstack(words.toArray(String[]::new)).exits(0).out();
    return told.lines()
        .map(line -> line.substring(line.indexOf("Z") + 3).replaceAll(" +[0-9]+$", ""))
        .map(line -> line.replaceAll("^job-run-\\w+", "RUN"))
        .toList();
  }

  @Test
  void eventsTellThePastAndEndWhenTheyShall() throws Exception {
    Instant begin = Instant.now();
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("restart", "-t", "0", "web").exits(0);
    jstack.jstack("pause", "web").exits(0);
    jstack.jstack("unpause", "web").exits(0);
    List<String> sofar =
        List.of(
            "web-1  created",
            "web-1  started",
            "web-1  exited  exit code",
            "web-1  started  pid",
            "web-1  paused",
            "web-1  unpaused");
    assertThat(past()).isEqualTo(sofar);
    assertThat(jstack.jstack("events", "--until", begin.toString()).exits(0).out()).isEmpty();
    Process events =
        jstack.start(
            "events", "--format", "json", "--until", Instant.now().plusSeconds(4).toString());
    Eventually.check(() -> assertThat(events.isAlive()).isTrue());
    String soon = jstack.finish(events, "").exits(0).out();
    assertThat(soon).isEmpty();
    jstack.jstack("events", "--since", "yesterday").exits(64).says("not a time: yesterday");
    jstack.jstack("run", "-T", "job").exits(3);
    jstack.jstack("down", "-t", "0").exits(0);
    List<String> all = new ArrayList<>(sofar);
    all.set(3, "web-1  started");
    all.addAll(List.of("RUN  created", "RUN  started", "RUN  exited  exit code", "RUN  removed"));
    all.addAll(List.of("web-1  exited  exit code", "web-1  removed"));
    assertThat(past()).isEqualTo(all);
    assertThat(past("job")).hasSize(4).allMatch(line -> line.startsWith("RUN"));
    jstack.jstack("events", "--since", "1m", "--until", "0s", "nobody").exits(64);
  }
}
