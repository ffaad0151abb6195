package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import jstack.support.LyingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each mistake ends with one clear error at its line, the right exit code, and nothing left. */
class BadInputScenario {
  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
  }

  /** Closing it insists that no process, mount or cgroup is left; here the files, too. */
  @AfterEach
  void end() throws Exception {
    jstack.close();
    assertThat(files(jstack.run())).isEmpty();
    assertThat(files(jstack.home().resolve("rootfs/sha256"))).isEmpty();
    assertThat(files(jstack.home().resolve("rootfs/tmp"))).isEmpty();
  }

  private static List<String> files(Path folder) throws Exception {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .toList();
    }
  }

  private Jstack.Result up(String service) throws Exception {
    return jstack
        .manifest("name: demo\nservices:\n  web:\n" + service.indent(4))
        .jstack("up", "-d");
  }

  @Test
  void aWrongManifestIs65WithEveryProblemAtItsLine() throws Exception {
    up("rootfs: ROOTFS\ncomand: [a]\nmem_limit: 64x\n")
        .exits(65)
        .says("jstack.yaml:5:5: error: services.web.comand: ")
        .says("did you mean \"command\"")
        .says("jstack.yaml:6:16: error: services.web.mem_limit: ")
        .says("   5 |     comand: [a]\n      |     ^^^^^^\n");
  }

  @Test
  void noManifestIs66() throws Exception {
    jstack.jstack("up").exits(66).says("jstack.yaml");
  }

  @Test
  void aWrongVerbIs64WithASuggestion() throws Exception {
    jstack.jstack("upp").exits(64).says("did you mean \"up\"?");
    jstack.jstack("up", "--detatch").exits(64).says("--detatch");
  }

  @Test
  void noSuchCommandIsAnErrorAtTheLineOfTheCommand() throws Exception {
    up("rootfs: ROOTFS\ncommand: [/nothing]\n")
        .exits(1)
        .says(
            "jstack.yaml:5:14: error: services.web.command: cannot execute /nothing: No such file")
        .says("hint: no such file in the rootfs")
        .says("step ");
  }

  @Test
  void whatWasStartedBesideAFailureIsTakenBack() throws Exception {
    jstack
        .manifest(
            """
            name: demo
            services:
              good: {rootfs: ROOTFS, command: [/probe, sleep]}
              bad: {rootfs: ROOTFS, command: [/nothing], depends_on: [good]}
            """)
        .jstack("up", "-d")
        .exits(1)
        .says("cannot execute /nothing");
    assertThat(jstack.jstack("ps", "-a", "-q").out()).isEmpty();
  }

  @Test
  void aSourceThatIsNotThereIsAnErrorAtItsMount() throws Exception {
    up("rootfs: ROOTFS\ncommand: [/probe]\nmounts: [./none:/data]\n")
        .exits(65)
        .says("jstack.yaml:6:14: error: services.web.mounts[0]")
        .says(folder.resolve("none").toString())
        .says("create_host_path");
  }

  @Test
  void aLinkInTheRootfsDoesNotLeadTheMountsAway() throws Exception {
    jstack.probeRootfs();
    Path victim = Files.createDirectories(folder.resolve("victim"));
    Files.createSymbolicLink(folder.resolve("rootfs/dev"), victim);
    up("rootfs: ROOTFS\ncommand: [/probe]\n")
        .exits(1)
        .says("in the rootfs /dev is, or lies behind, a symbolic link");
    assertThat(files(victim)).isEmpty();
    Files.delete(folder.resolve("rootfs/dev"));
    Files.createSymbolicLink(folder.resolve("rootfs/out"), Path.of("/../../.." + victim));
    jstack
        .manifest(
            "name: demo\nservices:\n  web: {rootfs: ROOTFS, command: [/probe], tmpfs: [/out/new]}\n")
        .jstack("up")
        .exits(1)
        .says("/out");
    assertThat(files(victim)).isEmpty();
  }

  @Test
  void anUnreachableServerIsNamedWithTheAttemptAndTheCause() throws Exception {
    up("rootfs: {url: \"http://127.0.0.1:9/rootfs.tar.gz\"}\ncommand: [/probe]\n")
        .exits(1)
        .says("jstack.yaml:4:19: error: services.web.rootfs.url")
        .says("cannot fetch http://127.0.0.1:9/rootfs.tar.gz (attempt 5 of 5)")
        .says("the connection was refused");
  }

  @Test
  void aLyingServerIsFoundOut() throws Exception {
    byte[] tarball = "not a tarball at all, but long enough to be one".repeat(40).getBytes();
    try (LyingServer server = new LyingServer(tarball)) {
      String url = "rootfs: {url: \"" + server.url() + "\"%s}\ncommand: [/probe]\n";
      up(url.formatted(", sha256: " + "a".repeat(64)))
          .exits(1)
          .says("the sha256 of")
          .says("a".repeat(64));
      up(url.formatted("")).exits(1).says("not a tar archive");
      server.answer(404);
      up(url.formatted("")).exits(1).says("the server answered 404").says("(attempt 1 of 5)");
      server.redirectForever();
      up(url.formatted("")).exits(1).says("more than 5 redirects");
    }
  }

  @Test
  void aTarballThatWasCutIsRefused() throws Exception {
    Path good = folder.resolve("good.tar.gz");
    new ProcessBuilder("tar", "-C", jstack.probeRootfs().toString(), "-czf", good.toString(), ".")
        .start()
        .waitFor();
    byte[] bytes = Files.readAllBytes(good);
    Files.write(folder.resolve("cut.tar.gz"), java.util.Arrays.copyOf(bytes, bytes.length / 2));
    up("rootfs: ./cut.tar.gz\ncommand: [/probe]\n").exits(1).says("ends too early");
    Files.delete(folder.resolve("cut.tar.gz"));
  }

  @Test
  void keysOfLaterVersionsAreRefusedAndNeverIgnored() throws Exception {
    up("rootfs: ROOTFS\ncommand: [/probe]\ndevices: [/dev/fuse]\nimage: nginx\n")
        .exits(65)
        .says("not supported by this version")
        .says("rootfs");
  }
}
