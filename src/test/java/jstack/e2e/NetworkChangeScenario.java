package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jstack.state.StateLayout;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a change of networks costs, and what is mended; who runs on keeps its process. */
@Tag("kernel")
class NetworkChangeScenario {
  private static final String TWO =
      """
      name: NAME
      services:
        web: {rootfs: BUSYBOX, command: [httpd, -f, -p, "80", -h, /www], ports: ["PORT:80"]}
        other: {rootfs: BUSYBOX, command: [sleep, "1000"]}
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private void write(String name, int port) throws IOException {
    jstack.manifest(TWO.replace("NAME", name).replace("PORT", Integer.toString(port)));
  }

  private static void serves(int port) throws Exception {
    Eventually.check(
        () ->
            assertThat(Command.run("curl", "-s", "-m", "1", "http://127.0.0.1:" + port + "/").out())
                .isEqualTo("hello\n"));
  }

  private String scope() {
    return new StateLayout(jstack.run(), jstack.home()).cgroup();
  }

  @Test
  void anotherPortKeepsTheProcess() throws Exception {
    write("demo", 8941);
    jstack.jstack("up", "-d").exits(0);
    serves(8941);
    long pid = jstack.pid("web-1");
    write("demo", 8942);
    jstack
        .jstack("plan")
        .exits(0)
        .prints("live")
        .prints("web.ports: [127.0.0.1:8941:80/tcp] -> [127.0.0.1:8942:80/tcp]");
    jstack.jstack("up", "-d").exits(0);
    serves(8942);
    assertThat(Command.run("curl", "-s", "-m", "1", "http://127.0.0.1:8941/").code()).isNotZero();
    assertThat(jstack.pid("web-1")).isEqualTo(pid);
  }

  @Test
  void aServiceThatComesIsFoundByThoseWhoWereThere() throws Exception {
    write("demo", 8941);
    jstack.jstack("up", "-d", "other").exits(0);
    long pid = jstack.pid("other-1");
    assertThat(jstack.jstack("exec", "-T", "other", "cat", "/etc/hosts").exits(0).out())
        .doesNotContain("web");
    jstack.jstack("up", "-d").exits(0);
    assertThat(jstack.pid("other-1")).isEqualTo(pid);
    jstack.jstack("exec", "-T", "other", "cat", "/etc/hosts").exits(0).prints("web web-1");
    Eventually.check(() -> jstack.jstack("exec", "-T", "other", "nc", "web", "80").exits(0));
  }

  @Test
  void anotherAliasIsKnownWhileEverybodyRunsOn() throws Exception {
    write("demo", 8941);
    jstack.jstack("up", "-d").exits(0);
    long pid = jstack.pid("web-1");
    Path manifest = folder.resolve("jstack.yaml");
    String text = Files.readString(manifest);
    String more = "80\"], networks: {default: {aliases: [shop]}}";
    Files.writeString(manifest, text.replace("80\"]}", more + "}"));
    jstack.jstack("plan").exits(0).prints("other-1 /etc/hosts").prints("web web-1 shop");
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("exec", "-T", "other", "cat", "/etc/hosts").exits(0).prints("web web-1 shop");
    assertThat(jstack.pid("web-1")).isEqualTo(pid);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
  }

  @Test
  void otherEgressRulesAreLoadedWhileTheServiceRuns() throws Exception {
    write("demo", 8941);
    Path manifest = folder.resolve("jstack.yaml");
    String text = Files.readString(manifest);
    jstack.jstack("up", "-d").exits(0);
    long pid = jstack.pid("other-1");
    String[] nc = {"exec", "-T", "other", "nc", "-w", "1", "web", "80"};
    Eventually.check(() -> jstack.jstack(nc).exits(0));
    String rest = "\"1000\"], egress: {default: deny, allow: [\"web:81\"]}}";
    Files.writeString(manifest, text.replace("\"1000\"]}", rest));
    jstack.jstack("plan").exits(0).prints("live").prints("other-1.egress");
    jstack.jstack("up", "-d").exits(0);
    assertThat(jstack.jstack(nc).code()).isNotZero();
    Files.writeString(manifest, text);
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack(nc).exits(0);
    assertThat(jstack.pid("other-1")).isEqualTo(pid);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
  }

  @Test
  void aRestartKeepsTheNamespaceAndItsAddress() throws Exception {
    write("demo", 8941);
    jstack.jstack("up", "-d").exits(0);
    String before = jstack.namespace("web-1", "net");
    jstack.jstack("restart", "web").exits(0);
    assertThat(jstack.namespace("web-1", "net")).isEqualTo(before);
    serves(8941);
    jstack.jstack("stop", "web").exits(0);
    assertThat(Command.output("ip", "netns", "list")).contains(scope() + ".demo.web-1");
    jstack.jstack("up", "-d").exits(0);
    assertThat(jstack.namespace("web-1", "net")).isEqualTo(before);
  }

  @Test
  void aBridgeTakenAwayByHandIsMadeAnewBelowThoseWhoRun() throws Exception {
    write("demo", 8941);
    jstack.jstack("up", "-d").exits(0);
    serves(8941);
    long pid = jstack.pid("web-1");
    String bridge = bridges().strip();
    Command.output("ip", "link", "delete", bridge);
    assertThat(Command.run("curl", "-s", "-m", "1", "http://127.0.0.1:8941/").code()).isNotZero();
    jstack.jstack("plan", "--exit-code").exits(2);
    jstack.jstack("up", "-d").exits(0);
    serves(8941);
    assertThat(jstack.pid("web-1")).isEqualTo(pid);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
  }

  /** The bridges of jstack, by name. */
  private static String bridges() throws IOException {
    StringBuilder names = new StringBuilder();
    for (String line : Command.output("ip", "-br", "link", "show", "type", "bridge").split("\n")) {
      if (line.startsWith("jsb")) {
        names.append(line.split(" ", 2)[0]).append('\n');
      }
    }
    return names.toString();
  }

  @Test
  void aNamespaceTakenAwayByHandTakesItsContainerAlong() throws Exception {
    write("demo", 8941);
    jstack.jstack("up", "-d").exits(0);
    long other = jstack.pid("other-1");
    Command.output("ip", "netns", "delete", scope() + ".demo.web-1");
    jstack.jstack("plan").exits(0).prints("-/+ web-1").prints("its namespace is lost");
    jstack.jstack("up", "-d").exits(0);
    serves(8941);
    assertThat(jstack.pid("other-1")).isEqualTo(other);
  }

  @Test
  void whoIsMadeAnewIsFoundByItsNeighboursAtOnce() throws Exception {
    write("demo", 8941);
    jstack.jstack("up", "-d").exits(0);
    serves(8941);
    String show = Command.output("ip", "-n", scope() + ".demo.web-1", "link", "show", "eth0");
    jstack.jstack("down", "-t", "0", "web").exits(0);
    jstack.jstack("up", "-d").exits(0);
    assertThat(mac(Command.output("ip", "-n", scope() + ".demo.web-1", "link", "show", "eth0")))
        .startsWith("02:42:0a:")
        .isEqualTo(mac(show));
    serves(8941);
  }

  private static String mac(String link) {
    return link.replaceAll("(?s).*link/ether (\\S+).*", "$1");
  }

  @Test
  void aFileUnderTwoNamesIsTwoStacksThatNeverMeet() throws Exception {
    write("one", 8941);
    jstack.jstack("up", "-d").exits(0);
    String first = bridges();
    write("two", 8942);
    jstack.jstack("up", "-d").exits(0);
    serves(8942);
    serves(8941);
    String address =
        Command.output("ip", "-n", scope() + ".one.web-1", "-4", "-br", "address", "show", "eth0")
            .replaceAll("(?s).* (\\S+)/\\d+.*", "$1");
    assertThat(jstack.jstack("exec", "-T", "other", "nc", "-w", "1", address, "80").code())
        .isNotZero();
    jstack.jstack("down", "-t", "0").exits(0);
    assertThat(bridges()).isEqualTo(first);
    serves(8941);
  }

  @Test
  void rulesOfOthersStayAsTheyAre() throws Exception {
    Path rules = folder.resolve("theirs.nft");
    Files.writeString(
        rules,
        "table inet jstest-theirs { chain c { type filter hook forward priority 5; "
            + "ip saddr 192.0.2.1 drop; }; }\n");
    Command.output("nft", "-f", rules.toString());
    try {
      String before = Command.output("nft", "list", "table", "inet", "jstest-theirs");
      write("demo", 8941);
      jstack.jstack("up", "-d").exits(0);
      jstack.jstack("down", "-t", "0").exits(0);
      assertThat(Command.output("nft", "list", "table", "inet", "jstest-theirs")).isEqualTo(before);
    } finally {
      Command.output("nft", "delete", "table", "inet", "jstest-theirs");
    }
  }

  @Test
  void aPortOfSomebodyElseIsAnErrorAtItsLineAndNothingIsMade() throws Exception {
    try (var server =
        new java.net.ServerSocket(8941, 5, java.net.InetAddress.getByName("127.0.0.1"))) {
      write("demo", server.getLocalPort());
      jstack
          .jstack("up", "-d")
          .exits(1)
          .says("jstack.yaml:3:")
          .says("port 8941/tcp of the host is in use: another program listens there");
    }
    assertThat(jstack.jstack("ps", "-a", "-q").out()).isEmpty();
    assertThat(bridges()).isEmpty();
    write("one", 8941);
    jstack.jstack("up", "-d").exits(0);
    write("two", 8941);
    jstack.jstack("up", "-d").exits(1).says("project one has published it already");
  }

  @Test
  void aSubnetThatIsTakenIsAnErrorAtItsLineAndNothingIsMade() throws Exception {
    Command.output("ip", "link", "add", "jstest1", "type", "veth", "peer", "name", "jstest2");
    try {
      Command.output("ip", "address", "add", "192.0.2.1/25", "dev", "jstest1");
      Command.output("ip", "link", "set", "jstest1", "up");
      jstack.manifest(
          """
          name: demo
          networks: {default: {subnet: 192.0.2.0/24}}
          services:
            web: {rootfs: BUSYBOX, command: [sleep, "1000"]}
          """);
      jstack
          .jstack("up", "-d")
          .exits(1)
          .says("jstack.yaml:2:")
          .says("192.0.2.0/24 overlaps 192.0.2.0/25");
      assertThat(bridges()).isEmpty();
    } finally {
      Command.output("ip", "link", "delete", "jstest1");
    }
  }
}
