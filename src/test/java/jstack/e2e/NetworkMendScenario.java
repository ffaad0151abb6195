package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import jstack.state.StateLayout;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What other hands, other stacks and half a stack must not break. */
@Tag("kernel")
class NetworkMendScenario {
  private static final String THREE =
      """
      name: demo
      services:
        web: {rootfs: BUSYBOX, command: [httpd, -f, -p, "80", -h, /www], ports: ["8941:80"]MORE}
        OTHER: {rootfs: BUSYBOX, command: [sleep, "1000"]}
        third: {rootfs: BUSYBOX, command: [sleep, "1000"]}
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    write("", "other");
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private void write(String more, String other) throws IOException {
    jstack.manifest(THREE.replace("MORE", more).replace("OTHER", other));
  }

  private static Command get() throws IOException {
    return Command.run("curl", "-s", "-m", "1", "http://127.0.0.1:8941/");
  }

  private static void serves() throws Exception {
    Eventually.check(() -> assertThat(get().out()).isEqualTo("hello\n"));
  }

  private String table() {
    return new StateLayout(jstack.run(), jstack.home()).ruleTable("demo");
  }

  private String address(String container) throws IOException {
    String netns = table() + "." + container;
    return Command.output("ip", "-n", netns, "-4", "-br", "address", "show", "eth0")
        .replaceAll("(?s).* (\\S+)/\\d+.*", "$1");
  }

  @Test
  void rulesThatSomebodyFlushedAreLoadedAnew() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    serves();
    long pid = jstack.pid("web-1");
    Command.output("nft", "delete", "table", "inet", table());
    assertThat(get().code()).isNotZero();
    jstack.jstack("up", "-d").exits(0);
    serves();
    assertThat(jstack.pid("web-1")).isEqualTo(pid);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
  }

  @Test
  void halfAStackIsNotChangedBelowThoseWhoRun() throws Exception {
    jstack.jstack("up", "-d", "web", "other").exits(0);
    String inode = jstack.namespace("web-1", "net");
    write(", mac_address: \"02:42:00:00:00:01\"", "other");
    jstack.jstack("up", "-d", "third").exits(1).says("jstack.yaml:3:").says("jstack up web");
    jstack.jstack("run", "-T", "third", "true").exits(125).says("jstack up web");
    assertThat(jstack.namespace("web-1", "net")).isEqualTo(inode);
    serves();
    jstack.jstack("up", "-d", "web", "third").exits(0);
    assertThat(Command.output("ip", "-n", table() + ".web-1", "link", "show", "eth0"))
        .contains("02:42:00:00:00:01");
  }

  @Test
  void whoIsNotNamedIsNoOrphan() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    Jstack.Result up = jstack.jstack("up", "-d", "--remove-orphans", "other").exits(0);
    assertThat(up.err()).contains("nothing to do").doesNotContain("warning");
    serves();
  }

  @Test
  void anOrphanKeepsItsAddress() throws Exception {
    jstack.jstack("up", "-d", "web", "other").exits(0);
    String address = address("other-1");
    write("", "newer");
    jstack.jstack("up", "-d").exits(0).says("other-1 is not in the manifest any more");
    assertThat(address("other-1")).isEqualTo(address);
    assertThat(address("newer-1")).isNotEqualTo(address);
    assertThat(address("third-1")).isNotEqualTo(address);
  }

  @Test
  void whoGoesAloneTakesItsPortAndNameAlong() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    serves();
    jstack.jstack("down", "-t", "0", "web").exits(0);
    assertThat(Command.output("nft", "list", "table", "inet", table())).doesNotContain("8941");
    assertThat(jstack.jstack("exec", "-T", "other", "cat", "/etc/hosts").out())
        .contains("third")
        .doesNotContain("web");
    jstack.jstack("up", "-d").exits(0);
    serves();
  }

  @Test
  void whatAKilledRunLeftGoesWithTheNextUp() throws Exception {
    jstack.jstack("up", "-d", "other").exits(0);
    Process run = jstack.start("run", "-T", "third", "sleep", "1000");
    Eventually.check(() -> assertThat(Command.output("ip", "netns", "list")).contains("third-run"));
    Eventually.check(() -> jstack.jstack("ps").prints("third-run"));
    run.descendants().forEach(ProcessHandle::destroyForcibly);
    run.destroyForcibly().waitFor();
    Eventually.check(() -> assertThat(jstack.jstack("ps", "-q").out()).doesNotContain("run"));
    jstack.jstack("up", "-d").exits(0).says("removed");
    assertThat(Command.output("ip", "netns", "list")).doesNotContain("third-run");
    assertThat(jstack.jstack("ps", "-a", "-q").out()).doesNotContain("run");
  }

  @Test
  void runsSideBySideAllHaveTheirNetwork() throws Exception {
    jstack.jstack("up", "-d", "web").exits(0);
    List<Process> runs = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      // Who is gone gives its address to the next: all stay until the last has come.
      String show = "ip -4 address show eth0; read all_are_here";
      runs.add(jstack.start("run", "-T", "--rm", "third", "sh", "-c", show));
    }
    Eventually.check(
        () -> assertThat(jstack.jstack("ps", "-q").out().split("third-run", -1)).hasSize(6));
    Set<String> addresses = new HashSet<>();
    for (Process run : runs) {
      String out = jstack.finish(run, "\n").exits(0).out();
      addresses.add(out.replaceAll("(?s).*inet (\\S+).*", "$1"));
    }
    assertThat(addresses).hasSize(5);
  }

  @Test
  void aStartMendsWhatWasTakenAwayMeanwhile() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("stop", "web").exits(0);
    Command.output("nft", "delete", "table", "inet", table());
    jstack.jstack("start", "web").exits(0);
    serves();
  }

  @Test
  void projectsAndServicesWithHyphensNeverMeet() throws Exception {
    String one = "name: NAME\nservices: {SERVICE: {rootfs: BUSYBOX, command: [sleep, \"1000\"]}}\n";
    jstack.manifest(one.replace("NAME", "a").replace("SERVICE", "b-c"));
    jstack.jstack("up", "-d").exits(0);
    String first = jstack.namespace("b-c-1", "net");
    jstack.manifest(one.replace("NAME", "a-b").replace("SERVICE", "c"));
    jstack.jstack("up", "-d").exits(0);
    assertThat(jstack.namespace("c-1", "net")).isNotEqualTo(first);
    jstack.jstack("down", "-t", "0").exits(0);
    jstack.jstack("-p", "a", "restart").exits(0);
    jstack.manifest(one.replace("NAME", "a").replace("SERVICE", "b-c"));
    assertThat(jstack.namespace("b-c-1", "net")).isEqualTo(first);
  }

  @Test
  void whatIsNoNamespaceIsAnErrorAtItsLineAndNothingIsMade() throws Exception {
    for (String path : new String[] {"/etc/passwd", "/proc/self/ns/uts", "/run/netns/absent"}) {
      write(", namespaces: {ipc: {path: " + path + "}}", "other");
      Jstack.Result up = jstack.jstack("up", "-d").says("jstack.yaml:3:").says(path);
      assertThat(up.code()).isIn(1, 65); // what is not there at all makes the manifest invalid
    }
    assertThat(jstack.jstack("ps", "-a", "-q").out()).isEmpty();
    assertThat(Command.output("ip", "-br", "link")).doesNotContain("jsb");
  }

  @Test
  void aMissingToolIsSaidBeforeAnythingIsMade() throws Exception {
    String java = ProcessHandle.current().info().command().orElseThrow();
    Process up =
        jstack.startCommand(
            "env",
            "PATH=" + folder,
            "JSTACK_JAVA=" + java,
            "/bin/sh",
            jstack.command(),
            "up",
            "-d");
    jstack.finish(up, "").exits(69).says("is missing").says("apt install iproute2 nftables");
    assertThat(Command.output("ip", "-br", "link")).doesNotContain("jsb");
    assertThat(jstack.jstack("ls", "-q").out()).isEmpty();
  }
}
