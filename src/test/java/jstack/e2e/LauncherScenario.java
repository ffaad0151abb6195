package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jstack.support.Host;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script bin/jstack: wherever it is called from and whatever the environment says. */
class LauncherScenario {
  @TempDir Path folder;
  private final Path bin = Host.dist().resolve("bin");

  private record Ended(int code, String out, String err) {}

  /** Through env, with the JVM of this test; the words may begin with its assignments. */
  private Ended run(Path directory, String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("env"));
    command.add("JSTACK_JAVA=" + ProcessHandle.current().info().command().orElse("java"));
    command.addAll(List.of(words));
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    process.getOutputStream().close();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
    return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private void works(Path directory, String... words) throws IOException, InterruptedException {
    Ended ended = run(directory, words);
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).startsWith("jstack ");
    assertThat(ended.code()).isZero();
  }

  @Test
  void itRunsThroughLinksOfEveryKind() throws Exception {
    Path direct = Files.createSymbolicLink(folder.resolve("direct"), bin.resolve("jstack"));
    Path chain = Files.createSymbolicLink(folder.resolve("chain"), Path.of("direct"));
    Path below = Files.createDirectory(folder.resolve("a folder"));
    Files.createSymbolicLink(below.resolve("up"), Path.of("../chain"));
    works(folder, direct.toString(), "version");
    works(folder, chain.toString(), "version");
    works(folder, "./a folder/up", "version");
    works(folder, "PATH=" + folder + ":" + System.getenv("PATH"), "chain", "version");
  }

  @Test
  void asAnArgumentOfTheShellItIsNotMistakenForTheToolOfTheJdk() throws Exception {
    works(bin, "sh", "jstack", "version");
  }

  @Test
  void optionsOfOtherJavaProgramsMakeNoNoise() throws Exception {
    String jstack = bin.resolve("jstack").toString();
    works(folder, "JAVA_TOOL_OPTIONS=-Dnoise=1", "_JAVA_OPTIONS=-Dnoise=2", jstack, "version");
  }

  @Test
  void withoutAJavaItSaysWhatIsMissing() throws Exception {
    String jstack = bin.resolve("jstack").toString();
    Ended ended =
        run(folder, "JSTACK_JAVA=", "JAVA_HOME=", "PATH=" + folder, "/bin/sh", jstack, "version");
    assertThat(ended.code()).isEqualTo(69);
    assertThat(ended.err()).contains("Java 17").contains("JAVA_HOME");
  }

  @Test
  void outputThatNoDiskHasRoomForIsAnError() throws Exception {
    String jstack = bin.resolve("jstack").toString();
    Ended ended = run(folder, "sh", "-c", "exec \"$0\" schema >/dev/full", jstack);
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err()).contains("No space left on device");
  }
}
