package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A container that criu brought back is one like any other to its supervisor and to its records.
 */
@Tag("kernel")
@Tag("criu")
class RestoredRunScenario extends Counting {
  private void beginRestored(String manifest) throws Exception {
    jstack.manifest(manifest).jstack("up", "-d").exits(0);
    awaitMore("a", 3);
    jstack.jstack("checkpoint").exits(0);
    jstack.jstack("restore").exits(0);
    awaitMore("a", counted("a").size());
  }

  @Test
  void howItEndsIsKnownThoughItsSupervisorDied() throws Exception {
    beginRestored(COUNTER);
    long command = Jstack.command(jstack.pid("a-1"));
    jstack.killSupervisor("a-1");
    Command.output("kill", "-TERM", Long.toString(command));
    Eventually.check(() -> assertThat(jstack.alive()).isEmpty());
    jstack.jstack("ps", "-a").prints("exited");
    jstack.jstack("wait", "a").exits(7).prints("a exited 7");
    // That was its end: the checkpoint is used up, and nothing is left of it to go on from.
    jstack.jstack("restore", "a").exits(1).says("a-1 has no checkpoint");
  }

  @Test
  void eventsTellOfBoth() throws Exception {
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    awaitMore("a", 3);
    Process events = jstack.start("events", "--format", "json", "--since", "10m");
    Eventually.check(() -> assertThat(jstack.out(events)).contains("started"));
    jstack.jstack("checkpoint").exits(0);
    Eventually.check(() -> assertThat(jstack.out(events)).contains("\"event\":\"checkpointed\"}"));
    jstack.jstack("restore").exits(0);
    String restored = "\"event\":\"restored\",\"pid\":" + jstack.pid("a-1") + "}";
    Eventually.check(() -> assertThat(jstack.out(events)).contains(restored));
    Command.output("kill", "-INT", Long.toString(events.pid()));
    jstack.finish(events, "").exits(130);
    assertThat(past()).containsExactly("created", "started", "checkpointed", "restored");
    jstack.jstack("down", "-t", "0").exits(0);
    assertThat(past())
        .containsExactly("created", "started", "checkpointed", "restored", "exited", "removed");
  }

  private List<String> past() throws Exception {
    return jstack
        .jstack("events", "--since", "10m", "--until", "0s", "a")
        .exits(0)
        .out()
        .lines()
        .map(line -> line.split("  ", -1)[2])
        .toList();
  }

  @Test
  void anotherSupervisorAndItsOwnRestartsAreAsBefore() throws Exception {
    beginRestored(COUNTER + "    restart: always\n");
    jstack.killSupervisor("a-1");
    jstack.jstack("up", "-d").exits(0).says("a-1  adopted");
    assertWithoutGap(counted("a"));
    long pid = jstack.pid("a-1");
    jstack.killInit("a-1");
    Eventually.check(() -> assertThat(jstack.alive().values()).isNotEmpty().doesNotContain(pid));
    // A life of its own, whose record of the end is not that of the life before.
    Eventually.check(() -> assertThat(jstack.status("a-1")).containsEntry("state", "running"));
    assertThat(jstack.status("a-1")).doesNotContainKey("restored").containsEntry("restarts", "1");
    jstack.jstack("stop", "a").exits(0).says("a-1  stopped  exit code 7");
  }

  @Test
  void whatCriuUsedIsNotItsOwn() throws Exception {
    beginRestored(COUNTER.replace("usleep 20000", "sleep 1"));
    jstack.jstack("stop", "-t", "0", "a").exits(0);
    String report =
        jstack
            .jstack("report", "--format", "json")
            .exits(0)
            .out()
            .lines()
            .filter(l -> l.contains("\"exit_code\":137"))
            .findFirst()
            .orElseThrow();
    long user = number(report, "cpu_user_ns");
    long system = number(report, "cpu_system_ns");
    // criu takes some 50 ms, a shell that counts every second less than one.
    assertThat(user + system).isLessThan(25_000_000);
    assertThat(number(report, "memory_peak")).isLessThan(8 << 20);
  }

  private static long number(String json, String key) {
    return Long.parseLong(json.replaceAll("(?s).*\"" + key + "\":(\\d+).*", "$1"));
  }

  @Test
  void ofAFloodNoLineIsLostOrThereTwice() throws Exception {
    jstack
        .manifest(
            COUNTER.replace("usleep 20000;", "").replace("$$$$ $$i", "$$i")
                + "    logging: {max-size: 500m}\n")
        .jstack("up", "-d")
        .exits(0);
    for (int i = 0; i < 2; i++) {
      jstack.jstack("checkpoint").exits(0);
      jstack.jstack("restore").exits(0);
    }
    jstack.jstack("stop", "-t", "0").exits(0);
    long expected = 0;
    for (String line : counted("a")) {
      expected++;
      assertThat(line).isEqualTo(Long.toString(expected));
    }
    assertThat(expected).isGreaterThan(1000);
  }

  @Test
  void theCallersKeysAndAnOldPidFileStayOutside() throws Exception {
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    awaitMore("a", 3);
    jstack.jstack("checkpoint").exits(0);
    Files.writeString(jstack.run().resolve("demo/a-1/pid"), "1\n");
    Path keys = folder.resolve("keys");
    String ask = Host.probe() + " session-keyring";
    Path bin = fakeCriu(ask + " > " + keys + "; exec " + realCriu() + " \"$@\"", "");
    with(bin, "restore").exits(0).says("a-1  restored");
    awaitMore("a", counted("a").size());
    // The restored processes have what criu has.
    assertThat(Files.readString(keys)).isNotBlank().isNotEqualTo(Command.output("sh", "-c", ask));
    assertThat(jstack.run().resolve("demo/a-1/pid")).doesNotExist();
  }

  @Test
  void aRestoreThatFailedIsTriedAgainAndPsSaysSo() throws Exception {
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    awaitMore("a", 3);
    jstack.jstack("checkpoint").exits(0);
    with(fakeCriu("exit 1", ""), "restore").exits(1);
    jstack.jstack("ps", "-a").prints("checkpointed");
    int lines = counted("a").size();
    jstack.jstack("restore", "a").exits(0);
    awaitMore("a", lines);
    assertWithoutGap(counted("a"));
  }
}
