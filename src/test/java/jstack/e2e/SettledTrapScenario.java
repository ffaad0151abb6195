package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What looks as it was when nothing was to be done, and is not. */
@Tag("kernel")
class SettledTrapScenario {
  private static final String STACK =
      """
      name: demo
      services:
        web:
          rootfs: ROOTFS
          command: [/probe, sleep]
          network_mode: none
          environment: {WHO: "${WHO:-nobody}"}
          configs: [empty]
      configs: {empty: {file: ./empty.txt}}
      """;

  @TempDir Path folder;
  private Jstack jstack;
  private Path classes;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder).trusting();
    classes = jstack.classLog();
    Files.createFile(folder.resolve("empty.txt"));
    jstack.manifest(STACK);
  }

  @AfterEach
  void end() throws Exception {
    jstack.jstack("down", "-p", "demo");
    jstack.close();
  }

  private void settles(String... words) throws Exception {
    jstack.jstack(words).exits(0);
    jstack.jstack(words).exits(0).says("nothing to do");
    isSettled(words);
  }

  private void isSettled(String... words) throws Exception {
    jstack.jstack(words).exits(0).says("nothing to do");
    assertThat(Files.readString(classes)).as("planned").doesNotContain("yaml.YamlReader");
  }

  /** Each login and each start of a unit has some of its own. */
  @Test
  void onlyTheVariablesThatWereAskedForCount() throws Exception {
    Files.writeString(folder.resolve(".env"), "GREETING=hello\nBOTH=${THIRD:-x}\nTOKEN=1\n");
    Files.writeString(folder.resolve("web.env"), "SAID=${GREETING} ${FOURTH-}\n");
    jstack.manifest(
        STACK
                .replace(
                    "    configs: [empty]",
                    "    env_file: [web.env]\n    secrets: [t]\n    configs: [empty]")
                .replace("nobody}", "nobody} ${BOTH}")
            + "secrets: {t: {environment: TOKEN}}\n");
    settles("up", "-d");
    jstack.variable("SSH_CLIENT", "192.0.2.1 50022 22");
    isSettled("up", "-d");
    for (String name : List.of("WHO", "BOTH", "GREETING", "FOURTH", "TOKEN")) {
      jstack.variable(name, "me");
      jstack.jstack("up", "-d").says("web-1  started");
      settles("up", "-d");
    }
    jstack.variable("THIRD", "me");
    isPlanned("up", "-d");
  }

  private void isPlanned(String... words) throws Exception {
    jstack.jstack(words).exits(0);
    assertThat(Files.readString(classes)).as("not planned").contains("yaml.YamlReader");
  }

  /** The same words lead to other files. */
  @Test
  void whereAFileIsLookedForIsAWordToo() throws Exception {
    for (String name : List.of("one", "two")) {
      Files.writeString(
          Files.createDirectory(folder.resolve(name)).resolve("v.env"), "WHO=" + name);
    }
    String manifest = folder.resolve("jstack.yaml").toString();
    settles("up", "-d", "--project-directory", "one", "--env-file", "v.env", "-f", manifest);
    jstack
        .jstack("up", "-d", "--project-directory", "two", "--env-file", "v.env", "-f", manifest)
        .says("web-1  started");
  }

  /** For the kernel a/../b is beside what the link a leads to; see path_resolution(7). */
  @Test
  void aPathWithDotsIsNotTheOneWithoutThem() throws Exception {
    Path other = Files.createDirectories(folder.resolve("other/below"));
    Files.createSymbolicLink(folder.resolve("link"), other);
    Files.writeString(
        folder.resolve("other/jstack.yaml"),
        Files.readString(folder.resolve("jstack.yaml")).replace("nobody", "somebody"));
    settles("up", "-d", "-f", "link/../jstack.yaml");
    jstack.jstack("up", "-d", "-f", "jstack.yaml").says("web-1  started");
  }

  @Test
  void aFileOfThatNameIsNotTheStandardInput() throws Exception {
    Files.move(folder.resolve("jstack.yaml"), folder.resolve("-"));
    settles("up", "-d", "-f", "./-");
    jstack.jstack("up", "-d", "-f", "-").exits(65);
    Files.move(folder.resolve("-"), folder.resolve("jstack.yaml"));
  }

  @Test
  void anEmptyFileIsNotOneThatIsNotThere() throws Exception {
    Path variables = Files.createFile(folder.resolve("v.env"));
    settles("up", "-d", "--env-file", "v.env");
    Files.delete(variables);
    jstack.jstack("up", "-d", "--env-file", "v.env").exits(65).says("no such file");
    Files.createSymbolicLink(variables, Path.of("/proc/kmsg"));
    jstack.jstack("up", "-d", "--env-file", "v.env").exits(65).says("may never end");
    Files.delete(variables);
    Files.createFile(variables);
    settles("up", "-d", "--env-file", "v.env");
    Path kept = onlyOne(jstack.run().resolve("demo/.files"));
    Files.delete(kept);
    jstack.jstack("up", "-d", "--env-file", "v.env").exits(0);
    assertThat(kept).isEmptyFile();
  }

  private static Path onlyOne(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.findFirst().orElseThrow();
    }
  }

  /** Nobody reads on and on to find out that it is another one. */
  @Test
  void whatNeverEndsInThePlaceOfAFileIsRefusedAsEver() throws Exception {
    Path variables = folder.resolve(".env");
    Files.writeString(variables, "A=1\n");
    settles("up", "-d");
    Files.delete(variables);
    Files.createSymbolicLink(variables, Path.of("/proc/kmsg"));
    jstack.jstack("up", "-d").exits(65).says("may never end");
    Files.delete(variables);
    large(variables);
    jstack.jstack("up", "-d").exits(65).says("is larger than the limit");
    Files.delete(variables);
    large(folder.resolve("jstack.yaml"));
    jstack.jstack("up", "-d").exits(65).says("is larger than the limit");
    jstack.jstack("up", "-d", "-f", "/proc/kmsg").exits(65).says("may never end");
    Files.delete(folder.resolve("jstack.yaml"));
    jstack.manifest(STACK);
  }

  private static void large(Path path) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(6L << 30); // a hole
    }
  }
}
