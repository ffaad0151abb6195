package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jstack.support.Attacks;
import jstack.support.Command;
import jstack.support.Host;
import jstack.support.Victim;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who calls jstack has descriptors, groups, capabilities, variables and signals of its own: none of
 * them gets into a container (CVE-2024-21626, CVE-2022-24769, CVE-2022-2989, CVE-2020-14370).
 */
@Tag("kernel")
class HostileCallerScenario {
  private static final String SECRET = "wh4t-n0b0dy-inside-kn0ws";

  @TempDir Path folder;
  private Jstack jstack;
  private Victim victim;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    victim = Victim.make(folder.resolve("victim"));
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
    victim.isAsItWas();
  }

  /** Descriptors 10 to 14, groups, inheritable and ambient capabilities, a variable, signals. */
  private String[] loaded(String... command) {
    String open = "exec 10</ 11<%s 12<%s/secret 13>>%s/secret 14</proc; ";
    String script =
        "trap '' INT USR1; umask 000; ulimit -c unlimited; "
            + open.replace("%s", victim.folder().toString())
            + "export AWS_SECRET_ACCESS_KEY="
            + SECRET
            + "; exec \"$@\"";
    List<String> words = new ArrayList<>();
    words.addAll(List.of("setpriv", "--groups", "10,20", "--inh-caps", "+net_raw,+sys_admin"));
    words.addAll(List.of("--ambient-caps", "+net_raw,+sys_admin", "bash", "-c", script, "bash"));
    words.addAll(List.of(command));
    return words.toArray(String[]::new);
  }

  @Test
  void nothingOfTheCallerGetsInto() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          plain: {rootfs: ROOTFS, command: [/probe, sleep]}
          mapless: {rootfs: ROOTFS, command: [/probe, sleep], namespaces: {user: host}, security: {allow: [host-user]}}
        """);
    String twin = Command.output(loaded(Host.probe().toString()));
    assertThat(twin).contains(SECRET).contains("Groups:\\u000910 20").contains("\"12\": \"");
    assertThat(twin)
        .contains("CapAmb:\\u00090000000000202000")
        .containsPattern("SigIgn:[^,]*202\"");
    jstack.finish(jstack.startCommand(loaded(jstack.command(), "up", "-d")), "").exits(0);
    for (String container : List.of("plain-1", "mapless-1")) {
      long pid = Jstack.command(jstack.pid(container));
      assertThat(new DefaultWalls(pid).broken()).as(container).isEmpty();
    }
    for (String[] verb : new String[][] {{"exec", "plain"}, {"run", "--rm", "mapless"}}) {
      String[] words = loaded(jstack.command(), verb[0], verb[1]);
      List<String> all = new ArrayList<>(List.of(words));
      all.addAll(List.of(verb).subList(2, verb.length));
      all.add("/probe");
      String seen =
          jstack.finish(jstack.startCommand(all.toArray(String[]::new)), "").exits(0).out();
      assertThat(seen).doesNotContain(SECRET).doesNotContain(victim.folder().toString());
      assertThat(seen).contains("CapInh:\\u00090000000000000000").contains("Groups:\\u0009 ");
      assertThat(seen).contains("CapAmb:\\u00090000000000000000").contains("\"core\": 0");
      assertThat(seen).contains("SigIgn:\\u00090000000000000000").contains("\"umask\": \"022\"");
      assertThat(seen)
          .containsPattern("\"fds\": \\{\"0\": \"[^\"]*\", \"1\": \"[^\"]*\", \"2\": \"[^\"]*\"}");
    }
    assertThat(filesThatSay(jstack.run())).isEmpty();
    assertThat(filesThatSay(jstack.home())).isEmpty();
    Attacks report = new Attacks("what a caller has");
    for (String what :
        List.of(
            "descriptors", "groups", "capabilities", "variables", "signals", "umask", "limits")) {
      report.stopped(
          what + " by up, run and exec", "none inside", "twin: a program of the machine has them");
    }
    report.write();
  }

  private static List<Path> filesThatSay(Path top) throws IOException {
    try (Stream<Path> all = Files.walk(top)) {
      List<Path> files = all.filter(Files::isRegularFile).toList();
      List<Path> found = new ArrayList<>();
      for (Path file : files) {
        if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(SECRET)) {
          found.add(file);
        }
      }
      return found;
    }
  }

  @Test
  void noDescriptorIsAWorkingDirectory() throws Exception {
    StringBuilder services = new StringBuilder("name: demo\nservices:\n");
    int[] numbers = {3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14};
    for (int number : numbers) {
      for (String process : List.of("self", "1")) {
        services.append(
            "  w%s%d: {rootfs: ROOTFS, command: [/probe], working_dir: /proc/%s/fd/%d, namespaces: {user: host}, security: {allow: [host-user]}}\n"
                .formatted(process, number, process, number));
      }
    }
    services.append("  live: {rootfs: ROOTFS, command: [/probe, sleep]}\n");
    jstack.manifest(services.toString());
    Attacks report = new Attacks("working directories");
    jstack.jstack("up", "-d", "live").exits(0);
    Jstack.Result up = jstack.finish(jstack.startCommand(loaded(jstack.command(), "up", "-d")), "");
    assertThat(up.code()).isNotZero();
    for (int number : numbers) {
      for (String process : List.of("self", "1")) {
        String path = "/proc/" + process + "/fd/" + number;
        assertThat(up.err()).contains("cannot enter the working directory " + path + ":");
        report.stopped("up " + path, "refused before exec", "twin: the caller's own can");
      }
    }
    String[] twin = loaded("sh", "-c", "cd /proc/self/fd/11 && cat secret");
    assertThat(Command.output(twin)).contains("known bytes");
    for (String path : List.of("/proc/self/fd/11", "/proc/1/root", "/proc/self/cwd")) {
      String[] words = loaded(jstack.command(), "exec", "-w", path, "live", "/probe");
      jstack
          .finish(jstack.startCommand(words), "")
          .exits(125)
          .says("cannot enter the working directory " + path);
      report.stopped("exec " + path, "refused before exec", "twin: the caller's own can");
    }
    report.write();
  }
}
