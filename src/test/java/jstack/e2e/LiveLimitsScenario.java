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

/** Limits of containers that run: changed in the manifest, by update, and from outside. */
@Tag("kernel")
class LiveLimitsScenario {
  private static final String STACK =
      """
      name: demo
      services:
        web:
          rootfs: ROOTFS
          network_mode: none
          command: [/probe, sleep]
          cgroup:
            memory: {max: 512m}
        db:
          rootfs: BUSYBOX
          network_mode: none
          command: [sh, -c, "dd if=/dev/zero of=/held/x bs=1M count=40; exec sleep 1000"]
          mounts: [{type: tmpfs, target: /held, size: 50m}]
          stop_grace_period: 0s
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    jstack.manifest(STACK).jstack("up", "-d").exits(0);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private String kernel(String controller, String file) throws Exception {
    return Files.readString(jstack.cgroup(controller).resolve("demo").resolve(file)).trim();
  }

  /** The command's own process and when it started: what runs on keeps both. */
  private String process(String container) throws Exception {
    long command = Jstack.command(jstack.pid(container));
    String[] stat = Files.readString(Path.of("/proc/" + command + "/stat")).split(" ", -1);
    return command + " since " + stat[21];
  }

  @Test
  void aChangedLimitIsWrittenAndTheProcessesRunOn() throws Exception {
    String web = process("web-1");
    jstack.manifest(STACK.replace("max: 512m", "max: 1g, low: 8m"));
    jstack
        .jstack("plan")
        .exits(0)
        .prints("~   web-1  memory.max 512m -> 1g  live  (jstack.yaml:8:21)\n")
        .prints("memory.low unlimited -> 8m  (jstack.yaml:8:30)\n")
        .prints("1 to change, 1 unchanged");
    jstack.jstack("up", "-d").exits(0).says("web-1  adjusted  memory.max 512m -> 1g");
    assertThat(kernel("memory", "web-1/memory.limit_in_bytes")).isEqualTo("1073741824");
    assertThat(kernel("memory", "web-1/memory.memsw.limit_in_bytes")).isEqualTo("1073741824");
    assertThat(kernel("memory", "web-1/memory.soft_limit_in_bytes")).isEqualTo("8388608");
    assertThat(process("web-1")).isEqualTo(web);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");

    // Down again, and what is not named any more is lifted.
    jstack.manifest(
        STACK.replace("memory: {max: 512m}", "{cpu: {max: 0.5, burst: 20ms}, cpuset: \"0\"}"));
    jstack.jstack("up", "-d").exits(0);
    assertThat(kernel("memory", "web-1/memory.limit_in_bytes")).startsWith("92233720368547");
    assertThat(kernel("cpu", "web-1/cpu.cfs_burst_us")).isEqualTo("20000");
    assertThat(kernel("cpuset", "web-1/cpuset.cpus")).isEqualTo("0");
    jstack.manifest(STACK.replace("memory: {max: 512m}", "{cpu: {max: 10000/20000, burst: 5ms}}"));
    jstack.jstack("up", "-d").exits(0).says("cpu.burst 20000 -> 5000");
    assertThat(kernel("cpu", "web-1/cpu.cfs_quota_us")).isEqualTo("10000");
    assertThat(kernel("cpu", "web-1/cpu.cfs_period_us")).isEqualTo("20000");
    assertThat(process("web-1")).isEqualTo(web);

    // The container that stops and starts again has the limits of now.
    jstack.jstack("restart", "web").exits(0);
    assertThat(kernel("cpu", "web-1/cpu.cfs_quota_us")).isEqualTo("10000");
    jstack.jstack("plan", "--exit-code").exits(0);
  }

  @Test
  void anUpdateIsDriftUntilTheNextUp() throws Exception {
    String web = process("web-1");
    jstack
        .jstack("update", "web", "--memory", "1g", "--pids-limit", "9", "--cpuset-cpus", "0")
        .exits(0)
        .says("web-1  memory.max 512m -> 1g")
        .says("web-1  pids.max 1024 -> 9");
    jstack.jstack("update", "web", "--cpus", "0.5").exits(0);
    assertThat(kernel("memory", "web-1/memory.limit_in_bytes")).isEqualTo("1073741824");
    assertThat(kernel("pids", "web-1/pids.max")).isEqualTo("9");
    assertThat(kernel("cpu", "web-1/cpu.cfs_quota_us")).isEqualTo("50000");
    jstack
        .jstack("plan", "--exit-code")
        .exits(2)
        .prints("memory.max 1g -> 512m, drifted")
        .prints("cpu.max 0.5 -> unlimited, drifted");
    jstack.jstack("up", "-d", "db").exits(0).says("nothing to do");
    jstack.jstack("up", "-d").exits(0);
    assertThat(kernel("memory", "web-1/memory.limit_in_bytes")).isEqualTo("536870912");
    assertThat(kernel("cpu", "web-1/cpu.cfs_quota_us")).isEqualTo("-1");
    assertThat(process("web-1")).isEqualTo(web);

    // Whoever wrote to the kernel's file: the plan sees it.
    Files.writeString(jstack.cgroup("pids").resolve("demo/web-1/pids.max"), "77");
    jstack.jstack("plan").exits(0).prints("pids.max 77 -> 1024, drifted");

    jstack.jstack("update", "web", "--memory", "10x").exits(64).says("not a size: 10x");
    jstack.jstack("update", "web", "--memory-low", "1g").exits(64).says("above memory.max");
    jstack.jstack("update", "web").exits(64).says("needs a service and a limit");
    jstack.jstack("update", "web", "--memory-high", "1g").exits(64).says("above memory.max");
    jstack.jstack("update", "db", "--memory-high", "1g").exits(69).says("no memory.high");
    jstack.jstack("update", "nobody", "--cpus", "1").exits(64).says("no service nobody");
  }

  @Test
  void theLimitsOfTheStackHoldForWhoeverRunsInIt() throws Exception {
    String web = process("web-1");
    String db = process("db-1");
    String limits = "cgroup: {memory: 3g, cpu: 1.5, cpuset: {cpus: \"0\"}}\n";
    jstack.manifest(STACK + limits).jstack("plan").prints("~   stack  cpuset.cpus 0-1 -> 0  live");
    jstack.jstack("up", "-d").exits(0);
    assertThat(kernel("memory", "memory.limit_in_bytes")).isEqualTo("3221225472");
    assertThat(kernel("cpuset", "db-1/cpuset.cpus")).isEqualTo("0");
    jstack.jstack("up", "-d").exits(0).says("nothing to do");

    // Though only one is asked for, the other starts again under what holds now.
    jstack.manifest(STACK + limits.replace("3g", "2g")).jstack("up", "-d", "web").exits(0);
    assertThat(kernel("memory", "memory.limit_in_bytes")).isEqualTo("2147483648");
    assertThat(process("db-1")).isEqualTo(db);
    jstack.jstack("restart", "db").exits(0);
    assertThat(kernel("memory", "memory.limit_in_bytes")).isEqualTo("2147483648");

    // A run beside them leaves the limits alone, whatever the manifest says by then.
    jstack.manifest(STACK + limits.replace("3g", "1g"));
    jstack.jstack("run", "--rm", "web", "/probe", "exit", "0").exits(0);
    assertThat(kernel("memory", "memory.limit_in_bytes")).isEqualTo("2147483648");

    jstack.manifest(STACK).jstack("up", "-d").exits(0).says("memory.max 2g -> unlimited");
    assertThat(kernel("memory", "memory.limit_in_bytes")).startsWith("92233720368547");
    assertThat(process("web-1")).isEqualTo(web);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
  }

  @Test
  void aLimitBelowWhatIsInUseIsRefusedWholeAndAtItsLine() throws Exception {
    Path used = jstack.cgroup("memory").resolve("demo/db-1/memory.usage_in_bytes");
    Eventually.check(
        () -> assertThat(Long.parseLong(Files.readString(used).trim())).isGreaterThan(40L << 20));
    String web = process("web-1");
    String db = process("db-1");
    jstack.manifest(STACK.replace("512m", "1g") + "    cgroup: {pids: 9, memory: {max: 16m}}\n");
    jstack
        .jstack("up", "-d")
        .exits(1)
        .says("jstack.yaml:15:37: error: services.db.cgroup.memory.max: cannot write \"16777216\"")
        .says("more than that is in use");
    assertThat(kernel("pids", "db-1/pids.max")).isEqualTo("1024");
    assertThat(kernel("memory", "web-1/memory.limit_in_bytes")).isEqualTo("536870912");
    assertThat(kernel("memory", "db-1/memory.limit_in_bytes")).startsWith("92233720368547");
    assertThat(process("web-1")).isEqualTo(web);
    assertThat(process("db-1")).isEqualTo(db);
  }
}
