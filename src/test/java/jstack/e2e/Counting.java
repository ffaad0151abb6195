package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jstack.support.Eventually;

/** A counter that is in memory alone, and a criu that does what a test wants. */
abstract class Counting extends JstackScenario {
  /** Says its own number and how far it has counted; only its memory knows. */
  static final String COUNT =
      "trap 'exit 7' TERM; i=0; while :; do i=$$((i+1)); echo $$$$ $$i; usleep 20000; done";

  static final String COUNTER =
      """
      name: demo
      services:
        a:
          rootfs: BUSYBOX
          command: [/bin/sh, -c, "%s"]
          namespaces: {user: host}
          security: {allow: [host-user]}
          network_mode: none
      """
          .formatted(COUNT);

  List<String> counted(String service) throws Exception {
    return jstack.jstack("logs", "--no-log-prefix", service).exits(0).out().lines().toList();
  }

  int awaitMore(String service, int than) throws Exception {
    Eventually.check(() -> assertThat(counted(service)).hasSizeGreaterThan(than));
    return counted(service).size();
  }

  /** Every number once, in order, by one process. */
  static void assertWithoutGap(List<String> lines) {
    String pid = lines.get(0).split(" ", -1)[0];
    List<String> expected = new ArrayList<>();
    for (int i = 1; i <= lines.size(); i++) {
      expected.add(pid + " " + i);
    }
    assertThat(lines).isEqualTo(expected);
  }

  /** That of this machine, which works here. */
  static Path realCriu() {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(directory -> Path.of(directory, "criu"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  Path fakeCriu(String otherwise, String check) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path criu = bin.resolve("criu");
    Files.writeString(
        criu, "#!/bin/sh\n[ \"$1\" != check ] || {\n" + check + "\nexit 0\n}\n" + otherwise + "\n");
    assertThat(criu.toFile().setExecutable(true)).isTrue();
    return bin;
  }

  Jstack.Result with(Path bin, String... words) throws Exception {
    List<String> command = new ArrayList<>();
    // ip and nft are where Debian's own criu is.
    String tools = Files.exists(bin.resolve("criu")) ? ":/usr/sbin:/sbin" : "";
    command.addAll(List.of("env", "PATH=" + bin + ":/usr/bin:/bin" + tools, jstack.command()));
    command.addAll(List.of(words));
    return jstack.finish(jstack.startCommand(command.toArray(String[]::new)), "");
  }
}
