package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import jstack.state.StateLayout;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import jstack.support.Outside;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** One stack on several networks, and a machine outside: real bytes tell who reaches whom. */
@Tag("kernel")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NetworkScenario {
  private static final String STACK =
      """
      name: net
      networks:
        front:
        back: {internal: true}
        fixed: {subnet: 10.199.7.0/24, ipv6: true, mtu: 1400}
      services:
        web:
          rootfs: BUSYBOX
          command: [httpd, -f, -p, "80", -h, /www]
          networks: {front: {aliases: [shop]}, back: {}}
          ports: ["8931:80", "0.0.0.0:8932:80", "8933:7000/udp"]
        client: {rootfs: BUSYBOX, command: [sleep, "1000"], networks: [front]}
        db:
          rootfs: BUSYBOX
          command: [httpd, -f, -p, "80", -h, /www]
          networks: {back: {aliases: [data]}}
        static:
          rootfs: BUSYBOX
          command: [httpd, -f, -p, "80", -h, /www]
          networks:
            fixed: {ipv4_address: 10.199.7.77, mac_address: "02:42:0a:c7:07:4d"}
        echo: {rootfs: BUSYBOX, command: [probe, udp-echo, "7000"], network_mode: "service:web"}
        beside: {rootfs: BUSYBOX, command: [sleep, "1000"], network_mode: "service:web"}
        alone: {rootfs: BUSYBOX, command: [sleep, "1000"], network_mode: none}
        host: {rootfs: BUSYBOX, command: [sleep, "1000"], network_mode: host, security: {allow: [host-network]}}
      """;

  private Jstack jstack;
  private Outside outside;

  @BeforeAll
  void begin(@TempDir Path folder) throws Exception {
    jstack = new Jstack(folder);
    outside = new Outside(folder);
    jstack.manifest(STACK);
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(() -> assertThat(get("client", "http://web/")).isEqualTo("hello\n"));
  }

  @AfterAll
  void end() throws Exception {
    outside.close();
    jstack.close();
  }

  private Jstack.Result exec(String service, String... words) throws Exception {
    String[] all = new String[words.length + 3];
    all[0] = "exec";
    all[1] = "-T";
    all[2] = service;
    System.arraycopy(words, 0, all, 3, words.length);
    return jstack.jstack(all);
  }

  /** What a service gets; whatever went wrong is no answer. The wget of busybox cannot. */
  private String get(String service, String url) throws Exception {
    URI uri = URI.create(url);
    int port = uri.getPort() < 0 ? 80 : uri.getPort();
    String ask = "printf 'GET " + uri.getPath() + " HTTP/1.0\\r\\n\\r\\n'";
    String out = exec(service, "sh", "-c", ask + " | nc -w 2 " + uri.getHost() + " " + port).out();
    String[] parts = out.replace("\r", "").split("\n\n", 2);
    return parts[parts.length - 1];
  }

  private static Command curl(String url) throws Exception {
    return Command.run("curl", "-s", "-m", "2", url);
  }

  private String netns(String container) {
    return new StateLayout(jstack.run(), jstack.home()).cgroup() + ".net." + container;
  }

  private String address(String container) throws Exception {
    return Command.output("ip", "-n", netns(container), "-4", "-br", "address", "show", "eth0")
        .replaceAll("(?s).* (\\S+)/\\d+.*", "$1");
  }

  @Test
  void namesAndAliasesLeadToServicesOfTheSameNetworkOnly() throws Exception {
    assertThat(get("client", "http://shop/")).isEqualTo("hello\n");
    assertThat(get("client", "http://web-1/")).isEqualTo("hello\n");
    assertThat(get("web", "http://data/")).isEqualTo("hello\n");
    exec("client", "nc", "-w", "1", "db", "80").says("bad address");
    exec("db", "nc", "-w", "1", "shop", "80").says("bad address");
  }

  @Test
  void networksAreApartEvenByAddress() throws Exception {
    assertThat(get("client", "http://" + address("db-1") + "/")).isEmpty();
    assertThat(get("client", "http://10.199.7.77/")).isEmpty();
  }

  @Test
  void aServiceGetsOutUnderTheAddressOfThisMachine() throws Exception {
    String seen = "outside sees " + Outside.HOST + "\n";
    Eventually.check(
        () ->
            assertThat(get("client", "http://" + Outside.ADDRESS + "/cgi-bin/who"))
                .isEqualTo(seen));
  }

  @Test
  void anInternalNetworkLeadsNowhere() throws Exception {
    assertThat(get("db", "http://" + Outside.ADDRESS + "/cgi-bin/who")).isEmpty();
    assertThat(Command.output("ip", "-n", netns("db-1"), "route")).doesNotContain("default");
  }

  @Test
  void thisMachineReachesIntoAnInternalNetworkAndNobodyThereReachesIt() throws Exception {
    String gateway = address("db-1").replaceAll("\\d+$", "1");
    assertThat(curl("http://" + address("db-1") + "/").out()).isEqualTo("hello\n");
    try (var server = new java.net.ServerSocket(0, 5, java.net.InetAddress.getByName("0.0.0.0"))) {
      String port = Integer.toString(server.getLocalPort());
      closeAll(server);
      assertThat(exec("db", "nc", "-w", "1", gateway, port).code()).isNotZero();
      String way = address("client-1").replaceAll("\\d+$", "1");
      assertThat(exec("client", "nc", "-w", "1", way, port).code()).as("its twin").isZero();
    }
    assertThat(exec("db", "nc", "-w", "1", gateway, "8932").code()).isNotZero();
  }

  /** Ends each connection as soon as it is there, until the server is closed. */
  private static void closeAll(java.net.ServerSocket server) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (true) {
                  server.accept().close();
                }
              } catch (java.io.IOException e) {
                return; // it was closed
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  @Test
  void aPortIsPublishedToThisMachineAlone() throws Exception {
    assertThat(curl("http://127.0.0.1:8931/").out()).isEqualTo("hello\n");
    assertThat(curl("http://127.0.0.1:8931/cgi-bin/who").out()).startsWith("web sees 10.");
    assertThat(outside.run("curl", "-s", "-m", "1", Outside.HOST + ":8931").code()).isNotZero();
    assertThat(get("host", "http://127.0.0.1:8931/")).isEqualTo("hello\n");
  }

  @Test
  void aPortOfEveryAddressIsReachedFromOutsideFromHereAndFromANeighbour() throws Exception {
    String url = "http://" + Outside.HOST + ":8932/cgi-bin/who";
    assertThat(outside.run("curl", "-s", "-m", "2", url).out())
        .as("the outside keeps its address")
        .isEqualTo("web sees " + Outside.ADDRESS + "\n");
    assertThat(curl(url).out()).startsWith("web sees");
    assertThat(curl("http://127.0.0.1:8932/").out()).isEqualTo("hello\n");
    assertThat(get("client", url)).startsWith("web sees");
    assertThat(get("web", url)).as("a service by its own port").startsWith("web sees");
  }

  @Test
  void aContainerIsNotReachedFromOutsideByItsOwnAddress() throws Exception {
    String url = "http://" + address("client-1") + ":80/";
    assertThat(outside.run("curl", "-s", "-m", "1", url).code()).isNotZero();
    String web = "http://" + address("web-1") + "/";
    assertThat(curl(web).out()).as("from this machine it is").isEqualTo("hello\n");
    assertThat(outside.run("curl", "-s", "-m", "1", web).code()).isNotZero();
  }

  @Test
  void whatListensOnTheLoopbackOfThisMachineIsNotReachedFromAContainer() throws Exception {
    try (var server = new java.net.ServerSocket(0, 5, java.net.InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(server.getLocalPort());
      String gateway =
          Command.output("ip", "-n", netns("client-1"), "route")
              .replaceAll("(?s)default via (\\S+).*", "$1");
      assertThat(exec("client", "nc", "-w", "1", gateway, port).code()).isNotZero();
    }
  }

  @Test
  void datagramsFindTheirWayThereAndBack() throws Exception {
    assertThat(Command.output(probe(), "udp-ask", "127.0.0.1", "8933")).isEqualTo("ask\n");
  }

  private static String probe() {
    return Host.probe().toString();
  }

  @Test
  void addressMacAndSizeOfPacketsAreThoseOfTheManifest() throws Exception {
    assertThat(Command.output("ip", "-n", netns("static-1"), "address", "show", "eth0"))
        .contains("inet 10.199.7.77/24", "02:42:0a:c7:07:4d", "mtu 1400", "inet6 fd");
    assertThat(curl("http://10.199.7.77/").out()).isEqualTo("hello\n");
    String six =
        exec("static", "grep", "static", "/etc/hosts")
            .out()
            .lines()
            .filter(line -> line.startsWith("fd"))
            .findFirst()
            .orElseThrow()
            .split("\\s")[0];
    assertThat(Command.output("curl", "-s", "-m", "2", "http://[" + six + "]/"))
        .isEqualTo("hello\n");
  }

  @Test
  void aSharedNetworkIsTheSameOne() throws Exception {
    String inode = jstack.namespace("web-1", "net");
    assertThat(jstack.namespace("beside-1", "net")).isEqualTo(inode);
    assertThat(get("beside", "http://127.0.0.1/")).isEqualTo("hello\n");
    assertThat(get("beside", "http://data/")).as("with its names").isEqualTo("hello\n");
  }

  @Test
  void noNetworkIsLoopbackAlone() throws Exception {
    assertThat(exec("alone", "ls", "/sys/class/net").out()).isEqualTo("lo\n");
    assertThat(jstack.namespace("host-1", "net"))
        .isEqualTo(java.nio.file.Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString());
  }

  @Test
  void nothingIsDoneTheSecondTime() throws Exception {
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    jstack.jstack("plan", "--exit-code").exits(0);
  }

  @Test
  void explainShowsTheVeryLinesThatTheKernelHas() throws Exception {
    String text = jstack.jstack("explain", "static").exits(0).out();
    assertThat(text).contains("ip netns add " + netns("static-1"));
    assertThat(text).contains("address add 10.199.7.77/24 dev eth0");
    assertThat(text).doesNotContain(netns("web-1")).contains("8931 dnat ip to");
  }
}
