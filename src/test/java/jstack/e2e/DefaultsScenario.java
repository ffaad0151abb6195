package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The walls that nobody asks for: one manifest with nothing in it, seen from outside and inside.
 */
@Tag("kernel")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DefaultsScenario {
  private Path folder;
  private Jstack jstack;
  private Path below;

  @BeforeAll
  void begin(@TempDir Path temporary) throws Exception {
    folder = temporary;
    jstack = new Jstack(folder);
    below = Files.createDirectories(folder.resolve("shared/below"));
    assertThat(Command.run("mount", "-t", "tmpfs", "below", below.toString()).code()).isZero();
    jstack.manifest(
        """
        name: demo
        services:
          plain: {rootfs: ROOTFS, command: [/probe, sleep]}
          mapless: {rootfs: ROOTFS, command: [/probe, sleep], namespaces: {user: host}, security: {allow: [host-user]}}
          user: {rootfs: ROOTFS, command: [/probe, sleep], user: web}
          ro: {rootfs: ROOTFS, command: [/probe, sleep], mounts: ["./shared:/s:ro"]}
          rw: {rootfs: ROOTFS, command: [/probe, sleep], mounts: ["./shared:/s"]}
        """);
    jstack.jstack("up", "-d").exits(0);
  }

  @AfterAll
  void end() throws Exception {
    jstack.jstack("down").exits(0);
    assertThat(Command.run("umount", below.toString()).code()).isZero();
    jstack.close();
  }

  private long command(String container) throws Exception {
    return Jstack.command(jstack.pid(container));
  }

  @Test
  void everyWallStandsAroundAServiceAndARunOfIt() throws Exception {
    for (String container : List.of("plain-1", "mapless-1", "user-1")) {
      DefaultWalls walls = new DefaultWalls(command(container));
      assertThat(walls.size()).isGreaterThan(50);
      assertThat(walls.broken()).as(container).isEmpty();
    }
    Path fds = Path.of("/proc/" + command("plain-1") + "/fd");
    assertThat(Files.readSymbolicLink(fds.resolve("0"))).isEqualTo(Path.of("/dev/null"));
    for (String stream : List.of("1", "2")) {
      int mode = (int) Files.getAttribute(fds.resolve(stream), "unix:mode");
      assertThat(mode & 0170000).as("a fifo, never the log itself").isEqualTo(0010000);
    }
    Process run = jstack.start("run", "--rm", "plain", "/probe", "sleep");
    Eventually.check(() -> jstack.jstack("ps").prints("plain-run-"));
    String name = jstack.pids().keySet().stream().filter(n -> n.contains("-run-")).findAny().get();
    assertThat(new DefaultWalls(command(name)).broken()).isEmpty();
    run.destroy();
    run.waitFor();
  }

  @Test
  void theSameWallsAreMissingAroundAProcessOfTheMachine() throws Exception {
    DefaultWalls walls = new DefaultWalls(ProcessHandle.current().pid());
    assertThat(walls.broken()).hasSizeGreaterThan(30);
  }

  @Test
  void execHasTheWallsOfTheServiceWhateverItsUser() throws Exception {
    for (String[] who : new String[][] {{"plain", "0"}, {"mapless", "web"}, {"user", "0:65534"}}) {
      Set<Long> before = members(who[0]);
      Process exec = jstack.start("exec", "-u", who[1], who[0], "/probe", "sleep");
      long[] found = new long[1];
      Eventually.check(
          () -> {
            Set<Long> now = members(who[0]);
            now.removeAll(before);
            now.removeIf(pid -> !runsTheProbe(pid));
            assertThat(now).hasSize(1);
            found[0] = now.iterator().next();
          });
      assertThat(new DefaultWalls(found[0]).broken()).as(who[0] + " as " + who[1]).isEmpty();
      exec.destroy();
      exec.waitFor();
    }
  }

  private Set<Long> members(String service) throws IOException {
    Path place = jstack.cgroup("pids").resolve("demo/" + service + "-1/cgroup.procs");
    Set<Long> pids = new java.util.HashSet<>();
    for (String line : Files.readAllLines(place)) {
      pids.add(Long.parseLong(line));
    }
    return pids;
  }

  private static boolean runsTheProbe(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cmdline")).startsWith("/probe");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aReadOnlyBindIsSoAllTheWayDownAndFollowsNobody() throws Exception {
    jstack.jstack("exec", "ro", "/probe", "write", "/s/new", "x").exits(1).prints("EROFS");
    jstack.jstack("exec", "ro", "/probe", "write", "/s/below/new", "x").exits(1).prints("EROFS");
    jstack.jstack("exec", "rw", "/probe", "write", "/s/below/new", "x").exits(0);
    String mounts = Files.readString(Path.of("/proc/" + command("rw-1") + "/mountinfo"));
    for (String point : List.of("/s", "/s/below")) {
      assertThat(mounts.lines().filter(l -> l.split(" ", -1)[4].equals(point)).toList())
          .singleElement()
          .asString()
          .contains("nosuid,nodev")
          .doesNotContain("shared:")
          .doesNotContain("master:");
    }
  }

  @Test
  void theNetworkOfAContainerLetsEverybodyPingAndServe() throws Exception {
    String net = "/proc/sys/net/ipv4/";
    for (String service : List.of("plain", "mapless")) {
      String pid = Long.toString(command(service + "-1"));
      String[] look = {"nsenter", "-t", pid, "-n", "cat", net + "ping_group_range"};
      assertThat(Command.output(look)).isEqualTo("0\t2147483647\n");
      look[5] = net + "ip_unprivileged_port_start";
      assertThat(Command.output(look)).isEqualTo("0\n");
    }
    assertThat(Command.output("cat", net + "ip_unprivileged_port_start")).isEqualTo("1024\n");
  }

  @Test
  void theFirstProcessNamesNoPathOfTheMachine() throws Exception {
    Path first = Path.of("/proc/" + jstack.pid("ro-1") + "/cmdline");
    assertThat(Files.readString(first)).isEqualTo("jstack-shim\0serve\0");
  }

  @Test
  void theKeysOfTheCallerStayOutside() throws Exception {
    String mine = Command.output(Host.probe().toString(), "session-keyring").strip();
    String theirs = jstack.jstack("exec", "mapless", "/probe", "session-keyring").out().strip();
    assertThat(theirs).isNotEqualTo(mine);
  }

  @Test
  void whatIsKeptOfAContainerIsRootsAlone() throws Exception {
    List<String> open = new ArrayList<>();
    for (Path top : List.of(jstack.run(), jstack.home())) {
      open.addAll(openBelow(top));
    }
    assertThat(open).isEmpty();
    Path secret = jstack.run().resolve("demo/plain-1/program");
    String[] nobody = {"setpriv", "--reuid", "65534", "--clear-groups", "stat", secret.toString()};
    assertThat(Command.run(nobody).out()).contains("Permission denied");
    assertThat(Command.run("stat", secret.toString()).code()).isZero();
  }

  /** Those that others may enter, read or write, but for what only containers see. */
  private static List<String> openBelow(Path top) throws IOException {
    List<String> open = new ArrayList<>();
    try (Stream<Path> all = Files.walk(top)) {
      for (Path each : all.toList()) {
        int mode = (int) Files.getAttribute(each, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        boolean link = (mode & 0170000) == 0120000;
        boolean closedAbove = (int) Files.getAttribute(top, "unix:mode") % 01000 == 0700;
        boolean containers =
            each.toString().matches(".*/(upper|work|root|stdout|stderr|hosts|resolv.conf)(/.*)?");
        if (!link && (mode & 077) != 0 && !(containers && closedAbove)) {
          open.add(Integer.toOctalString(mode & 07777) + " " + each);
        }
      }
    }
    return open;
  }
}
