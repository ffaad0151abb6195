package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import jstack.support.Attacks;
import jstack.support.Host;
import jstack.support.Victim;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A neighbour with whom a folder is shared exchanges a directory in it for a link to the outside,
 * for ever, while others have things mounted and made below it (CVE-2021-30465, CVE-2024-45310).
 */
@Tag("kernel")
class MountRaceScenario {
  private static final Duration LONG = Duration.ofSeconds(8);

  @TempDir Path folder;
  private Jstack jstack;
  private Victim victim;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    victim = Victim.make(folder.resolve("victim"));
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
    victim.isAsItWas();
  }

  @Test
  void noMountAndNoFileGoesWhereTheLinkPoints() throws Exception {
    Files.copy(Host.atk(), jstack.probeRootfs().resolve("atk"));
    Path shared = Files.createDirectories(folder.resolve("shared"));
    for (String name : List.of("one", "two", "three")) {
      Files.createDirectories(shared.resolve(name));
    }
    // Where the links lead to inside, so that starts do not fail for that.
    Files.createDirectories(Path.of(jstack.probeRootfs() + victim.folder().toString()));
    Path given = Files.writeString(folder.resolve("given"), "given\n");
    Files.createSymbolicLink(shared.resolve("to-one"), victim.folder());
    Files.createSymbolicLink(
        shared.resolve("to-two"), Path.of("../../../../../../../.." + victim.folder()));
    Files.createSymbolicLink(shared.resolve("to-three"), Path.of("/proc/.." + victim.folder()));
    StringBuilder manifest = new StringBuilder("name: demo\nservices:\n");
    for (String name : List.of("one", "two", "three")) {
      manifest.append(
          "  swap-%s: {rootfs: ROOTFS, command: [/atk, swap, /v/%s, /v/to-%s], network_mode: none, namespaces: {user: host}, security: {allow: [host-user]}, mounts: [\"./shared:/v\"]}\n"
              .formatted(name, name, name));
    }
    for (int i = 0; i < 12; i++) {
      String name = List.of("one", "two", "three").get(i % 3);
      manifest.append(
          "  b%d: {rootfs: ROOTFS, command: [/probe, sleep], network_mode: none, namespaces: {user: host}, security: {allow: [host-user]}, tmpfs: [/v/%s/t%d], mounts: [\"./shared:/v\", \"%s:/v/%s/new/deep/f%d\"]}\n"
              .formatted(i, name, i, given, name, i));
    }
    jstack.manifest(manifest.toString());
    jstack.jstack("up", "-d", "swap-one", "swap-two", "swap-three").exits(0);
    // The twin: who follows the path on the machine does reach the victim.
    Path naive = shared.resolve("one/secret");
    long end = System.nanoTime() + LONG.toNanos();
    boolean reached = false;
    while (!reached && System.nanoTime() < end) {
      reached = Files.exists(naive);
    }
    assertThat(reached).as("the exchange can be lost by a path").isTrue();
    List<String> mounts = mounts();
    int starts = 0;
    Set<Long> up = new HashSet<>();
    end = System.nanoTime() + LONG.toNanos();
    while (System.nanoTime() < end) {
      String[] all = new String[14];
      all[0] = "up";
      all[1] = "-d";
      for (int i = 0; i < 12; i++) {
        all[i + 2] = "b" + i;
      }
      jstack.jstack(all);
      for (var container : jstack.pids().entrySet()) {
        if (container.getKey().startsWith("b")) {
          up.add(container.getValue());
        }
      }
      starts += 12;
      all[0] = "stop";
      all[1] = "-t0";
      jstack.jstack(all);
      assertThat(mounts()).isEqualTo(mounts);
      victim.isAsItWas();
    }
    System.out.println("races: " + starts + " starts, " + up.size() + " up");
    assertThat(up).hasSizeGreaterThan(11);
    Attacks report = new Attacks("races");
    String how = starts + " starts, " + up.size() + " of them up";
    String twin = "twin: a path followed on the machine reached the victim";
    for (String name : List.of("absolute", "relative", "through /proc")) {
      report.stopped("mount below an exchanged link, " + name, how, twin);
      report.stopped("make folders below an exchanged link, " + name, how, twin);
    }
    report.write();
  }

  private static List<String> mounts() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream().sorted().toList();
  }
}
