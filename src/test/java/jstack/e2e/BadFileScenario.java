package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import jstack.support.Command;
import jstack.support.Host;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are no manifests, given to the command as a user has it. */
class BadFileScenario {
  @TempDir Path folder;

  @Test
  void whatIsNoManifestIsRefusedAtOnceAndLeavesNothing() throws Exception {
    try (Jstack jstack = new Jstack(folder)) {
      Command.output("mkfifo", folder.resolve("fifo").toString());
      Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
      Files.write(folder.resolve("large.yaml"), new byte[4 << 20]);
      Files.copy(Host.probe(), folder.resolve("program.yaml"));
      Map<String, String> said =
          Map.of(
              "fifo", "is not a regular file",
              "/dev/zero", "is not a regular file",
              ".", "is a directory",
              "loop", "too many levels of symbolic links",
              "large.yaml", "is larger than the limit of 1 MiB",
              "program.yaml", "not a text file (NUL byte at offset");
      for (Map.Entry<String, String> file : said.entrySet()) {
        Jstack.Result result = jstack.jstack("up", "-f", file.getKey());
        result.exits(65).says(file.getKey() + ": error: ").says(file.getValue());
        assertThat(result.out()).isEmpty();
      }
      jstack.jstack("up", "-f", "none.yaml").exits(66).says("none.yaml: error: no such file");
      assertThat(jstack.run()).doesNotExist();
      assertThat(jstack.home()).doesNotExist();
    }
  }

  @Test
  void anEndlessPipeIsReadToTheLimitOnly() throws Exception {
    try (Jstack jstack = new Jstack(folder)) {
      Process process =
          jstack.startCommand(
              "/bin/sh", "-c", "exec " + jstack.command() + " validate -f - < /dev/zero");
      jstack.finish(process, "").exits(65).says("stdin: error: is larger than the limit of 1 MiB");
    }
  }

  /** Root without the capability to overlook modes is as everybody else. */
  @Test
  void aFileThatMayNotBeReadSaysSo() throws Exception {
    try (Jstack jstack = new Jstack(folder)) {
      Path secret = Files.writeString(folder.resolve("secret.yaml"), "services: {}\n");
      Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("---------"));
      String caps = "-dac_override,-dac_read_search";
      Process process =
          jstack.startCommand(
              Host.needsTool("/usr/bin/setpriv").toString(),
              "--bounding-set=" + caps,
              "--inh-caps=" + caps,
              jstack.command(),
              "validate",
              "secret.yaml");
      jstack
          .finish(process, "")
          .exits(65)
          .says("secret.yaml: error: cannot be read: permission denied");
    }
  }
}
