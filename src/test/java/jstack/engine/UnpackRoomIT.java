package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jstack.program.Program;
import jstack.rootfs.ArchiveException;
import jstack.rootfs.FetchListener;
import jstack.rootfs.TarUnpacker;
import jstack.rootfs.UnpackPolicy;
import jstack.rootfs.UnpackReport;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives are unpacked where a bug in what reads them can touch nothing else. */
class UnpackRoomIT {
  private static final String REAL = "jstack.cli.UnpackMain";

  @TempDir Path folder;
  private Path tree;
  private Path archive;

  @BeforeEach
  void begin() throws IOException {
    Host.needsRoot();
    tree = Files.createDirectories(folder.resolve("work/root"));
    archive = folder.resolve("a.tar.gz");
  }

  private UnpackReport unpack(String main, FetchListener listener) throws IOException {
    return new UnpackRoom(Host.shim(), main).unpack(archive, tree, UnpackPolicy.DEFAULT, listener);
  }

  private static String listing(Path tree) throws IOException {
    return Command.output(
        "sh",
        "-c",
        "cd "
            + tree
            + " && find . -printf '%p %y %m %U:%G %n %T@ %l\\n' | sort;"
            + " getfattr -R -h -d -m - -e hex .");
  }

  private void pack(String script) throws IOException {
    Path from = Files.createDirectories(folder.resolve("from"));
    Command.output("sh", "-ec", "cd " + from + ";" + script);
    Command.output(
        "tar",
        "-C",
        from.toString(),
        "--format=pax",
        "--xattrs",
        "--xattrs-include=*",
        "-czf",
        archive.toString(),
        ".");
  }

  @Test
  void whatComesOutIsWhatComesOutOutside() throws IOException {
    pack(
        "mkdir -p usr/bin d; echo x >usr/bin/sh; ln -s usr/bin bin; ln usr/bin/sh hard;"
            + " mkfifo -m 600 fifo; chmod 1777 d; chown 12:34 d; chown -h 5:6 bin;"
            + " chown 65534:7 usr/bin/sh; chmod 6755 usr/bin/sh;"
            + " setfattr -n security.capability -v 0x0100000200200000000000000000000000000000"
            + " usr/bin/sh; setfattr -n user.x -v y usr/bin/sh; mknod null c 1 3;"
            + " touch $(printf '\\351')");
    UnpackReport report = unpack(REAL, FetchListener.SILENT);
    Path outside = Files.createDirectory(folder.resolve("outside"));
    try (InputStream in = Files.newInputStream(archive)) {
      assertThat(TarUnpacker.unpack(in, outside, UnpackPolicy.DEFAULT, (e, b) -> {}))
          .isEqualTo(report);
    }
    assertThat(report.devicesSkipped()).isOne();
    assertThat(report.warnings()).hasSize(1);
    assertThat(listing(tree)).isEqualTo(listing(outside)).contains("security.capability");
    assertThat(tree.resolveSibling("room")).doesNotExist();
  }

  @Test
  void aRefusedArchiveIsRefusedInTheSameWords() throws IOException {
    pack("echo x >a");
    byte[] whole = Files.readAllBytes(archive);
    Files.write(archive, java.util.Arrays.copyOf(whole, whole.length - 4));
    Throwable outside =
        catchThrowable(
            () -> {
              try (InputStream in = Files.newInputStream(archive)) {
                Path other = Files.createDirectory(folder.resolve("outside"));
                TarUnpacker.unpack(in, other, UnpackPolicy.DEFAULT, (e, b) -> {});
              }
            });
    assertThatThrownBy(() -> unpack(REAL, FetchListener.SILENT))
        .isInstanceOf(ArchiveException.class)
        .hasMessage(outside.getMessage())
        .hasMessageContaining("(entry ");
  }

  @Test
  void aFullDiskIsNoFaultOfTheArchive() throws IOException {
    pack("head -c 3000000 /dev/urandom >a");
    Command.output("mount", "-t", "tmpfs", "-o", "size=1m", "none", tree.toString());
    try {
      assertThatThrownBy(() -> unpack(REAL, FetchListener.SILENT))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(ArchiveException.class)
          .hasMessageContaining("a: write: No space left on device (ENOSPC)");
    } finally {
      Command.output("umount", tree.toString());
    }
  }

  @Test
  void aBombIsStoppedInTheRoomAsOutside() throws IOException {
    Command.output(
        "sh",
        "-c",
        "(mkdir -p "
            + folder
            + "/b; cd "
            + folder
            + "/b; truncate -s 200M z; tar --format=gnu -cf - z) | gzip -1 >"
            + archive);
    assertThatThrownBy(() -> unpack(REAL, FetchListener.SILENT))
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("bomb");
  }

