package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** jstack.lock, seen from outside. */
class LockScenario {
  @TempDir Path folder;
  private Jstack jstack;
  private Path archive;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    archive = Files.writeString(folder.resolve("a.tar"), "one");
    jstack.manifest(
        """
        name: demo
        services:
          a:
            rootfs: file://%s
            command: [/probe, sleep]
        """
            .formatted(archive));
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  @Test
  void lockWritesCheckComparesAndUpgradeTakesWhatIsNew() throws Exception {
    String url = "file://" + archive;
    jstack.jstack("lock", "--check").exits(1).says("jstack.yaml:4:").says("no line for " + url);
    jstack.jstack("lock").exits(0).prints(url + " sha256:7692c3ad");
    Path lock = folder.resolve("jstack.lock");
    assertThat(lock).content().contains("version 1\n").endsWith(" 3\n");
    String first = Files.readString(lock);
    jstack.jstack("lock", "--check").exits(0);
    jstack.jstack("lock").exits(0).says("nothing to do");
    Files.writeString(archive, "another");
    jstack.jstack("lock").exits(0).says("nothing to do");
    assertThat(lock).hasContent(first);
    jstack.jstack("up", "-d").exits(1).says("jstack.yaml:4:").says("not 7692c3ad");
    jstack.jstack("lock", "--upgrade").exits(0).prints(url);
    assertThat(Files.readString(lock)).isNotEqualTo(first).endsWith(" 7\n");
  }

  @Test
  void lockedRefusesAUrlThatTheLockDoesNotHave() throws Exception {
    jstack.jstack("up", "-d", "--locked").exits(65).says("jstack.yaml:4:").says("has no line for");
    Files.writeString(folder.resolve("jstack.lock"), "version 1\nnonsense\n");
    jstack.jstack("up", "-d").exits(65).says("jstack.lock:2:1").says("nonsense");
    jstack.jstack("lock").exits(65).says("jstack.lock:2:1");
    jstack.jstack("ps").exits(0); // who only looks is not kept from it
    jstack.jstack("lock", "--upgrade").exits(0);
    jstack.jstack("lock", "--check").exits(0);
  }
}
