package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import jstack.program.OutsideFiles;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The images of criu, in the bytes that criu itself writes. */
class CheckpointImagesTest {
  private static final String MAGIC = "1122334455667788";
  private static final OutsideFiles OUTSIDE =
      new OutsideFiles("file[1:2]", "file[42:11]", "file[42:12]", "file[1:3]", "file[0:4]");

  @TempDir Path folder;

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private Path image(String name) {
    return folder.resolve(name);
  }

  @BeforeEach
  void images() throws IOException {
    // mm_start_code 1, exe_file_id (12) 1, dumpable (15) 0
    Files.write(image("mm-1.img"), bytes(MAGIC + "06000000 0801 6001 7800"));
    Files.write(image("files.img"), bytes(MAGIC + "04000000 0812 1001"));
    // pipe 0x11: two bytes; pipe 0x20: one byte
    Files.write(
        image("fifo-data.img"), bytes(MAGIC + "04000000 0811 1002 6162" + "04000000 0820 1001 63"));
  }

  @Test
  void theProgramOfTheFirstProcessIsOneThatIsHandedOver() throws Exception {
    new CheckpointImages(folder).adapt(OUTSIDE);
    assertThat(Files.readAllBytes(image("mm-1.img")))
        .isEqualTo(bytes(MAGIC + "0a000000 0801 608180fcff07 7800"));
    String files = new String(Files.readAllBytes(image("files.img")), StandardCharsets.ISO_8859_1);
    assertThat(files).endsWith(OutsideFiles.SHIM + "H\u0001").contains("\b\u0012\u0010\u0001");
  }

  @Test
  void whatLayInTheStreamsIsDroppedAndNoOtherPipeIs() throws Exception {
    new CheckpointImages(folder).adapt(OUTSIDE);
    assertThat(Files.readAllBytes(image("fifo-data.img")))
        .isEqualTo(bytes(MAGIC + "04000000 0820 1001 63"));
  }

  @Test
  void theSecondTimeChangesNothing() throws Exception {
    new CheckpointImages(folder).adapt(OUTSIDE);
    byte[] once = Files.readAllBytes(image("files.img"));
    new CheckpointImages(folder).adapt(OUTSIDE);
    assertThat(Files.readAllBytes(image("files.img"))).isEqualTo(once);
  }

  @Test
  void anImageThatIsCutOffIsAnError() throws Exception {
    Files.write(image("mm-1.img"), bytes(MAGIC + "06000000 0801"));
    assertThatThrownBy(() -> new CheckpointImages(folder).adapt(OUTSIDE))
        .isInstanceOf(IOException.class);
  }
}
