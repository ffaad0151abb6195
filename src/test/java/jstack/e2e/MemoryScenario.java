package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a memory limit counts, and who dies of it. */
@Tag("kernel")
class MemoryScenario {
  /** Three sleep beside a child that takes too much once the file `go` is there. */
  private static final String FAMILY =
      """
      name: family
      services:
        web:
          rootfs: BUSYBOX
          network_mode: none
          mounts: [./signs:/signs]
          command:
            - sh
            - -c
            - |
              sleep 1000 & sleep 1001 &
              until [ -e /signs/go ]; do sleep 0.05; done
              probe eat 200000000
              echo "$$?" > /signs/after
              exec sleep 1002
          cgroup: {memory: {max: 32m, oom_group: TOGETHER}}
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    Path signs = Files.createDirectories(folder.resolve("signs"));
    assertThat(signs.toFile().setWritable(true, false)).isTrue();
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private Path memory(String project, String container) {
    return jstack.cgroup("memory").resolve(project).resolve(container);
  }

  @Test
  void oneKilledProcessEndsTheWholeGroup() throws Exception {
    jstack.manifest(FAMILY.replace("TOGETHER", "true")).jstack("up", "-d").exits(0);
    long init = jstack.pid("web-1");
    Path members = jstack.cgroup("unified").resolve("family/web-1/cgroup.procs");
    Eventually.check(() -> assertThat(Files.readAllLines(members)).hasSizeGreaterThan(3));
    Files.writeString(folder.resolve("signs/go"), "");
    Eventually.check(() -> assertThat(Path.of("/proc/" + init)).doesNotExist());
    Eventually.check(() -> assertThat(members).doesNotExist()); // and so nobody is in it
    jstack.jstack("ps", "-a").prints("137").prints("ago, out of memory");
  }

  @Test
  void withoutThatTheOthersGoOn() throws Exception {
    jstack.manifest(FAMILY.replace("TOGETHER", "false")).jstack("up", "-d").exits(0);
    Files.writeString(folder.resolve("signs/go"), "");
    Path after = folder.resolve("signs/after");
    Eventually.check(() -> assertThat(after).hasContent("137\n"));
    jstack
        .jstack("exec", "-T", "web", "ps", "-o", "args")
        .prints("sleep 1000")
        .prints("sleep 1002");
  }

  /** Writes and reads more than the limit of a disk's files; never asks for memory itself. */
  private static final String READER =
      """
      name: reader
      services:
        web:
          rootfs: BUSYBOX
          network_mode: none
          mounts: [./signs:/signs]
          command:
            - sh
            - -c
            - |
              dd if=/dev/zero of=/signs/big bs=1M count=100 && cat /signs/big > /dev/null
              echo "$$?" > /signs/after
              exec sleep 1000
          cgroup: {memory: {max: LIMIT}}
      """;

  private long number(String container, String file, String key) throws Exception {
    for (String line : Files.readAllLines(memory("reader", container).resolve(file))) {
      if (line.startsWith(key)) {
        return Long.parseLong(line.substring(key.length()).strip());
      }
    }
    throw new AssertionError("no " + key + " in " + file);
  }

  private void readOnceWith(String limit) throws Exception {
    jstack.manifest(READER.replace("LIMIT", limit));
    jstack.jstack("up", "-d", "--force-recreate").exits(0); // alone the limit would change
    Path after = folder.resolve("signs/after");
    Eventually.check(() -> assertThat(after).hasContent("0\n"));
    Files.delete(after);
  }

  @Test
  void theLimitCountsThePageCacheAndKillsNobodyForIt() throws Exception {
    readOnceWith("32m");
    long limit = 32L << 20;
    assertThat(number("web-1", "memory.max_usage_in_bytes", "")).isBetween(limit * 9 / 10, limit);
    assertThat(number("web-1", "memory.usage_in_bytes", "")).isBetween(limit / 2, limit);
    assertThat(number("web-1", "memory.stat", "cache ")).isBetween(limit / 2, limit);
    assertThat(number("web-1", "memory.stat", "rss ")).isLessThan(4L << 20);
    assertThat(number("web-1", "memory.oom_control", "oom_kill ")).isZero();
    jstack.jstack("ps").prints("running");
    // With room for it, the same file stays in the cache as a whole.
    readOnceWith("160m");
    assertThat(number("web-1", "memory.stat", "cache ")).isBetween(95L << 20, 160L << 20);
  }
}
