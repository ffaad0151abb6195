package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jstack.support.Crash;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets and configs reach who shall have them, and nobody else. */
class SecretScenario {
  private static final String STACK =
      """
      name: demo
      services:
        web:
          rootfs: BUSYBOX
          user: "1000:1000"
          command: [/bin/sleep, "1000"]
          secrets:
            - db_password
            - {source: token, target: api, uid: 7, gid: 8, mode: "0440"}
          configs:
            - app
            - {source: page, target: /etc/page.html, mode: "0644", uid: 1000}
      secrets:
        db_password: {file: ./password.txt}
        token: {file: ./token.txt}
      configs:
        app: {content: "debug: false"}
        page: {file: ./page.html}
      """;

  private static final String PASSWORD = "xyzzy-plugh-1977";

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    Files.writeString(folder.resolve("password.txt"), PASSWORD);
    Files.writeString(folder.resolve("token.txt"), "tok");
    Files.writeString(folder.resolve("page.html"), "<p>one");
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private Jstack.Result inside(String script) throws Exception {
    return jstack.jstack("exec", "-T", "web", "/bin/sh", "-c", script);
  }

  @Test
  void aSecretLiesInMemoryAndBelongsToWhoReadsIt() throws Exception {
    jstack.manifest(STACK).jstack("up", "-d").exits(0);
    inside("cat /run/secrets/db_password; grep ' /run/secrets ' /proc/mounts")
        .exits(0)
        .prints(PASSWORD)
        .prints(" /run/secrets tmpfs ro,nosuid,nodev,noexec");
    inside("stat -c '%n %u:%g %a' /run/secrets/* /app /etc/page.html")
        .exits(0)
        .prints("/run/secrets/api 7:8 440")
        .prints("/run/secrets/db_password 1000:1000 400")
        .prints("/app 0:0 444")
        .prints("/etc/page.html 1000:0 644");
    assertThat(inside("cat /run/secrets/api").code()).isNotZero();
    assertThat(inside("echo x > /etc/page.html").err()).contains("Read-only file system");
    inside("cat /app /etc/page.html").prints("debug: false").prints("<p>one");
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    jstack.jstack("restart", "web").exits(0);
    inside("cat /run/secrets/db_password").exits(0).prints(PASSWORD);
  }

  @Test
  void aSecretOfAUserWithANameIsThatUsers() throws Exception {
    Path etc = Files.createDirectories(jstack.busyboxRootfs().resolve("etc"));
    Files.writeString(etc.resolve("passwd"), "root:x:0:0::/:/bin/sh\napp:x:1234:5678::/:/bin/sh\n");
    Files.writeString(etc.resolve("group"), "audio:x:29:\n");
    String named = STACK.replace("\"1000:1000\"", "app");
    jstack.manifest(named).jstack("up", "-d").exits(0);
    inside("stat -c '%n %u:%g %a' /run/secrets/*; cat /run/secrets/db_password")
        .exits(0)
        .prints("/run/secrets/api 7:8 440")
        .prints("/run/secrets/db_password 1234:5678 400")
        .prints(PASSWORD);
    jstack.manifest(STACK.replace("\"1000:1000\"", "app:audio")).jstack("up", "-d").exits(0);
    inside("stat -c '%u:%g' /run/secrets/db_password").prints("1234:29");
    jstack.jstack("config").exits(0);
    jstack
        .manifest(STACK.replace("\"1000:1000\"", "ghost"))
        .jstack("up", "-d")
        .exits(1)
        .says("jstack.yaml:8:9")
        .says("no user \"ghost\" in /etc/passwd of the container");
  }

  @Test
  void changedContentIsAChangeAndNothingPrintedOrKeptHasIt() throws Exception {
    jstack.manifest(STACK).jstack("up", "-d").exits(0);
    List<String> said = new ArrayList<>();
    Files.writeString(folder.resolve("password.txt"), PASSWORD + "2");
    Files.writeString(folder.resolve("page.html"), "<p>two");
    said.add(
        jstack
            .jstack("plan", "--exit-code")
            .exits(2)
            .prints("secret db_password: content changed")
            .prints("config page: content changed")
            .out());
    said.add(jstack.jstack("up", "-d").exits(0).says("content changed").err());
    inside("cat /run/secrets/db_password /etc/page.html").prints(PASSWORD + "2").prints("<p>two");
    for (String verb : List.of("config", "explain", "ps", "plan", "report", "logs")) {
      Jstack.Result result = jstack.jstack(verb).exits(0);
      said.add(result.out() + result.err());
    }
    assertThat(String.join("", said)).doesNotContain(PASSWORD);
    assertThat(holders(jstack.run())).allMatch(file -> file.startsWith("secret.db_password."));
    assertThat(holders(jstack.home())).isEmpty();
    jstack.jstack("down").exits(0);
    assertThat(jstack.run().resolve("demo")).doesNotExist();
  }

