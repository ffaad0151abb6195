package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import jstack.support.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class SmallFileTest {
  @TempDir Path folder;

  @Test
  void aFileOfAnyLengthIsReadWhole() throws Exception {
    for (int length : new int[] {0, 1, 8191, 8192, 8193, 16384, 100_000}) {
      byte[] bytes = new byte[length];
      new Random(length).nextBytes(bytes);
      Path file = Files.write(folder.resolve("file"), bytes);
      assertThat(SmallFile.bytes(file)).isEqualTo(bytes);
    }
  }

  @Test
  void aLongerOneBeforeLeavesNothingInAShorterOne() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "long ".repeat(5000));
    assertThat(SmallFile.text(file)).hasSize(25_000);
    Files.writeString(file, "short");
    assertThat(SmallFile.text(file)).isEqualTo("short");
  }

  @Test
  void whatIsMissingOrCannotBeReadIsEmpty() {
    assertThat(SmallFile.bytes(folder.resolve("missing"))).isEmpty();
    assertThat(SmallFile.text(folder)).isEmpty();
  }

  @Test
  @Timeout(10)
  void aPipeInThePlaceOfAFileHoldsNobody() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(Command.run("mkfifo", pipe.toString()).code()).isZero();
    assertThat(SmallFile.bytes(pipe)).isEmpty();
    assertThatThrownBy(() -> SmallFile.requireFile(pipe)).hasMessageContaining("is no file");
    SmallFile.requireFile(folder.resolve("missing"));
    SmallFile.requireFile(Files.writeString(folder.resolve("file"), "a"));
  }

  @Test
  void filesOfTheKernelThatSayTheyAreEmptyAreRead() {
    assertThat(SmallFile.text("/proc/self/stat")).contains("(java)");
  }
}
