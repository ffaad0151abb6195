package jstack.e2e;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jstack.support.Attacks;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The helper is a program of the machine that goes into containers: nobody inside may write it,
 * take it over or read its descriptors (CVE-2019-5736, CVE-2016-9962, CVE-2019-14271), and nobody
 * but its owner may speak to it (CVE-2020-15257).
 */
@Tag("kernel")
class HelperAttackScenario {
  private static final Pattern HUNT =
      Pattern.compile(
          "seen (\\d+) attached (\\d+) early (\\d+) listed (\\d+) written (\\d+) exe (.*)");

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    Path root = jstack.probeRootfs();
    Files.copy(Host.atk(), root.resolve("atk"));
    Files.copy(Host.probe(), root.resolve("copy"));
    Path script = Files.writeString(root.resolve("trap"), "#!/proc/self/exe\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private static Map<String, String> sums() throws Exception {
    Map<String, String> sums = new TreeMap<>();
    try (Stream<Path> files = Files.walk(Host.dist())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
        sums.put(file.toString(), HexFormat.of().formatHex(sum));
      }
    }
    return sums;
  }

  @Test
  void whoComesInIsNeitherWrittenNorTakenOverNorRead() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          mapless: {rootfs: ROOTFS, command: [/probe, sleep], namespaces: {user: host}, security: {allow: [host-user]}}
        """);
    jstack.jstack("up", "-d").exits(0);
    Map<String, String> before = sums();
    Process hunter = jstack.start("exec", "mapless", "/atk", "hunt", "6");
    Eventually.check(() -> assertThat(jstack.out(hunter)).contains("hunting"));
    int entered = 0;
    while (hunter.isAlive()) {
      jstack.jstack("exec", "mapless", "/probe", "exit", "0").exits(0);
      jstack.jstack("exec", "mapless", "/trap");
      entered += 2;
    }
    Matcher seen = hunted(jstack.finish(hunter, "").exits(0));
    assertThat(entered).isPositive();
    assertThat(seen.group(3)).as("attached to before its walls stood").isEqualTo("0");
    assertThat(seen.group(5)).as("written").isEqualTo("0");
    assertThat(sums()).isEqualTo(before);

    Process twin = jstack.start("exec", "mapless", "/atk", "hunt", "4");
    Eventually.check(() -> assertThat(jstack.out(twin)).contains("hunting"));
    while (twin.isAlive()) {
      jstack.jstack("exec", "mapless", "/copy", "sleep", "1");
    }
    Matcher ordinary = hunted(jstack.finish(twin, "").exits(0));
    assertThat(ordinary.group(6)).as("a program of the container").isEqualTo("/copy");
    assertThat(Integer.parseInt(ordinary.group(5))).as("written").isPositive();

    Attacks report = new Attacks("the helper");
    String how = entered + " entries, " + seen.group(1) + " sightings, last as " + seen.group(6);
    report.stopped("write who comes in", how, "twin: an ordinary program was overwritten");
    report.stopped("attach to who comes in", how, "twin: ptrace of a sleeper, in the escapes");
    report.write();
  }

  private static Matcher hunted(Jstack.Result result) {
    Matcher matcher = HUNT.matcher(result.out());
    assertThat(matcher.find()).as(result.out()).isTrue();
    return matcher;
  }

  @Test
  void everyHelperRunsFromSealedMemoryAndIsClosed() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          plain: {rootfs: ROOTFS, command: [/probe, sleep]}
        """);
    jstack.jstack("up", "-d").exits(0);
    long init = jstack.pid("plain-1");
    long supervisor = Long.parseLong(stat(init)[3]);
    for (long helper : new long[] {init, supervisor}) {
      Path exe = Path.of("/proc/" + helper + "/exe");
      assertThat(Files.readSymbolicLink(exe).toString()).startsWith("/memfd:jstack-shim");
      String[] write = {Host.atk().toString(), "open-write", exe.toString()};
      assertThat(Command.run(write).out()).contains("stopped E");
    }
    // Who is not dumpable belongs to root there, whoever it runs as; see proc(5).
    int owner = (int) Files.getAttribute(Path.of("/proc/" + init + "/mem"), "unix:uid");
    assertThat(owner).isZero();
    String maps = Files.readString(Path.of("/proc/" + supervisor + "/maps"));
    assertThat(maps).doesNotContain(".so");
    assertThat(Command.run("ldd", Host.shim().toString()).out())
        .contains("not a dynamic executable");
    assertThat(Command.run("ldd", "/bin/sh").out()).contains(".so");
    Attacks report = new Attacks("the helper's program");
    report.stopped("write a running helper", "refused", "twin: see the hunt");
    report.stopped("libraries of the container", "none is loaded", "twin: /bin/sh has some");
    report.write();
  }

  @Test
  void alsoWhereItLiesOnATmpfs() throws Exception {
    Path tmpfs = Files.createDirectory(folder.resolve("tmpfs"));
    Command.output("mount", "-t", "tmpfs", "tmpfs", tmpfs.toString());
    try {
      Path helper = Files.copy(Host.shim(), tmpfs.resolve("helper"), COPY_ATTRIBUTES);
      jstack.manifest(
          """
          name: demo
          services:
            plain: {rootfs: ROOTFS, command: [/probe, sleep], stop_grace_period: 0s}
          """);
      jstack.variable("JSTACK_JAVA_OPTS", "-Djstack.shim=" + helper);
      jstack.jstack("up", "-d").exits(0);
      Path exe = Path.of("/proc/" + jstack.pid("plain-1") + "/exe");
      assertThat(Files.readSymbolicLink(exe).toString()).startsWith("/memfd:jstack-shim");
      jstack.jstack("down").exits(0);
    } finally {
      Command.output("umount", tmpfs.toString());
    }
  }

  private static String[] stat(long pid) throws IOException {
    return Files.readString(Path.of("/proc/" + pid + "/stat")).split(" ", -1);
  }

  /**
   * Who is root of a namespace may do all to what is in a user namespace that root made there, and
   * each supervisor makes one: what is in it for that moment shall be nobody's way to the machine.
   */
  @Test
  void whoHoldsAFreshUserNamespaceIsNoWayOut() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          guesser:
            rootfs: ROOTFS
            command: [/probe, sleep]
            namespaces: {pid: host, user: host}
            security: {allow: [host-pid, host-user]}
          victim:
            rootfs: ROOTFS
            command: [/probe, sleep]
            network_mode: none
            stop_grace_period: 0s
            scale: 20
        """);
    String secret = Files.writeString(folder.resolve("secret"), "the machine's").toString();
    jstack.jstack("up", "-d", "guesser").exits(0);
    Process guesser = jstack.start("exec", "guesser", "/atk", "guess", "4", secret);
    Eventually.check(() -> assertThat(jstack.out(guesser)).contains("guessing"));
    int made = 0;
    while (guesser.isAlive()) {
      jstack.jstack("up", "-d", "victim").exits(0);
      jstack.jstack("down", "victim").exits(0);
      made += 20;
    }
    Matcher guessed = guessed(jstack.finish(guesser, "").exits(0));
    assertThat(made).isPositive();
    assertThat(guessed.group(2)).as(made + " containers were made").isEqualTo("0");

    Process twin = jstack.start("exec", "guesser", "/atk", "guess", "2", secret);
    Eventually.check(() -> assertThat(jstack.out(twin)).contains("guessing"));
    while (twin.isAlive()) {
      Command.output("unshare", "--user", "true");
    }
    Matcher ordinary = guessed(jstack.finish(twin, "").exits(0));
    assertThat(Long.parseLong(ordinary.group(2))).isPositive();
    jstack.jstack("down", "-t", "0").exits(0);

    Attacks report = new Attacks("the makers of user namespaces");
    report.stopped("reach the machine's files", made + " made", "twin: unshare(1) is a way");
    report.write();
  }

  private static Matcher guessed(Jstack.Result result) {
    Matcher matcher = Pattern.compile("tried (\\d+) reached (\\d+)").matcher(result.out());
    assertThat(matcher.find()).as(result.out()).isTrue();
    return matcher;
  }

  @Test
  void onlyItsOwnerSpeaksToASupervisor() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          plain: {rootfs: ROOTFS, command: [/probe, sleep]}
          open: {rootfs: ROOTFS, command: [/probe, sleep], namespaces: {user: host, network: host}, security: {allow: [host-user, host-network]}}
        """);
    jstack.jstack("up", "-d").exits(0);
    List<Path> sockets;
    try (Stream<Path> all = Files.list(jstack.run().resolve(".control"))) {
      sockets = all.toList();
    }
    assertThat(sockets).hasSize(2);
    String unix = Files.readString(Path.of("/proc/net/unix"));
    assertThat(unix).contains(sockets.get(0).toString());
    assertThat(unix.lines().filter(line -> line.contains(" @") && line.contains("jstack")))
        .isEmpty();
    for (Path socket : sockets) {
      assertThat((int) Files.getAttribute(socket, "unix:mode") & 07777).isEqualTo(0600);
      jstack.jstack("exec", "open", "/atk", "connect", socket.toString()).prints("stopped ENOENT");
    }
    Path socket = sockets.get(0);
    Path atk = Files.copy(Host.atk(), folder.resolve("atk"));
    String[] ask = {atk.toString(), "ask", socket.toString(), "ping"};
    assertThat(Command.output(ask)).isEqualTo("running\ndone\n");
    List<String> nobody = new ArrayList<>(List.of("setpriv", "--reuid=65534", "--clear-groups"));
    nobody.addAll(List.of(ask));
    String[] other = nobody.toArray(String[]::new);
    for (Path up = socket.getParent(); up.startsWith(folder); up = up.getParent()) {
      assertThat(Command.run("chmod", "a+rx", up.toString()).code()).isZero();
    }
    assertThat(Command.run(other).out()).contains("stopped EACCES");
    // Should the mode ever be opened too, the supervisor still asks who it is.
    assertThat(Command.run("chmod", "a+rw", socket.toString()).code()).isZero();
    assertThat(Command.run(other).out()).containsPattern("^stopped (EPIPE|ECONNRESET)");
    Attacks report = new Attacks("the control socket");
    report.stopped("by a process inside", "no such path", "twin: the owner is answered");
    report.stopped("by another user", "EACCES", "twin: the owner is answered");
    report.stopped("by another user, the mode opened", "closed", "twin: the owner is answered");
    report.write();
  }
}