  @Test
  void whoeverTakesItOverReachesNothing() throws Exception {
    Set<String> everything =
        new TreeSet<>(
            List.of(
                "read",
                "write",
                "make",
                "chmod",
                "chown",
                "by-proc",
                "connect",
                "kill",
                "ptrace",
                "sysctl",
                "mknod",
                "unshare",
                "socket",
                "memory-file",
                "exec",
                "device",
                "beside"));
    Files.writeString(archive, "whatever");
    Process other = new ProcessBuilder("sleep", "60").start();
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Path victim = Files.createDirectory(folder.resolve("victim"));
      Files.writeString(victim.resolve("secret"), "untouched");
      String words = victim + "," + server.getLocalPort() + "," + other.pid();
      String inside = evilInside(words);
      assertThat(worked(inside)).isEmpty();
      assertThat(inside).contains("CapEff:000000008000001b CapBnd:000000008000001b NoNewPrivs:1");
      assertThat(victim.resolve("secret")).hasContent("untouched");
      assertThat(victim.resolve("made")).doesNotExist();

      String outside =
          Command.run(
                  Path.of(System.getProperty("java.home"), "bin/java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  EvilUnpacker.class.getName(),
                  archive.toString(),
                  tree.toString(),
                  words)
              .out();
      assertThat(worked(outside)).isEqualTo(everything);
    } finally {
      other.destroyForcibly();
    }
  }

  /** Each wall is one: without it, some of that works in the room as it is. */
  @Test
  void eachWallOfTheRoomStopsWhatTheOthersDoNot() throws Exception {
    Files.writeString(archive, "whatever");
    String words = folder + ",1," + ProcessHandle.current().pid();
    assertThat(worked(evilInside(words, "landlock")))
        .containsExactlyInAnyOrder("device", "beside", "exec");
    assertThat(worked(evilInside(words, "seccomp")))
        .containsExactlyInAnyOrder("socket", "memory-file");
    assertThat(worked(evilInside(words, "none"))).isEmpty();
  }

  private static Program without(Program program, String op) {
    return new Program(
        program.steps().stream().filter(step -> !step.instruction().op().equals(op)).toList());
  }

  private static Set<String> worked(String out) {
    return out.lines()
        .filter(line -> line.startsWith("worked:"))
        .findFirst()
        .map(line -> Stream.of(line.substring(7).strip().split(" ", -1)))
        .orElseThrow()
        .filter(word -> !word.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The whole output of the evil one in the room, by the policy's place among the arguments. */
  private String evilInside(String words) throws Exception {
    return evilInside(words, "");
  }

  private String evilInside(String words, String wall) throws Exception {
    StringBuilder out = new StringBuilder();
    UnpackRoom room =
        new UnpackRoom(Host.shim(), EvilUnpacker.class.getName(), all -> without(all, wall));
    assertThat(room.run(archive, tree, words, line -> out.append(line).append('\n'))).isEqualTo(7);
    return out.toString();
  }

  @Test
  void theRoomEndsWithTheOneWhoMadeIt() throws Exception {
    Files.writeString(archive, "whatever");
    Process maker =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Maker.class.getName(),
                archive.toString(),
                tree.toString(),
                Host.shim().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = new BufferedReader(new InputStreamReader(maker.getInputStream()));
    assertThat(out.readLine()).isEqualTo("it runs");
    List<ProcessHandle> all = maker.descendants().toList();
    assertThat(all.size()).isGreaterThanOrEqualTo(3); // supervisor, init, unpacker
    maker.destroyForcibly().waitFor();
    Eventually.check(() -> assertThat(all).noneMatch(UnpackRoomIT::lives));
  }

  /** A zombie that a lazy pid 1 leaves about does not live. */
  private static boolean lives(ProcessHandle process) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      char state = stat.charAt(stat.lastIndexOf(')') + 2);
      return state != 'Z' && state != 'X';
    } catch (IOException e) {
      return false;
    }
  }

  /** Unpacks with one that never ends. */
  static final class Maker {
    private Maker() {}

    public static void main(String[] arguments) throws Exception {
      new UnpackRoom(Path.of(arguments[2]), StubbornUnpacker.class.getName())
          .unpack(
              Path.of(arguments[0]),
              Path.of(arguments[1]),
              UnpackPolicy.DEFAULT,
              new FetchListener() {
                @Override
                public void unpackedSoFar(long entries, long bytes) {
                  System.out.println("it runs");
                  System.out.flush();
                }
              });
    }
  }
}
