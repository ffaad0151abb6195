package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * jstack, criu or the supervisor is killed while a container goes to disk or comes back: either it
 * goes on or its checkpoint is whole, and it counts on without a gap. A sample by default, all with
 * {@code -Djstack.faults=200}.
 */
@Tag("kernel")
@Tag("criu")
class CriuFaultScenario extends Counting {
  private Path hold;
  private Path reached;
  private Path bin;

  @BeforeEach
  void criuThatCanBeHeld() throws Exception {
    hold = folder.resolve("hold");
    reached = folder.resolve("reached");
    bin = Files.createDirectories(folder.resolve("held"));
  }

  /**
   * The real one, which stands still at one of its stages for as long as the file is there.
   *
   * @param behind whether at the stage the scripts of jstack run first
   */
  private void criu(String stage, boolean behind) throws Exception {
    Path script = bin.resolve("stage");
    Files.writeString(
        script,
        """
        #!/bin/sh
        [ "$CRTOOLS_SCRIPT_ACTION" = %s ] && [ -e %s ] || exit 0
        echo > %s
        while [ -e %2$s ]; do sleep 0.01; done
        """
            .formatted(stage, hold, reached));
    // criu runs the script that it was given last first.
    String words =
        behind ? "\"$verb\" --action-script %s \"$@\"" : "\"$verb\" \"$@\" --action-script %s";
    Path criu = bin.resolve("criu");
    Files.writeString(
        criu,
        """
        #!/bin/sh
        [ "$1" != check ] || exec %1$s check
        echo $$ > %2$s/pid
        verb=$1
        shift
        exec %1$s %3$s
        """
            .formatted(realCriu(), bin, words.formatted(script)));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    assertThat(criu.toFile().setExecutable(true)).isTrue();
  }

  private Process held(String verb) throws Exception {
    Files.deleteIfExists(reached);
    Files.createFile(hold);
    Process process =
        jstack.startCommand("env", "PATH=" + bin + ":/usr/bin:/bin", jstack.command(), verb);
    Eventually.check(() -> assertThat(reached).exists());
    return process;
  }

  private void strike(String victim, Process cli) throws Exception {
    switch (victim) {
      case "jstack" -> cli.destroyForcibly().waitFor();
      case "criu" -> Command.output("kill", "-KILL", Files.readString(bin.resolve("pid")).strip());
      default -> jstack.killSupervisor("a-1");
    }
    Files.delete(hold);
    jstack.finish(cli, "");
  }

  /** One that outlived its jstack is not looked at in the middle of its work. */
  private void awaitCriu() throws Exception {
    Path process = Path.of("/proc", Files.readString(bin.resolve("pid")).strip(), "cmdline");
    Eventually.check(
        () -> assertThat(Files.exists(process) ? Files.readString(process) : "").isEmpty());
  }

  private void fault(String verb, String stage, boolean behind, String victim) throws Exception {
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    awaitMore("a", 3);
    criu(stage, behind);
    if (verb.equals("restore")) {
      with(bin, "checkpoint").exits(0);
    }
    strike(victim, held(verb));
    awaitCriu();
    boolean kept = with(bin, "ps", "-a").exits(0).out().contains("checkpointed");
    if (kept) {
      with(bin, "restore", "--lock-timeout", "1m").exits(0).says("a-1  restored");
    } else {
      with(bin, "up", "-d", "--lock-timeout", "1m").exits(0);
    }
    int lines = counted("a").size();
    awaitMore("a", lines);
    assertWithoutGap(counted("a"));
    assertThat(jstack.alive()).hasSize(1);
    jstack.jstack("down", "-v", "-t", "0").exits(0);
    assertThat(jstack.home().resolve("checkpoints")).doesNotExist();
  }

  private record Fault(String verb, String stage, boolean behind, String victim, boolean usual) {
    @Override
    public String toString() {
      return victim + " at " + verb + ", " + stage + (behind ? " behind ours" : "");
    }
  }

  private static Stream<Fault> faults(String verb, String stage, boolean behind, String usual) {
    return Stream.of("jstack", "criu", "supervisor")
        .map(victim -> new Fault(verb, stage, behind, victim, usual.contains(victim)));
  }

  private static final List<Fault> FAULTS =
      Stream.of(
              faults("checkpoint", "pre-dump", false, ""),
              faults("checkpoint", "post-dump", false, ""),
              faults("checkpoint", "post-dump", true, "criu supervisor"),
              faults("restore", "pre-restore", false, ""),
              faults("restore", "post-restore", false, "jstack supervisor"),
              faults("restore", "post-resume", false, ""))
          .flatMap(each -> each)
          .toList();

  @TestFactory
  Stream<DynamicTest> whoeverIsKilledNothingIsLost() {
    boolean all = Integer.getInteger("jstack.faults", 0) > 0;
    return FAULTS.stream()
        .filter(fault -> all || fault.usual())
        .map(
            fault ->
                DynamicTest.dynamicTest(
                    fault.toString(),
                    () -> fault(fault.verb(), fault.stage(), fault.behind(), fault.victim())));
  }
}
