package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import jstack.linux.MountInfo;
import jstack.support.Command;
import jstack.support.Host;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What the two widest doors open, as the machine's kernel tells it, and what stays shut. */
@Tag("kernel")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrivilegedScenario {
  private static final long SYS_ADMIN = 1L << 21;

  private Jstack jstack;

  @BeforeAll
  void begin(@TempDir Path folder) throws Exception {
    jstack = new Jstack(folder);
    Path root = jstack.probeRootfs();
    Files.copy(Host.probe(), root.resolve("suid"));
    assertThat(Command.run("chmod", "4755", root.resolve("suid").toString()).code()).isZero();
    Files.copy(Host.atk(), root.resolve("atk"));
    Files.writeString(
        folder.resolve("open.json"),
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"uname\"], \"action\":"
            + " \"SCMP_ACT_ERRNO\", \"errnoRet\": 74}]}");
    jstack.manifest(
        """
        name: demo
        services:
          plain: &it
            rootfs: ROOTFS
            command: [/probe, sleep]
            network_mode: none
            user: "1000:1000"
          gains:
            <<: *it
            security_opt: [no-new-privileges:false]
            security: {allow: [new-privileges]}
          filtered:
            <<: *it
            security_opt: [no-new-privileges:false, seccomp=./open.json]
            healthcheck: {test: [CMD, /suid, write, /healthy, x], interval: 1s}
            security: {allow: [new-privileges]}
          all: &all
            <<: *it
            user: "0"
            privileged: true
            security: {allow: [privileged]}
          real:
            <<: *all
            userns_mode: host
            security: {allow: [privileged, host-user]}
          less:
            <<: *all
            cap_drop: [SYS_ADMIN]
            security_opt: [no-new-privileges:true, seccomp=default]
        """);
    jstack.jstack("up", "-d", "--wait").exits(0);
  }

  @AfterAll
  void end() throws Exception {
    jstack.close();
  }

  private static Map<String, String> status(String text) {
    Map<String, String> status = new TreeMap<>();
    for (String line : text.split("\n")) {
      status.put(line.split(":", 2)[0], line.split(":", 2)[1].strip());
    }
    return status;
  }

  private Map<String, String> first(String service) throws Exception {
    long pid = Jstack.command(jstack.pid(service + "-1"));
    return status(Files.readString(Path.of("/proc/" + pid + "/status")));
  }

  private Map<String, String> exec(String service, String program) throws Exception {
    return status(
        jstack.jstack("exec", "-T", service, program, "cat", "/proc/self/status").exits(0).out());
  }

  private static long hex(Map<String, String> status, String set) {
    return Long.parseUnsignedLong(status.get(set), 16);
  }

  private Map<String, MountInfo> mounts(String service) throws Exception {
    Map<String, MountInfo> mounts = new TreeMap<>();
    long pid = jstack.pid(service + "-1");
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/mountinfo"))) {
      MountInfo.parse(line).ifPresent(mount -> mounts.put(mount.mountPoint(), mount));
    }
    return mounts;
  }

  @Test
  void aSetUserIdProgramMakesRootOnlyWhereThatWasOpened() throws Exception {
    for (String service : List.of("gains", "filtered")) {
      Map<String, String> first = first(service);
      assertThat(first.get("NoNewPrivs")).as(service).isEqualTo("0");
      assertThat(first.get("Seccomp")).as(service).isEqualTo("2");
      assertThat(hex(first, "CapEff")).as("a user without capabilities").isZero();
      assertThat(hex(first, "CapPrm")).isZero();
      assertThat(hex(first, "CapBnd")).isEqualTo(0x4fb);
      Map<String, String> root = exec(service, "/suid");
      assertThat(root.get("Uid").split("\\s+", -1)).containsExactly("1000", "0", "0", "0");
      assertThat(hex(root, "CapEff")).as("root, of the eight").isEqualTo(0x4fb);
      assertThat(root.get("Seccomp")).isEqualTo("2");
      assertThat(mounts(service).get("/").options()).doesNotContain("nosuid").contains("nodev");
    }
    Map<String, String> stays = exec("plain", "/suid");
    assertThat(stays.get("Uid").split("\\s+", -1)).containsOnly("1000");
    assertThat(stays.get("NoNewPrivs")).isEqualTo("1");
    assertThat(mounts("plain").get("/").options()).contains("nosuid", "nodev");
    jstack.jstack("verify").exits(0);
  }

  @Test
  void aPrivilegedOneHasWhatTheMachineHas() throws Exception {
    long there = hex(status(Files.readString(Path.of("/proc/self/status"))), "CapBnd");
    for (String service : List.of("all", "real")) {
      for (Map<String, String> seen : List.of(first(service), exec(service, "/probe"))) {
        for (String set : List.of("CapEff", "CapPrm", "CapBnd")) {
          long has = hex(seen, set);
          assertThat(has & there).as(service + " " + set).isEqualTo(there);
        }
        assertThat(hex(seen, "CapInh") | hex(seen, "CapAmb")).isZero();
        assertThat(seen).containsEntry("NoNewPrivs", "0").containsEntry("Seccomp", "0");
      }
      Map<String, MountInfo> mounts = mounts(service);
      assertThat(mounts.get("/").options()).doesNotContain("nosuid", "nodev");
      assertThat(mounts.get("/sys").options()).contains("rw");
      assertThat(mounts.get("/dev").options()).contains("rw");
      assertThat(mounts.keySet())
          .noneMatch(place -> place.startsWith("/proc/") || place.startsWith("/sys/"));
    }
    assertThat(mounts("plain")).containsKeys("/proc/sys", "/sys/firmware");
  }

  @Test
  void everyDeviceOfTheMachineIsThereWithItsOwner() throws Exception {
    String seen = "/proc/" + jstack.pid("real-1") + "/root/dev";
    TreeSet<String> missing = new TreeSet<>();
    try (Stream<Path> machine = Files.list(Path.of("/dev"))) {
      for (Path node : machine.toList()) {
        int kind = (Integer) Files.getAttribute(node, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        boolean device = (kind & 0170000) == 0060000 || (kind & 0170000) == 0020000;
        Path inside = Path.of(seen).resolve(node.getFileName());
        if (device && !node.endsWith("console") && !node.endsWith("ptmx")) {
          boolean same =
              Files.exists(inside, LinkOption.NOFOLLOW_LINKS)
                  && Files.getAttribute(inside, "unix:rdev")
                      .equals(Files.getAttribute(node, "unix:rdev"));
          if (!same) {
            missing.add(node.toString());
          }
        }
      }
    }
    assertThat(missing).isEmpty();
    // The door of devices is open: the kernel's log, which no other container may read.
    jstack.jstack("exec", "-T", "real", "/atk", "open", "/dev/kmsg").exits(0);
    assertThat(jstack.jstack("exec", "-T", "plain", "/atk", "open", "/dev/kmsg").code())
        .isNotZero();
  }

  @Test
  void whatItMayNotHaveIsTakenFromIt() throws Exception {
    Map<String, String> less = first("less");
    assertThat(hex(less, "CapBnd") & SYS_ADMIN).isZero();
    assertThat(hex(less, "CapBnd") & 0x4fb).isEqualTo(0x4fb);
    assertThat(less).containsEntry("NoNewPrivs", "1").containsEntry("Seccomp", "2");
  }

  /** The same deeds without walls, so that no wall of the others stands for lack of a tool. */
  @Test
  void whatIsStoppedElsewhereWorksHere() throws Exception {
    String[] deeds = {
      "kernel-log",
      "unshare 131072",
      "mount tmpfs /dev/shm",
      "open-write /proc/sys/vm/overcommit_ratio",
      "open-write /sys/kernel/mm/transparent_hugepage/enabled",
      "open /dev/kmsg",
    };
    for (String deed : deeds) {
      String[] words = ("exec -T -u 0 SERVICE /atk " + deed).split(" ", -1);
      Map<String, String> seen = new TreeMap<>();
      for (String service : List.of("plain", "all", "real")) {
        words[4] = service;
        seen.put(service, jstack.jstack(words).out().strip());
      }
      assertThat(seen.get("real")).as(deed).isEqualTo("done");
      assertThat(seen.get("plain")).as(deed).startsWith("stopped");
      // Its user namespace stands between the machine and one that is privileged in its own alone.
      if (!deed.startsWith("unshare")) {
        assertThat(seen.get("all")).as(deed).startsWith("stopped");
      }
    }
  }

  /** Its namespaces are its own: root in it is nobody outside, unless that is opened as well. */
  @Test
  void itsUserNamespaceStays() throws Exception {
    assertThat(first("all").get("Uid")).doesNotStartWith("0\t");
    assertThat(first("real").get("Uid")).startsWith("0\t");
    for (String kind : List.of("mnt", "pid", "net", "ipc", "uts", "cgroup")) {
      assertThat(Jstack.namespace(jstack.pid("real-1"), kind))
          .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/" + kind)).toString());
    }
  }

  @Test
  void whatIsOpenIsSaid() throws Exception {
    jstack.jstack("plan").exits(0).prints("privileged is open: it has every capability");
    jstack.jstack("config").exits(0).prints("privileged: true").says("new-privileges is open");
    jstack.jstack("explain", "all").exits(0).prints("find @").prints("suid,dev /");
  }
}
