package jstack.state;

import java.nio.file.Path;
import java.util.Optional;
import jstack.linux.OwnProcess;
import jstack.linux.ProcStat;
import jstack.linux.SmallFile;

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
    this.bootId = SmallFile.text(proc + "/sys/kernel/random/boot_id").strip();
  }

  /** Whether the process that had this number then still lives. */
  public boolean lives(String boot, long pid, long startTime) {
    if (pid <= 0 || !boot.equals(bootId)) {
      return false;
    }
    return stat(pid).filter(stat -> stat.startTime() == startTime && !stat.isDead()).isPresent();
  }

  /**
   * The first status of a container, by the process that is about to make it, until its supervisor
   * says more: as long as this process lives it is being made, and then it is over.
   */
  public String claim() {
    long own = OwnProcess.pid();
    long start = stat(own).map(ProcStat::startTime).orElse(0L);
    return Status.claim(bootId, own, start);
  }

  /** What the process that has this number now is known again by; empty when it is dead. */
  String mark(long pid) {
    return stat(pid)
        .filter(stat -> !stat.isDead())
        .map(stat -> stat.startTime() + "@" + bootId)
        .orElse("");
  }

  /** Whether nothing of a process runs any more: it is gone, or a zombie. */
  public boolean isDead(long pid) {
    return stat(pid).map(ProcStat::isDead).orElse(true);
  }

  /** Whether a signal has stopped it, and no other has let it go on; see signal(7), SIGSTOP. */
  public boolean isStopped(long pid) {
    return stat(pid).filter(ProcStat::isStopped).isPresent();
  }

  private Optional<ProcStat> stat(long pid) {
    return ProcStat.parse(SmallFile.text(proc + "/" + pid + "/stat"));
  }
}
