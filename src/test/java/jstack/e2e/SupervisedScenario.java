package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Eventually;

/** One service, and what its supervisor writes down of it. */
abstract class SupervisedScenario extends JstackScenario {
  final Path file(String name) {
    return jstack.run().resolve("demo/web-1").resolve(name);
  }

  final String status(String key) throws IOException {
    return Files.readString(file("status"))
        .lines()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElse("");
  }

  final void await(String key, String value) throws Exception {
    Eventually.check(() -> assertThat(status(key)).isEqualTo(value));
  }

  /** The keys of the service besides its rootfs, a line each. */
  final void manifest(String... lines) throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: {path: BUSYBOX}
            network_mode: none
            stop_grace_period: 2s
        """
            + "    "
            + String.join("\n    ", lines)
            + "\n");
  }
}
