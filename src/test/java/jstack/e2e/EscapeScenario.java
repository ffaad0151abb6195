package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import jstack.support.Attacks;
import jstack.support.Command;
import jstack.support.Host;
import jstack.support.Victim;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Root of a container with default settings tries one thing after the other, with a user namespace
 * and without. Each attack has a twin that root does without a container: there it works, so that
 * no attack is stopped by a tool that is missing.
 */
@Tag("kernel")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EscapeScenario {
  private final Map<String, String> attacks = new LinkedHashMap<>();
  private Path folder;
  private Jstack jstack;
  private Victim victim;
  private Process sleeper;
  private Process listener;

  @BeforeAll
  void begin(@TempDir Path temporary) throws Exception {
    folder = temporary;
    jstack = new Jstack(folder);
    victim = Victim.make(folder.resolve("victim"));
    Path root = jstack.probeRootfs();
    Files.copy(Host.atk(), root.resolve("atk"));
    Files.copy(Host.atk(), root.resolve("suid"));
    assertThat(Command.run("chmod", "4755", root.resolve("suid").toString()).code()).isZero();
    String kmsg = root.resolve("kmsg").toString();
    assertThat(Command.run("mknod", kmsg, "c", "1", "11").code()).isZero();
    Files.createDirectories(root.resolve("mnt"));
    Files.createDirectories(folder.resolve("shared"));
    Files.createDirectories(folder.resolve("mnt"));
    // On a fresh machine its number would be one that a container's own process has, too.
    if (ProcessHandle.current().pid() < 5000) {
      Files.writeString(Path.of("/proc/sys/kernel/ns_last_pid"), "5000");
    }
    sleeper = new ProcessBuilder("sleep", "600").start();
    String[] listen = {Host.atk().toString(), "listen", "@jstack-victim"};
    listener = new ProcessBuilder(listen).start();
    assertThat(listener.getInputStream().read()).isEqualTo('l');
    jstack.manifest(
        """
        name: demo
        services:
          plain: &it
            rootfs: ROOTFS
            command: [/probe, sleep]
            mounts: ["./shared:/s"]
          mapless:
            <<: *it
            namespaces: {user: host}
            security: {allow: [host-user]}
        """);
    jstack.jstack("up", "-d").exits(0);
    mounts();
    cgroups();
    devices();
    kernel();
    processes();
  }

  @AfterAll
  void end() throws Exception {
    sleeper.destroy();
    listener.destroy();
    jstack.close();
  }

  private String place(String name) {
    return folder.resolve(name).toString();
  }

  /** The words inside, and those of the twin where a place or a number is another one. */
  private void attack(String inside, String... twin) {
    attacks.put(inside, twin.length == 0 ? inside : String.join(" ", twin));
  }

  private void mounts() {
    String mnt = folder.resolve("mnt").toString();
    attack("mount tmpfs /mnt", "mount tmpfs", mnt);
    attack("mount proc /mnt", "mount proc", mnt);
    attack("mount sysfs /mnt", "mount sysfs", mnt);
    attack("bind /s /mnt", "bind", victim.folder().toString(), mnt);
    attack("remount /");
    attack("remount /sys");
    attack("remount /dev");
    attack("remount /proc/sys", "remount /proc");
    attack("remount /etc/hosts", "remount /");
    attack("umount /proc/interrupts", "umount", place("u1"));
    // What hides it is the machine's own /dev/null.
    attack("chmod /proc/interrupts", "chmod", "/dev/null");
    attack("chmod /dev/null");
    attack("umount /proc/sys", "umount", place("u2"));
    attack("umount /etc/hosts", "umount", place("u3"));
    attack("open-tree /");
    attack("open-tree /s", "open-tree", victim.folder().toString());
    attack("fsopen tmpfs");
    attack("fsopen proc");
    attack("unshare 0x20000"); // CLONE_NEWNS
    attack("setns /proc/1/ns/mnt", "setns /proc/self/ns/mnt");
    attack("chroot /mnt", "chroot", mnt);
  }

  private boolean isFiltered() throws Exception {
    Path status = Path.of("/proc/" + Jstack.command(jstack.pid("mapless-1")) + "/status");
    return Files.readString(status).contains("Seccomp:\t2");
  }

  private void cgroups() throws Exception {
    String mnt = folder.resolve("mnt").toString();
    attack("mount cgroup /mnt freezer", "mount cgroup", mnt, "freezer");
    attack("mount cgroup2 /mnt", "mount cgroup2", mnt);
    attack("release-agent /mnt no", "release-agent", place("r1"), "no");
    if (isFiltered()) { // a user namespace of one's own is stopped by the filter of system calls
      attack("release-agent /mnt unshare", "release-agent", place("r2"), "no");
      attack("unshare 0x10000000"); // CLONE_NEWUSER
    }
    attack("list /sys/fs/cgroup");
    attack("unshare 0x2000000"); // CLONE_NEWCGROUP
  }

  private void devices() {
    String made = folder.resolve("made").toString();
    attack("device /made c 1 11", "device", made, "c 1 11");
    attack("device /s/made c 1 11", "device", made, "c 1 11");
    attack("device /dev/shm/made c 1 11", "device", made, "c 1 11");
    attack("open /kmsg", "open", folder.resolve("rootfs/kmsg").toString());
    attack("create /dev/new", "create", folder.resolve("new").toString());
    attack("create /sys/new", "create", folder.resolve("new").toString());
    attack("open /dev/tty0", "open /dev/null"); // there is none of the machine's
  }

  private void kernel() throws Exception {
    for (String file :
        List.of(
            "/proc/sys/kernel/core_pattern",
            "/proc/sys/kernel/modprobe",
            "/proc/sys/vm/overcommit_memory",
            "/proc/sys/fs/file-max",
            "/proc/irq/default_smp_affinity",
            "/sys/kernel/mm/transparent_hugepage/enabled",
            "/sys/kernel/uevent_helper",
            "/sys/module/printk/parameters/time")) {
      there(file, "open-write");
    }
    there("/proc/interrupts", "read");
    there("/proc/timer_list", "read");
    there("/sys/firmware", "list");
    there("/sys/dev/block", "list");
    attack("hostname");
    attack("kernel-log");
    attack("bpf");
    attack("perf");
    attack("packets");
  }

  /** An attack on a file that not every kernel has. */
  private void there(String file, String word) throws Exception {
    boolean works = Command.run(Host.atk().toString(), word, file).code() == 0;
    if (Files.exists(Path.of(file), LinkOption.NOFOLLOW_LINKS) && works) {
      attack(word + " " + file);
    }
  }

  private void processes() throws Exception {
    String pid = Long.toString(sleeper.pid());
    attack("ptrace 1", "ptrace", pid);
    attack("peek 1", "peek", pid);
    attack("signal " + pid);
    attack("open /proc/1/fd/100", "open /proc/" + pid + "/fd/0");
    attack("open /proc/1/root", "open /proc/" + pid + "/root");
    attack("open /proc/1/exe", "open /proc/" + pid + "/exe");
    attack("open-write /proc/1/mem", "open-write /proc/" + pid + "/mem");
    attack("set-user /suid", "set-user", folder.resolve("rootfs/suid").toString());
    attack("connect @jstack-victim");
    String control = controlSocket().toString();
    attack("connect " + control);
    String[] name = {Host.atk().toString(), "name-handle", victim.folder() + "/secret"};
    String handle = Command.output(name).strip();
    attack("handle /s " + handle, "handle", folder.resolve("shared").toString(), handle);
    attack("open " + victim.folder() + "/secret");
    attack("open /../../../.." + victim.folder() + "/secret");
  }

  private Path controlSocket() throws Exception {
    try (Stream<Path> sockets = Files.list(jstack.run().resolve(".control"))) {
      return sockets.findFirst().orElseThrow();
    }
  }

  @Test
  void whatRootOfTheMachineCanDoRootOfAContainerCannot() throws Exception {
    Path inside = folder.resolve("shared/attacks");
    Path outside = folder.resolve("twins");
    Files.write(inside, attacks.keySet());
    Files.write(outside, attacks.values());
    Map<String, List<String>> seen = new LinkedHashMap<>();
    for (String service : List.of("plain", "mapless")) {
      String out = jstack.jstack("exec", service, "/atk", "table", "/s/attacks").out();
      seen.put(service, out.lines().toList());
      victim.isAsItWas();
    }
    String[] alone = {
      "unshare",
      "-m",
      "-u",
      "--propagation",
      "private",
      "sh",
      "-ec",
      "cd "
          + folder
          + "; for p in u1 u2 u3; do mkdir $p; mount -t tmpfs tmpfs $p; done;"
          + " chmod 711 .; exec "
          + Host.atk()
          + " table "
          + outside
    };
    List<String> twins = Command.output(alone).lines().toList();
    Attacks report = new Attacks("escapes of root");
    List<String> holes = new ArrayList<>();
    List<String> words = new ArrayList<>(attacks.keySet());
    for (int i = 0; i < words.size(); i++) {
      String twin = twins.get(i);
      if (!twin.endsWith(": done")) {
        holes.add("the twin proves nothing: " + twin);
      }
      for (Map.Entry<String, List<String>> service : seen.entrySet()) {
        String line = service.getValue().get(i);
        if (!line.startsWith(words.get(i) + ": stopped")) {
          holes.add(service.getKey() + ": " + line);
        }
        String how = line.substring(line.lastIndexOf(": ") + 2);
        report.stopped(service.getKey() + ": " + words.get(i), how, "twin " + twin);
      }
    }
    assertThat(holes).isEmpty();
    assertThat(report.size()).isGreaterThan(80);
    report.write();
  }
}
