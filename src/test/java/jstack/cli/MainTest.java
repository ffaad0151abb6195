package jstack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The frame of the command line: which words are whose, and how a wrong one is answered. */
class MainTest {
  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int jstack(String... words) {
    return Main.run(List.of(words), new Console(printer(out), printer(err), Map.of(), folder));
  }

  private static PrintStream printer(OutputStream to) {
    return new PrintStream(to, true, StandardCharsets.UTF_8);
  }

  private String said() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void debugBehindTheServiceBelongsToTheCommand() {
    for (String verb : List.of("exec", "run")) {
      assertThat(Main.withoutDebug(List.of(verb, "web", "app", "--debug")))
          .containsExactly(verb, "web", "app", "--debug");
      assertThat(Main.withoutDebug(List.of("--debug", verb, "-u", "0", "--debug", "web", "app")))
          .containsExactly(verb, "-u", "0", "web", "app");
      assertThat(Main.withoutDebug(List.of(verb, "--", "web", "--debug")))
          .containsExactly(verb, "--", "web", "--debug");
    }
  }

  @Test
  void debugOfOtherVerbsMayStandAnywhere() {
    assertThat(Main.withoutDebug(List.of("up", "web", "--debug"))).containsExactly("up", "web");
    assertThat(Main.withoutDebug(List.of("--debug"))).isEmpty();
  }

  @Test
  void whereACommandsCodeIsGivenAFailureOfOursIsNeverOne() {
    for (String verb : List.of("exec", "run")) {
      assertThat(Main.ownCode(List.of("-p", "demo", verb, "web", "up"), 1)).isEqualTo(125);
      for (int code : new int[] {0, 2, 64, 65, 66, 69, 75, 124, 126, 127, 130}) {
        assertThat(Main.ownCode(List.of(verb, "web"), code)).isEqualTo(code);
      }
    }
    assertThat(Main.ownCode(List.of("up", "run"), 1)).isEqualTo(1);
    assertThat(Main.ownCode(List.of(), 1)).isEqualTo(1);
  }

  @Test
  void everyOptionWithAValueOfTheVerbsThatTakeACommandIsKnownToTheFrame() {
    List<String> seen = new ArrayList<>();
    for (String verb : List.of("exec", "run")) {
      CommandLine line = Main.commandLine(verb, VerbTable.make(verb));
      for (OptionSpec option : line.getCommandSpec().options()) {
        for (String name : option.names()) {
          assertThat(Main.takesValue(name))
              .as(verb + " " + name)
              .isEqualTo(option.arity().max() > 0);
          seen.add(name);
        }
      }
    }
    assertThat(seen).contains("--workdir", "--rm", "-T");
  }

  @Test
  void aUserOfTheContainerNeedsTheContainersFiles() {
    assertThat(jstack("exec", "-n", "pid", "-u", "1000", "web", "sh")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("--user needs the container's files").contains("add mount to pid");
  }

  @Test
  void aHintNamesTheCommandOnce() {
    assertThat(jstack("up", "--bogus")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("unknown option --bogus\n").contains("see jstack up --help");
  }

  @Test
  void aMisspeltOptionIsAnsweredWithTheRightOne() {
    assertThat(jstack("up", "--dettach")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("unknown option --dettach, did you mean \"--detach\"?");
    assertThat(jstack("down", "--volume=yes")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("unknown option --volume, did you mean \"--volumes\"?");
  }

  @Test
  void noTimeIsTooFarAway() {
    for (String time : List.of("9999999999999h", "99999999999999999999s", "T", "1d", "P1D")) {
      assertThat(jstack("events", "--since", time)).as(time).isEqualTo(ExitCode.USAGE);
      assertThat(jstack("logs", "--until", time)).as(time).isEqualTo(ExitCode.USAGE);
    }
    assertThat(said()).contains("not a time: 1d").doesNotContain("bug");
  }

  @Test
  void wordsOfOtherToolsLeadToOurs() {
    assertThat(jstack("images")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("no verb images").contains("jstack rootfs ls");
  }

  @Test
  void aManifestThatIsNotThereIsNoService() {
    assertThat(jstack("validate", "nosuch.yaml")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("there is no nosuch.yaml");
  }

  @Test
  void aDownloadIsToldOfAtItsBeginningAndItsEnd() {
    Console console = new Console(printer(out), printer(err), Map.of(), folder);
    FetchLines lines = new FetchLines(console, false);
    for (int archive = 0; archive < 2; archive++) {
      for (int tenth = 0; tenth <= 10; tenth++) {
        lines.downloading("http://a/" + archive, tenth << 20, 10 << 20);
      }
    }
    assertThat(said().lines().filter(line -> line.endsWith("  0 KiB of 10 MiB"))).hasSize(2);
    assertThat(said().lines().filter(line -> line.endsWith("10 MiB of 10 MiB"))).hasSize(2);
    assertThat(said().lines().count()).isLessThan(8);
  }

  @Test
  void anUnknownOptionBeforeTheVerbIsNamed() {
    assertThat(jstack("--colour", "never", "version")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("unknown option --colour").doesNotContain("no verb");
  }

  @Test
  void aVerbAlmostRightIsSuggested() {
    assertThat(jstack("vresion")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("no verb vresion, did you mean \"version\"?");
    assertThat(jstack("-p", "demo", "vresion")).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aHalfReadUserIsNobody() {
    List<String> wrong =
        List.of(
            "1000:",
            ":1000",
            "1000abc",
            " 0",
            "-1",
            "1e3",
            "1000:1000:1",
            "",
            "5000000000",
            "4294967295",
            "0x0",
            "root\n",
            "+5",
            "007");
    for (String verb : List.of("exec", "run")) {
      for (String user : wrong) {
        assertThat(jstack(verb, "--user=" + user, "web", "id")).as(user).isEqualTo(ExitCode.USAGE);
        assertThat(said()).endsWith("hint: such as 1000:1000 or web\n");
        err.reset();
      }
      for (String user : List.of("1000", "1000:1000", "web", "web:staff", "0:web")) {
        assertThat(jstack(verb, "-u", user, "web", "id")).as(user).isNotEqualTo(ExitCode.USAGE);
      }
    }
  }

  @Test
  void aWordThatHasToBeThereIsMissed() {
    assertThat(jstack("apply")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("PLAN");
    assertThat(jstack("scale")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("SERVICE=N");
  }

  @Test
  void everyVerbHasALineAndHelpOfItsOwn() {
    assertThat(jstack("--help")).isEqualTo(ExitCode.DONE);
    assertThat(VerbTable.summaries().size()).isGreaterThan(15);
    for (String verb : VerbTable.summaries().keySet()) {
      assertThat(printed()).contains("\n  " + verb + " ");
      assertThat(jstack(verb, "--help")).as(verb).isEqualTo(ExitCode.DONE);
      assertThat(printed()).contains("Usage: jstack " + verb);
    }
    assertThat(said()).isEmpty();
  }

  @Test
  void aFullDiskLosesDataButAReaderThatHasSeenEnoughDoesNot() {
    assertThat(afterWritingTo("No space left on device")).isEqualTo("No space left on device");
    assertThat(afterWritingTo("Broken pipe")).isNull();
    StandardOutput whole = new StandardOutput(OutputStream.nullOutputStream());
    printer(whole).println("text");
    assertThat(whole.loss()).isNull();
  }

  private static String afterWritingTo(String error) {
    StandardOutput out =
        new StandardOutput(
            new OutputStream() {
              @Override
              public void write(int one) throws IOException {
                throw new IOException(error);
              }
            });
    printer(out).println("text");
    return out.loss();
  }
}
