package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import jstack.manifest.RootfsMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ProgramCodecTest {
  private static Program program() {
    return program("1=2\n3");
  }

  private static Program program(String value) {
    return Compiler.compile(
        new ServiceFixture()
            .limits()
            .bind("/srv/a", "/data", true)
            .bind("/srv/b.txt", "/etc/b.txt", false)
            .tmpfs("/tmp")
            .environment("A", value)
            .mode(RootfsMode.EPHEMERAL)
            .build(),
        ServiceFixture.target(ServiceFixture.HYBRID));
  }

  @Test
  void whatWasEncodedIsDecodedToTheSame() {
    Program program = program();
    assertThat(ProgramCodec.decode(ProgramCodec.encode(program))).isEqualTo(program);
  }

  @Property(tries = 2000)
  void theComparisonSaysWhatTheBytesSay(@ForAll Random random) {
    Program program = program("ä€𝄞" + random.nextInt(10));
    byte[] same = ProgramCodec.encode(program).clone();
    byte[] other = same.clone();
    switch (random.nextInt(4)) {
      case 0 -> other[random.nextInt(other.length)] = (byte) random.nextInt(256);
      case 1 -> other = Arrays.copyOf(other, random.nextInt(other.length));
      case 2 -> other = Arrays.copyOf(other, other.length + 1 + random.nextInt(9));
      default -> other = ProgramCodec.encode(program("ä€𝄞" + random.nextInt(10)));
    }
    assertThat(ProgramCodec.isWritten(program, other)).isEqualTo(Arrays.equals(same, other));
    assertThat(program.isEncodedAs(same)).isTrue();
    assertThat(ProgramCodec.encode(program)).isSameAs(same);
  }

  @Property(tries = 2000)
  void aChangedProgramIsRefusedOrDecodesAndNeverMoreThanThat(@ForAll Random random) {
    byte[] bytes = ProgramCodec.encode(program());
    for (int i = 0; i < 3; i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    if (random.nextBoolean()) {
      bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    ProgramCodec.tryDecode(bytes).ifPresent(program -> assertThat(program.steps()).isNotNull());
    assertThat(ProgramCodec.arguments(bytes, "mount", 100)).isNotNull();
  }

  @Test
  void theArgumentsOfOneKindOfStepAreFoundWithoutDecodingTheOthers() {
    byte[] bytes = ProgramCodec.encode(program());
    List<String> directories =
        program().all(HostInstruction.RmdirCgroup.class).map(i -> i.path().value()).toList();
    assertThat(directories).hasSizeGreaterThan(3);
    assertThat(ProgramCodec.arguments(bytes, "rmdir-cgroup", 100)).isEqualTo(directories);
    assertThat(ProgramCodec.arguments(bytes, "rmdir-cgroup", 1))
        .containsExactly(directories.get(0));
    assertThat(ProgramCodec.arguments(bytes, "nothing", 1)).isEmpty();
  }

  @Test
  void anotherVersionIsRefused() {
    byte[] bytes = ProgramCodec.encode(program());
    bytes["jstack-program".length() + 1] = '2';
    assertThatThrownBy(() -> ProgramCodec.decode(bytes))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(ProgramCodec.tryDecode(new byte[0])).isEmpty();
  }

  @Test
  void aMovedLineIsNoChange() {
    Target target = ServiceFixture.target(ServiceFixture.HYBRID);
    Program here = Compiler.compile(new ServiceFixture().limits().build(), target);
    Program moved = Compiler.compile(new ServiceFixture().limits().atLine(50).build(), target);
    assertThat(here).isNotEqualTo(moved);
    assertThat(here.fingerprint()).isEqualTo(moved.fingerprint());
    assertThat(ProgramDiff.between(here, moved)).isEmpty();
  }
}
