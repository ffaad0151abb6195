package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.linux.Architecture;
import jstack.linux.SyscallTable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which calls the kernel takes from a container: the table, held against what happens inside. */
@Tag("kernel")
class SeccompScenario {
  private static final Path TABLE = Path.of("src/main/resources/jstack/program/seccomp.txt");

  @TempDir Path folder;
  private Jstack jstack;
  private final Map<String, Integer> numbers = new LinkedHashMap<>();

  @BeforeEach
  void begin() throws Exception {
    SyscallTable.of(Architecture.current().orElseThrow())
        .names()
        .forEach((number, name) -> numbers.put(name, number));
    jstack = new Jstack(folder);
    jstack.manifest(
        """
        name: demo
        services:
          web: &web
            rootfs: ROOTFS
            command: [/probe, sleep]
            network_mode: none
          open:
            <<: *web
            security_opt: [seccomp=unconfined]
            security: {allow: [seccomp-unconfined]}
          own:
            <<: *web
            security_opt: [seccomp=./profile.json]
        """);
    Files.writeString(
        folder.resolve("profile.json"),
        """
        {
        \t"defaultAction": "SCMP_ACT_ALLOW",
        \t"syscalls": [
        \t\t{"names": ["uname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 74},
        \t\t{"names": ["close_range", "prctl"], "action": "SCMP_ACT_ERRNO"},
        \t\t{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97,
        \t\t "args": [{"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]}
        \t]
        }
        """);
    jstack.jstack("up", "-d").exits(0);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private Map<String, String> calls(String service, List<String> specs) throws Exception {
    List<String> words = new ArrayList<>(List.of("exec", service, "/probe", "calls"));
    words.addAll(specs);
    Map<String, String> seen = new LinkedHashMap<>();
    String out = jstack.jstack(words.toArray(String[]::new)).exits(0).out();
    out.lines().forEach(line -> seen.put(line.split(" ", 2)[0], line.split(" ", 2)[1]));
    return seen;
  }

  private String spec(String call, String... arguments) {
    return numbers.get(call) + (arguments.length == 0 ? "" : ":" + String.join(":", arguments));
  }

  /** What the table says of calls that no argument lets through, read as a person would. */
  private Map<String, String> closed() throws Exception {
    Map<String, String> closed = new LinkedHashMap<>();
    for (String line : Files.readAllLines(TABLE)) {
      String[] words = line.replaceFirst("#.*", "").strip().split(" +", -1);
      if (words.length < 2 || !numbers.containsKey(words[0]) || line.contains(" if ")) {
        continue;
      }
      String errno = words[1].equals("absent") ? "ENOSYS" : "EPERM";
      if (!words[1].equals("allow") || line.contains(" with ")) {
        closed.putIfAbsent(words[0], errno);
      }
    }
    closed.keySet().removeAll(List.of("clone", "socket"));
    return closed;
  }

  @Test
  void everyClosedCallFailsAsTheTableSaysAndNotWithoutTheFilter() throws Exception {
    Map<String, String> closed = closed();
    Map<String, String> expected = new LinkedHashMap<>();
    List<String> specs = new ArrayList<>();
    for (Map.Entry<String, String> call : closed.entrySet()) {
      specs.add(spec(call.getKey()));
      expected.put(spec(call.getKey()), call.getValue());
    }
    for (int number : new int[] {471, 500, 512, 547, 600, 1_000_000}) {
      specs.add(Integer.toString(number));
      expected.put(Integer.toString(number), "ENOSYS");
    }
    assertThat(expected).hasSizeGreaterThan(85);
    assertThat(calls("web", specs)).isEqualTo(expected);
    // Nonsense for arguments: without the filter most of them fail otherwise, or not at all.
    Map<String, String> open = calls("open", List.of(spec("keyctl"), spec("userfaultfd")));
    assertThat(open.values()).doesNotContain("EPERM");
  }

  @Test
  void anArgumentCannotHideBehindItsHighHalf() throws Exception {
    Map<String, String> seen =
        calls(
            "web",
            List.of(
                spec("ioctl", "0", "0x5412"),
                spec("ioctl", "0", "0x12300005412"),
                spec("ioctl", "0", "0x541c"),
                spec("ioctl", "0", "0x5413"),
                spec("socket", "38", "5", "0"),
                spec("socket", "40", "1", "0"),
                spec("socket", "17", "3", "0"),
                spec("socket", "0x100000026", "5", "0"),
                spec("socket", "1", "1", "0"),
                spec("socket", "16", "3", "0"),
                spec("clone", "0x10000011", "0", "0", "0", "0"),
                spec("clone", "0x20011", "0", "0", "0", "0"),
                spec("clone", "0x140000011", "0", "0", "0", "0"),
                spec("personality", "0x40000"),
                spec("personality", "0xffffffff")));
    assertThat(seen.values())
        .containsExactly(
            "EPERM", "EPERM", "EPERM", "ENOTTY", "EPERM", "EPERM", "EPERM", "EPERM", "ok", "ok",
            "EPERM", "EPERM", "EPERM", "EPERM", "ok");
    Map<String, String> open =
        calls(
            "open",
            List.of(
                spec("ioctl", "0", "0x12300005412"),
                spec("socket", "38", "5", "0"),
                spec("clone", "0x10000011", "0", "0", "0", "0"),
                spec("personality", "0x40000")));
    assertThat(open.values()).doesNotContain("EPERM").contains("ok");
  }

  @Test
  void theOtherKindsOfCallAreClosed() throws Exception {
    if (Architecture.current().orElseThrow() != Architecture.X86_64) {
      return;
    }
    List<String> x32 = new ArrayList<>();
    for (String name : List.of("getpid", "mount", "keyctl", "ptrace", "execve", "ioctl")) {
      x32.add(Long.toString(0x4000_0000L | numbers.get(name)));
    }
    x32.add("i386");
    Map<String, String> seen = calls("web", x32);
    String i386 = seen.remove("i386");
    assertThat(seen.values()).hasSize(6).containsOnly("ENOSYS");
    if (calls("open", List.of("i386")).containsValue("ok")) {
      assertThat(i386).isEqualTo("SIGSYS");
      assertThat(calls("own", List.of("i386"))).containsEntry("i386", "SIGSYS");
    } else {
      System.out.println("not shown on this kernel, which has no 32-bit calls: how they end");
      assertThat(i386).isEqualTo("SIGSEGV");
    }
  }

  @Test
  void aServiceItsExecAndItsRunHaveTheSameFilter() throws Exception {
    for (String service : List.of("web", "own", "open")) {
      String expected = service.equals("open") ? "Seccomp:\t0" : "Seccomp:\t2";
      assertThat(
              jstack.jstack("exec", service, "/probe", "cat", "/proc/self/status").exits(0).out())
          .as(service)
          .contains(expected);
      assertThat(jstack.jstack("exec", service, "/probe", "cat", "/proc/2/status").exits(0).out())
          .as(service)
          .contains(expected);
    }
    String run = jstack.jstack("run", "--rm", "web", "/probe", "cat", "/proc/self/status").out();
    assertThat(run).contains("Seccomp:\t2", "Seccomp_filters:\t1");
    jstack.jstack("explain", "web").exits(0).prints("seccomp  # default filter");
    jstack.jstack("explain", "open").exits(0);
    assertThat(jstack.jstack("explain", "open").out()).doesNotContain("seccomp  #");
  }

  /** One that refuses what the helper itself does before the command hides nothing from it. */
  @Test
  void aProfileOfOnesOwnDecidesInTheServiceAndInExec() throws Exception {
    Map<String, String> seen =
        calls(
            "own",
            List.of(
                spec("uname"),
                spec("socket", "2", "1", "0"),
                spec("socket", "0x100000002", "1", "0"),
                spec("socket", "10", "1", "0"),
                spec("close_range", "100", "200", "0")));
    assertThat(seen.values())
        .containsExactly("EBADMSG", "EAFNOSUPPORT", "EAFNOSUPPORT", "ok", "EPERM");
    Path profile = folder.resolve("profile.json");
    Files.writeString(profile, Files.readString(profile).replace("74", "75"));
    jstack.jstack("plan").prints("security_opt: seccomp filter ");
    jstack.jstack("up", "-d").exits(0);
    assertThat(calls("own", List.of(spec("uname")))).containsValue("EOVERFLOW");
  }
}
