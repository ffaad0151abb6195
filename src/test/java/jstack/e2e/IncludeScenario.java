package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stack that is put together from several files. */
class IncludeScenario {
  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    Files.createDirectories(folder.resolve("parts/data"));
    Files.writeString(folder.resolve("parts/data/file"), "of the part\n");
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private void part(String command) throws Exception {
    Files.writeString(
        folder.resolve("parts/db.yaml"),
        """
        services:
          db:
            rootfs: ROOTFS
            command: COMMAND
            network_mode: none
            mounts: [./data:/data:ro]
        """
            .replace("ROOTFS", jstack.probeRootfs().toString())
            .replace("COMMAND", command));
  }

  @Test
  void whatAFileBringsInRunsAndItsLinesAreNamed() throws Exception {
    part("[/probe, cat, /data/file]");
    jstack.manifest(
        """
        name: demo
        include: [parts/db.yaml]
        services:
          web: {extends: {file: parts/db.yaml, service: db}, command: [/probe, echo, hello]}
        """);
    assertThat(jstack.jstack("up").exits(0).out().lines())
        .containsExactlyInAnyOrder("db-1   | of the part", "web-1  | hello");
    part("[/probe, sleep]");
    jstack.jstack("plan").prints("db-1").prints("parts/db.yaml:4:14");
    part("[/nothing]");
    jstack
        .jstack("up", "-d", "db")
        .exits(1)
        .says("parts/db.yaml:4:14: error: services.db.command:");
    jstack.jstack("down").exits(0);
  }

  @Test
  void aFileThatIncludesItselfIsRefusedWithTheWayThere() throws Exception {
    jstack.manifest("include: [parts/db.yaml]\n");
    Files.writeString(folder.resolve("parts/db.yaml"), "include: [../jstack.yaml]\n");
    jstack
        .jstack("up", "-d")
        .exits(65)
        .says("parts/db.yaml:1:11: error: include[0]: files include each other in a circle:")
        .says("jstack.yaml -> db.yaml -> jstack.yaml");
    assertThat(jstack.run()).doesNotExist();
  }
}