  /** A run that is killed takes none away too early, and the next one finds what it left. */
  @Test
  void aReplacedSecretGoesWithApplyAndAfterAKill() throws Exception {
    Crash crash = new Crash(folder);
    Crash.Start apply =
        wish -> jstack.startCommand("env", "JSTACK_CRASH=" + wish, jstack.command(), "apply", "p");
    jstack.manifest(STACK).jstack("up", "-d").exits(0);
    assertThat(stored("secret.db_password.")).hasSize(1);
    Files.writeString(folder.resolve("password.txt"), PASSWORD + "2");
    jstack.jstack("plan", "-o", "p").exits(0);
    List<String> steps = crash.steps(apply);
    inside("cat /run/secrets/db_password").prints(PASSWORD + "2");
    assertThat(stored("secret.db_password.")).as("only the new one").hasSize(1);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");

    Files.writeString(folder.resolve("password.txt"), PASSWORD + "3");
    jstack.jstack("plan", "-o", "p").exits(0);
    int sweep = steps.indexOf("remove a stored file") + 1;
    assertThat(crash.at(sweep, apply)).isEqualTo("remove a stored file");
    assertThat(stored("secret.db_password.")).hasSize(2);
    inside("cat /run/secrets/db_password").prints(PASSWORD + "3");
    jstack.jstack("up", "-d").exits(0).says("nothing to do"); // it may belong to a run
    for (String name : stored("secret.")) {
      Path file = jstack.run().resolve("demo/.files").resolve(name);
      Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
    }
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    assertThat(stored("secret.db_password.")).hasSize(1);

    Files.writeString(folder.resolve("password.txt"), PASSWORD + "4");
    jstack.jstack("plan", "-o", "p").exits(0);
    int before = steps.indexOf("start the launcher") + 1;
    assertThat(crash.at(before, apply)).isEqualTo("start the launcher");
    assertThat(stored("secret.db_password.")).hasSizeBetween(1, 2);
    jstack.jstack("up", "-d").exits(0);
    inside("cat /run/secrets/db_password").prints(PASSWORD + "4");
  }

  private List<String> stored(String prefix) throws Exception {
    List<String> names = new ArrayList<>();
    try (Stream<Path> all = Files.walk(jstack.run())) {
      all.map(path -> String.valueOf(path.getFileName()))
          .filter(name -> name.startsWith(prefix))
          .forEach(names::add);
    }
    return names;
  }

  /** Not so well hidden, but nothing that everybody's terminal or a CI's log should have. */
  @Test
  void variablesOfASecretNameAreShownByNoVerbUnlessAsked() throws Exception {
    Files.writeString(folder.resolve("e.env"), "API_TOKEN=in-a-file\n");
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: BUSYBOX
            command: [/bin/sleep, "1000"]
            network_mode: none
            environment: {DB_PASSWORD: in-the-manifest, SHOWN: yes}
            env_file: ./e.env
            healthcheck: {test: [CMD, "true"]}
            post_start: [{command: ["true"], environment: {HOOK_SECRET: in-a-hook}}]
        """);
    jstack.jstack("up", "-d").exits(0);
    String[][] calls = {
      {"validate"},
      {"config"},
      {"explain"},
      {"plan"},
      {"plan", "--format", "json"},
      {"verify"},
      {"ps", "-a", "--format", "json"},
      {"stats", "--no-stream"},
      {"top"},
      {"report"},
      {"logs"},
    };
    for (String[] call : calls) {
      Jstack.Result result = jstack.jstack(call);
      assertThat(result.out() + result.err())
          .as(String.join(" ", call))
          .doesNotContain("in-the-manifest", "in-a-file", "in-a-hook");
    }
    jstack.jstack("explain").exits(0).prints("DB_PASSWORD=***").prints("SHOWN=yes");
    jstack
        .jstack("explain", "--show-secrets")
        .exits(0)
        .prints("in-the-manifest")
        .prints("in-a-file")
        .prints("in-a-hook");
  }

  /** The names of all files in which the password stands, in the places of jstack's own. */
  private static List<String> holders(Path directory) throws Exception {
    List<String> names = new ArrayList<>();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.filter(Files::isRegularFile).toList()) {
        if (Files.readString(path, StandardCharsets.ISO_8859_1).contains(PASSWORD)) {
          assertThat(Files.getAttribute(path, "unix:mode")).isEqualTo(0100400);
          names.add(path.getFileName().toString());
        }
      }
    }
    return names;
  }
}
