package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Namespaces that services share, and the order of life that follows from it. */
@Tag("kernel")
class SharingScenario {
  private static final String SHARED =
      """
      name: demo
      namespaces:
        mail: ipc
        wire: network
        clock: {type: time, boottime: 240h}
      services:
        debug: {rootfs: BUSYBOX, command: [sleep, "1000"], pid: "service:app", ipc: "service:app"}
        app:
          rootfs: BUSYBOX
          command: [sleep, "LENGTH"]
          stop_grace_period: 1s
          namespaces: {uts: new}
        deeper: {rootfs: BUSYBOX, command: [sleep, "1000"], ipc: "service:debug"}
        posted:
          rootfs: BUSYBOX
          command: [sleep, "1000"]
          namespaces: {ipc: mail, network: wire, time: clock}
        away: {rootfs: BUSYBOX, command: [sleep, "1000"], namespaces: {time: {boottime: 480h}}}
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    write("1001");
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private void write(String length) throws Exception {
    jstack.manifest(SHARED.replace("LENGTH", length));
  }

  private String exec(String service, String... words) throws Exception {
    String[] all = new String[words.length + 3];
    System.arraycopy(new String[] {"exec", "-T", service}, 0, all, 0, 3);
    System.arraycopy(words, 0, all, 3, words.length);
    return jstack.jstack(all).exits(0).out();
  }

  @Test
  void ownersStartBeforeThoseWhoShareAndStopAfterThem() throws Exception {
    Jstack.Result up = jstack.jstack("up", "-d").exits(0);
    assertThat(up.err().indexOf("app-1  started")).isLessThan(up.err().indexOf("debug-1  started"));
    assertThat(exec("debug", "ps")).contains("sleep 1001");
    Jstack.Result down = jstack.jstack("down").exits(0);
    assertThat(down.err().indexOf("debug-1  stopped"))
        .isLessThan(down.err().indexOf("app-1  stopped"));
  }

  @Test
  void whoSharesIsMadeAnewWithTheOwnerAndThePlanSaysWhy() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    long posted = jstack.pid("posted-1");
    write("1002");
    jstack
        .jstack("plan")
        .exits(0)
        .prints("-/+ app-1")
        .prints("-/+ debug-1")
        .prints("shares ipc, pid with app, which is made anew")
        .prints("shares ipc with debug, which is made anew");
    jstack.jstack("up", "-d", "app").exits(0).says("debug-1  started");
    assertThat(exec("debug", "ps")).contains("sleep 1002").doesNotContain("sleep 1001");
    assertThat(jstack.namespace("deeper-1", "ipc")).isEqualTo(jstack.namespace("app-1", "ipc"));
    assertThat(jstack.pid("posted-1")).isEqualTo(posted);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
  }

  @Test
  void aStoppedOwnerTakesThoseAlongWhoCannotLiveWithoutIt() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("stop", "app").exits(0).says("debug-1  stopped");
    jstack.jstack("start", "debug").exits(0).says("app-1  started"); // which it lives in
    assertThat(exec("debug", "ps")).contains("sleep 1001");
  }

  @Test
  void aRestartOfTheOwnerRestartsThoseWhoShare() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("restart", "app").exits(0);
    assertThat(jstack.namespace("debug-1", "pid")).isEqualTo(jstack.namespace("app-1", "pid"));
    assertThat(jstack.namespace("deeper-1", "ipc")).isEqualTo(jstack.namespace("app-1", "ipc"));
  }

  /** A start that fails behind the join of a namespace leaves nothing of it to the next. */
  @Test
  void whoCouldNotStartComesBackWhenItsNeighbourIsAnother() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          app: {rootfs: BUSYBOX, command: [sleep, "1001"], restart: always}
          debug: {rootfs: BUSYBOX, command: [sleep, "1000"], pid: "service:app", restart: always}
        """);
    jstack.jstack("up", "-d").exits(0);
    long first = jstack.pid("app-1");
    Path out = jstack.run().resolve("demo/debug-1/stdout");
    Files.delete(out);
    Files.createDirectory(out);
    Command.output("kill", "-9", Long.toString(jstack.pid("debug-1")));
    Path failure = jstack.run().resolve("demo/debug-1/failure");
    Eventually.check(() -> assertThat(failure).exists());
    Command.output("kill", "-9", Long.toString(first));
    Eventually.check(() -> assertThat(jstack.pid("app-1")).isNotIn(0L, first));
    Files.delete(out);
    Eventually.check(
        () ->
            assertThat(jstack.namespace("debug-1", "pid"))
                .isEqualTo(jstack.namespace("app-1", "pid")));
  }

  @Test
  void namedNamespacesOutliveTheirServices() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    String mail = jstack.namespace("posted-1", "ipc");
    String wire = jstack.namespace("posted-1", "net");
    jstack.jstack("restart", "posted").exits(0);
    assertThat(jstack.namespace("posted-1", "ipc")).isEqualTo(mail);
    assertThat(jstack.namespace("posted-1", "net")).isEqualTo(wire);
    jstack.jstack("stop", "posted").exits(0);
    assertThat(jstack.jstack("ns", "ls").exits(0).out())
        .containsPattern("ipc +" + mail.replaceAll("\\D", "") + " +mail +-")
        .containsPattern("network +" + wire.replaceAll("\\D", "") + " +wire +-");
    jstack.jstack("up", "-d").exits(0);
    assertThat(jstack.namespace("posted-1", "ipc")).isEqualTo(mail);
  }

  @Test
  void everyToolThatEntersSeesTheSameNamespace() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    String wire = jstack.namespace("posted-1", "net");
    String name =
        Command.output("ip", "netns", "list")
            .lines()
            .map(line -> line.split(" ", 2)[0])
            .filter(line -> line.endsWith(".demo.@wire"))
            .findFirst()
            .orElseThrow();
    String link = "/proc/self/ns/net";
    assertThat(Command.output("ip", "netns", "exec", name, "readlink", link).strip())
        .isEqualTo(wire);
    assertThat(jstack.jstack("ns", "enter", "wire", "--", "readlink", link).exits(0).out().strip())
        .isEqualTo(wire);
    assertThat(jstack.jstack("ns", "enter", "-n", "net", "posted", "--", "readlink", link).out())
        .isEqualTo(wire + "\n");
    String ipc = jstack.namespace("posted-1", "ipc");
    assertThat(jstack.jstack("ns", "enter", "mail", "readlink", "/proc/self/ns/ipc").out())
        .isEqualTo(ipc + "\n");
  }

  @Test
  void execJoinsOnlyWhatIsAskedFor() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    String out =
        jstack
            .jstack(
                "exec",
                "-T",
                "-n",
                "uts,ipc",
                "app",
                "readlink",
                "/proc/self/ns/uts",
                "/proc/self/ns/net")
            .exits(0)
            .out();
    assertThat(out.lines())
        .containsExactly(
            jstack.namespace("app-1", "uts"),
            Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString());
  }

  @Test
  void whoHasTheFilesOfAContainerHasItsUserNamespaceToo() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    String map =
        jstack.jstack("exec", "-T", "-n", "mount,pid", "app", "cat", "/proc/self/uid_map").out();
    assertThat(map).doesNotContain("4294967295");
    assertThat(map.trim().split("\\s+")[2]).isEqualTo("65536");
  }

  @Test
  void aDebuggerIsPutBesideARunningContainer() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    String seen = jstack.jstack("run", "-T", "--rm", "--share", "app", "away", "ps").exits(0).out();
    assertThat(seen).contains("sleep 1001").contains("ps");
    assertThat(jstack.jstack("ps", "-a", "-q").out()).doesNotContain("run");
  }

  @Test
  void clocksGoAheadByWhatTheManifestSays() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    long here = uptime(List.of("app"));
    assertThat(uptime(List.of("posted")) - here).isBetween(240 * 3600L, 240 * 3600L + 60);
    assertThat(uptime(List.of("away")) - here).isBetween(480 * 3600L, 480 * 3600L + 60);
    assertThat(exec("away", "uptime")).contains("20 days");
  }

  private long uptime(List<String> service) throws Exception {
    return Long.parseLong(exec(service.get(0), "probe", "uptime").trim());
  }

  @Test
  void aHolderThatWasKilledIsReplacedAndThoseInItsNamespaceMove() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    long holder = jstack.pids().getOrDefault("@mail-1", 0L);
    if (holder == 0) {
      String status = Files.readString(jstack.run().resolve("demo/@mail-1/status"));
      holder = Long.parseLong(status.replaceAll("(?s).*\\bpid=(\\d+).*", "$1"));
    }
    Command.output("kill", "-KILL", Long.toString(holder));
    Eventually.check(() -> jstack.jstack("plan").prints("posted-1"));
    jstack.jstack("up", "-d").exits(0);
    assertThat(jstack.jstack("ns", "ls").out()).containsPattern("ipc +\\d+ +mail +posted-1");
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
  }
}
