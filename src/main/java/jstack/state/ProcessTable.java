package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import jstack.linux.ProcStat;

/**
 * Which processes live, as /proc says; see proc(5). A number alone is no identity: it is used
 * again. The boot and the start time make it one, and a zombie counts as dead.
 */
public final class ProcessTable {
  private final Path proc;
  private final String bootId;

  /**
   * @param proc normally /proc
   */
  public ProcessTable(Path proc) {
    this.proc = proc;
    this.bootId = read(proc.resolve("sys/kernel/random/boot_id")).strip();
  }

  /** Whether the process that had this number then still lives. */
  public boolean lives(String boot, long pid, long startTime) {
    if (pid <= 0 || !boot.equals(bootId)) {
      return false;
    }
    return ProcStat.parse(read(proc.resolve(Long.toString(pid)).resolve("stat")))
        .filter(stat -> stat.startTime() == startTime && !stat.isDead())
        .isPresent();
  }

  /**
   * The first status of a container, by the process that is about to make it, until its supervisor
   * says more: as long as this process lives it is being made, and then it is over.
   */
  public String claim() {
    long own = ProcessHandle.current().pid();
    long start =
        ProcStat.parse(read(proc.resolve(Long.toString(own)).resolve("stat")))
            .map(ProcStat::startTime)
            .orElse(0L);
    return Status.claim(bootId, own, start);
  }

  /** Whether nothing of a process runs any more: it is gone, or a zombie. */
  public boolean isDead(long pid) {
    return ProcStat.parse(read(proc.resolve(Long.toString(pid)).resolve("stat")))
        .map(ProcStat::isDead)
        .orElse(true);
  }

  private static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }
}
