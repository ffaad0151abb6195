package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import jstack.state.ProjectLock;
import jstack.state.StateLayout;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stack that is as it was when nothing was to be done is not planned again; whatever of it, of
 * its files or of the machine is different is seen.
 */
@Tag("kernel")
class SettledScenario {
  private static final String STACK =
      """
      name: demo
      include: [more.yaml]
      services:
        web:
          rootfs: ./web.tar
          command: [/probe, sleep]
          environment: {GREETING: "${GREETING:-none}"}
          env_file: [web.env]
          mounts: ["./page:/page:ro", "data:/data"]
          secrets: [token]
          cgroup: {memory: {max: 64m}}
          ports: ["127.0.0.1:18089:80"]
      volumes: {data: {}}
      secrets: {token: {file: ./token.txt}}
      """;

  private static final String MORE =
      "services:\n  job: {rootfs: ROOTFS, command: [/probe, sleep], network_mode: none}\n";

  @TempDir Path folder;
  private Jstack jstack;
  private Path classes;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder).trusting();
    classes = jstack.classLog();
    write("more.yaml", MORE.replace("ROOTFS", jstack.probeRootfs().toString()));
    write("web.env", "A=1\n");
    write("page", "one");
    write("token.txt", "xyzzy");
    pack();
    jstack.manifest(STACK);
    up().says("web-1  started");
    settles();
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private void pack() throws IOException {
    Path root = jstack.probeRootfs();
    Command.output(
        "tar", "-C", root.toString(), "-cf", folder.resolve("web.tar").toString(), "probe", "etc");
  }

  private Jstack.Result up(String... more) throws Exception {
    String[] words = new String[2 + more.length];
    words[0] = "up";
    words[1] = "-d";
    System.arraycopy(more, 0, words, 2, more.length);
    return jstack.jstack(words).exits(0);
  }

  /** Whether the last one read no manifest. */
  private boolean wasShort() throws IOException {
    return !Files.readString(classes).contains("jstack.manifest.yaml.YamlReader");
  }

  private void settles() throws Exception {
    up().says("nothing to do");
    up().says("nothing to do");
    assertThat(wasShort()).as("it was not planned").isTrue();
  }

  /** Something is different by now. */
  private Jstack.Result upAfterAChange() throws Exception {
    Jstack.Result result = up();
    assertThat(wasShort()).as("it was planned").isFalse();
    return result;
  }

  private Path cgroup(String controller, String file) {
    return jstack.cgroup(controller).resolve("demo/web-1").resolve(file);
  }

  private String table() {
    return new StateLayout(jstack.run(), jstack.home()).ruleTable("demo");
  }

  @Test
  void whatTheManifestIsPutTogetherFromIsReadEachTime() throws Exception {
    write("jstack.yaml", "# moved\n" + Files.readString(folder.resolve("jstack.yaml")));
    upAfterAChange().says("nothing to do");
    settles();
    write(
        "more.yaml",
        Files.readString(folder.resolve("more.yaml")).replace("none}", "none, labels: {a: b}}"));
    upAfterAChange().says("job-1");
    settles();
    write("web.env", "A=2\n");
    upAfterAChange().says("web-1  started");
    settles();
    write(".env", "GREETING=moin\n");
    upAfterAChange().says("web-1  started");
    settles();
    jstack.variable("GREETING", "hello");
    upAfterAChange().says("web-1  started");
    settles();
    write("jstack.lock", "{}\n");
    assertThat(jstack.jstack("up", "-d").code()).as("a lock that is none").isEqualTo(65);
    Files.delete(folder.resolve("jstack.lock"));
    up().says("nothing to do");
    write("jstack.yaml", "services: [");
    assertThat(jstack.jstack("up", "-d").code()).as("what is no YAML").isEqualTo(65);
    jstack.manifest(STACK);
  }

  @Test
  void whatTheStackTakesFromTheMachineIsLookedAtEachTime() throws Exception {
    write("token.txt", "plugh");
    upAfterAChange().says("web-1");
    settles();
    Files.writeString(jstack.probeRootfs().resolve("etc/motd"), "hello");
    pack();
    upAfterAChange().says("web-1  started");
    settles();
    Files.delete(folder.resolve("page"));
    jstack.jstack("up", "-d").exits(65).says("there is no");
    write("page", "two");
    up().says("nothing to do");
    Path claim = Files.list(jstack.home().resolve("ids")).findFirst().orElseThrow();
    Files.delete(claim);
    upAfterAChange();
    assertThat(Files.isSymbolicLink(claim)).as("the ids are the container's again").isTrue();
    settles();
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Command.output("mount", "-t", "tmpfs", "tmpfs", elsewhere.toString());
    up().says("nothing to do");
    boolean unmoved = wasShort();
    Command.output("umount", elsewhere.toString());
    assertThat(unmoved).as("a mount of somebody else's is no difference").isTrue();
    Command.output("mount", "-t", "proc", "proc", elsewhere.toString());
    up().says("nothing to do");
    boolean moved = !wasShort();
    Command.output("umount", elsewhere.toString());
    assertThat(moved).as("one of the kernel may be").isTrue();
    settles();
    Files.delete(jstack.run().resolve("demo/project"));
    upAfterAChange();
    assertThat(jstack.run().resolve("demo/settled")).exists();
  }

  @Test
  void whatHappensToAContainerIsSeen() throws Exception {
    long web = jstack.pid("web-1");
    Files.writeString(cgroup("memory", "memory.limit_in_bytes"), "33554432");
    upAfterAChange().says("web-1");
    assertThat(Files.readString(cgroup("memory", "memory.limit_in_bytes")).strip())
        .isEqualTo("67108864");
    settles();
    jstack.jstack("update", "web", "--memory", "32m").exits(0);
    upAfterAChange().says("web-1");
    settles();
    jstack.killSupervisor("web-1");
    upAfterAChange().says("web-1");
    assertThat(jstack.pid("web-1")).as("the container kept its process").isEqualTo(web);
    settles();
    jstack.jstack("restart", "web").exits(0);
    up().says("nothing to do");
    assertThat(wasShort()).as("it is the same container, once more").isTrue();
    jstack.jstack("stop", "web").exits(0);
    upAfterAChange().says("web-1  started");
    settles();
    jstack.jstack("pause", "web").exits(0);
    upAfterAChange().says("nothing to do");
    jstack.jstack("unpause", "web").exits(0);
    jstack.jstack("rm", "-f", "-s", "job").exits(0);
    upAfterAChange().says("job-1");
    settles();
    up("--scale", "job=2").says("job-2  started");
    upAfterAChange().says("job-2");
    settles();
  }

  private static String bridge() throws IOException {
    try (Stream<Path> devices = Files.list(Path.of("/sys/class/net"))) {
      return devices
          .map(device -> device.getFileName().toString())
          .filter(name -> name.startsWith("jsb"))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void whatHappensToANetworkIsSeen() throws Exception {
    Command.output("nft", "delete", "table", "inet", table());
    upAfterAChange();
    assertThat(Command.output("nft", "list", "table", "inet", table())).contains("18089");
    settles();
    Path hosts = jstack.run().resolve("demo/web-1/hosts");
    String text = Files.readString(hosts);
    Files.writeString(hosts, text + "10.0.0.1 evil\n");
    upAfterAChange();
    assertThat(Files.readString(hosts)).isEqualTo(text);
    settles();
    String bridge = bridge();
    Command.output("ip", "link", "delete", bridge);
    upAfterAChange();
    assertThat(Path.of("/sys/class/net").resolve(bridge)).exists();
    settles();
    Command.output("ip", "route", "add", "10.0.0.0/8", "dev", "lo");
    Jstack.Result lost = jstack.jstack("up", "-d");
    Command.output("ip", "route", "delete", "10.0.0.0/8", "dev", "lo");
    lost.exits(1).says("no subnet is free");
    up().says("nothing to do");
  }

  @Test
  void otherWordsAreAnotherUp() throws Exception {
    up("--remove-orphans").says("nothing to do");
    assertThat(wasShort()).as("nobody has asked this before").isFalse();
    up("--force-recreate").says("web-1  started");
    settles();
    up("web").says("nothing to do");
    assertThat(wasShort()).as("of one service").isFalse();
    StateLayout layout = new StateLayout(jstack.run(), jstack.home());
    settles();
    try (ProjectLock lock = ProjectLock.take(layout, "demo", "test", ProjectLock.Patience.NONE)) {
      jstack.jstack("up", "-d").exits(75);
      write("jstack.yaml", STACK + "nonsense: 1\n");
      jstack.jstack("up", "-d").exits(65).says("nonsense");
      write("jstack.yaml", STACK);
    }
    up().says("nothing to do");
    assertThat(wasShort()).isTrue();
  }

  @Test
  void whatWasJustMadeNeedsNoPlanEither() throws Exception {
    jstack.jstack("down").exits(0);
    up().says("web-1  started").says("job-1  started");
    up().says("nothing to do");
    assertThat(wasShort()).as("after an up that made all").isTrue();
    write("web.env", "A=3\n");
    up().says("web-1  started");
    up().says("nothing to do");
    assertThat(wasShort()).as("after one that made it anew").isTrue();
    jstack.jstack("down").exits(0);
    up().says("web-1  started");
    jstack.killInit("job-1");
    upAfterAChange().says("job-1  started");
  }

  @Test
  void aTornRecordIsNone() throws Exception {
    Path record = jstack.run().resolve("demo/settled");
    List<String> lines = Files.readAllLines(record);
    assertThat(lines.get(lines.size() - 1)).isEqualTo("end\t");
    Files.write(record, lines.subList(0, lines.size() / 2));
    upAfterAChange().says("nothing to do");
    Files.writeString(record, "request\nend");
    upAfterAChange().says("nothing to do");
    Files.writeString(record, lines.get(0) + "\nSTRANGE\ta\tb\nend\t\n");
    upAfterAChange().says("nothing to do");
    settles();
    Files.delete(record);
    Command.output("mkfifo", record.toString());
    upAfterAChange().says("nothing to do");
    Files.deleteIfExists(record);
  }

  /** What it warns of, it says each time. */
  @Test
  void aStackWithAWarningNeverSettles() throws Exception {
    jstack.manifest(STACK.replace("max: 64m", "max: 500t"));
    up().says("web-1").says("limits nothing");
    up().says("nothing to do").says("limits nothing");
    up().says("nothing to do").says("limits nothing");
    jstack.manifest(STACK);
    Eventually.check(() -> assertThat(jstack.alive()).containsKey("web-1"));
  }
}
