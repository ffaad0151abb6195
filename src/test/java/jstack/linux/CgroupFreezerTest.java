package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupFreezerTest {
  @TempDir Path cgroup;

  private void file(String name, String text) throws IOException {
    Files.writeString(cgroup.resolve(name), text);
  }

  private String text(String name) throws IOException {
    return Files.readString(cgroup.resolve(name));
  }

  @Test
  void ofV2OnlyTheEventsTellWhetherTheLastProcessStandsStill() throws IOException {
    CgroupFreezer freezer = new CgroupFreezer(cgroup);
    file("cgroup.freeze", "0");
    file("cgroup.events", "populated 1\nfrozen 0\n");
    assertThat(freezer.isThawed()).isTrue();
    freezer.freeze();
    assertThat(text("cgroup.freeze")).isEqualTo("1");
    assertThat(freezer.isFrozen()).isFalse();
    assertThat(freezer.isThawed()).isFalse();
    file("cgroup.events", "populated 1\nfrozen 1\n");
    assertThat(freezer.isFrozen()).isTrue();
    freezer.thaw();
    assertThat(text("cgroup.freeze")).isEqualTo("0");
    assertThat(freezer.isThawed()).isFalse();
  }

  @Test
  void ofV1OneFileIsAskedAndAnswers() throws IOException {
    CgroupFreezer freezer = new CgroupFreezer(cgroup);
    file("freezer.state", "THAWED\n");
    assertThat(freezer.isFrozen()).isFalse();
    assertThat(freezer.isThawed()).isTrue();
    freezer.freeze();
    assertThat(text("freezer.state")).isEqualTo("FROZEN");
    assertThat(freezer.isFrozen()).isTrue();
    file("freezer.state", "FREEZING\n");
    assertThat(freezer.isFrozen()).isFalse();
    assertThat(freezer.isThawed()).isFalse();
    freezer.thaw();
    assertThat(text("freezer.state")).isEqualTo("THAWED");
  }

  @Test
  void whereNoCgroupIsNothingIsFrozenAndNothingIsMade() {
    CgroupFreezer freezer = new CgroupFreezer(cgroup.resolve("gone"));
    assertThat(freezer.isFrozen()).isFalse();
    assertThatThrownBy(freezer::freeze).isInstanceOf(IOException.class);
    assertThat(cgroup.resolve("gone")).doesNotExist();
  }
}
