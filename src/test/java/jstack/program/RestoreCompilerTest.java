package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.Origin;
import jstack.linux.MountInfo;
import jstack.manifest.HostPath;
import jstack.manifest.RootfsMode;
import org.junit.jupiter.api.Test;

/** A container and its way through criu. */
class RestoreCompilerTest {
  private static final OutsideFiles OUTSIDE =
      new OutsideFiles("file[1:2]", "file[42:11]", "file[42:12]", "file[1:3]", "file[0:4]");

  private static Program program() {
    return Compiler.compile(
        new ServiceFixture().bind("/srv/site", "/www", true).limits().build(),
        ServiceFixture.target(ServiceFixture.HYBRID));
  }

  private static Program restore() {
    return RestoreCompiler.restore(
        program(), OUTSIDE, new HostPath("/criu"), new HostPath("/images"), new HostPath("/run/a"));
  }

  @Test
  void itsOwnProgramMakesWhatIsAroundItAndCriuTheRest() {
    Program restore = restore();
    assertThat(restore.of(Phase.TEARDOWN)).isEqualTo(program().of(Phase.TEARDOWN));
    assertThat(restore.of(Phase.SUPERVISE)).isEqualTo(program().of(Phase.SUPERVISE));
    assertThat(restore.all(HostInstruction.MakeCgroup.class))
        .containsExactlyElementsOf(program().all(HostInstruction.MakeCgroup.class).toList());
    assertThat(restore.all(MountInstruction.MountHost.class)).hasSize(1);
    assertThat(restore.all(MountInstruction.PivotRoot.class)).isEmpty();
    assertThat(restore.all(ProcessInstruction.Exec.class)).isEmpty();
    assertThat(restore.all(ProcessInstruction.Restore.class)).hasSize(1);
    assertThat(restore.all(NamespaceInstruction.Spawn.class).map(NamespaceInstruction.Spawn::flags))
        .allMatch(flags -> (flags & ~0x4002_0000L) == 0);
    assertThat(ProgramCodec.decode(ProgramCodec.encode(restore))).isEqualTo(restore);
  }

  @Test
  void criuIsNotHeldToTheNumberOfProcessesOfTheContainer() {
    assertThat(limits(program())).contains("pids.max");
    assertThat(limits(restore())).doesNotContain("pids.max").isNotEmpty();
  }

  private static List<String> limits(Program program) {
    return program
        .all(HostInstruction.Write.class)
        .map(write -> write.file().value().replaceAll(".*/", ""))
        .toList();
  }

  @Test
  void theTreesThatTheRootIsPutTogetherFromAreOpenedAgain() {
    HostPath tree = new HostPath("/tree");
    List<Instruction> root =
        List.of(
            new MountInstruction.OpenTree(1, tree, false, 0, 0, 0, false),
            new MountInstruction.PlaceTree(1, tree));
    List<Instruction> all = new ArrayList<>(root);
    all.add(
        new MountInstruction.OpenTree(
            2, tree, true, 0, 0, 0, false)); // a mount, of which criu is told
    Program program =
        new Program(all.stream().map(i -> new Step(Phase.NAMESPACE, Origin.NONE, i)).toList());
    HostPath any = new HostPath("/any");
    assertThat(RestoreCompiler.restore(program, OUTSIDE, any, any, any).of(Phase.NAMESPACE))
        .extracting(Step::instruction)
        .isEqualTo(root);
  }

  @Test
  void whatLiesOutsideIsNamedTheSameBothWays() {
    List<String> back =
        restore().all(ProcessInstruction.Restore.class).findFirst().orElseThrow().arguments();
    assertThat(back).contains("mnt[mount-1]:/srv/site", "fd[101]:file[42:11]");
    assertThat(restore().all(MountInstruction.PlaceTree.class))
        .as("the null device is read-only where criu takes it from")
        .contains(
            new MountInstruction.PlaceTree(MountChapter.NULL_SLOT, new HostPath("/dev/null")));
    List<String> words =
        RestoreCompiler.dump(
            program(),
            MountInfo.parseAll(
                """
                1 0 0:51 / /www ro - ext4 /dev/vda rw
                2 0 0:6 /null /proc/keys rw - devtmpfs devtmpfs rw
                3 0 0:6 / /proc/acpi ro - tmpfs none rw
                """),
            OUTSIDE,
            42,
            new HostPath("/images"),
            new HostPath("/images/commit"));
    assertThat(words)
        .contains("mnt[/www]:mount-1", "mnt[/proc/keys]:null", "file[42:12]", "file[0:4]")
        .noneMatch(word -> word.contains("/proc/acpi"));
  }

  @Test
  void whatCriuCannotKeepIsSaidWithItsLine() {
    Program program =
        Compiler.compile(
            new ServiceFixture().mode(RootfsMode.EPHEMERAL).build(),
            ServiceFixture.target(ServiceFixture.HYBRID));
    assertThat(CheckpointRefusals.of(program, true))
        .extracting(Diagnostic::hint)
        .contains("write rootfs: {mode: overlay}");
    assertThat(CheckpointRefusals.of(program(), true))
        .extracting(Diagnostic::hint)
        .doesNotContain("write rootfs: {mode: overlay}");
  }
}
