package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jstack.diag.Inputs;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettledRecordTest {
  private static final SettledRecord RECORD =
      new SettledRecord(
          "up \u001f-d äöü",
          List.of("db-1 running 0 1-2", "web-1 exited 0 3-4"),
          Map.of(
              new Inputs.Question(Inputs.Kind.TEXT, "/srv/a file"), "1-2",
              new Inputs.Question(Inputs.Kind.LINK, "/a"), ""));

  @TempDir Path folder;
  private StateLayout layout;

  @BeforeEach
  void begin() throws Exception {
    layout = new StateLayout(folder.resolve("run"), folder.resolve("home"));
    Files.createDirectories(layout.project("demo"));
  }

  @Test
  void isReadAsItWasWritten() throws Exception {
    RECORD.write(layout, "demo");
    assertThat(SettledRecord.read(layout, "demo")).contains(RECORD);
  }

  @Test
  void isNoneWhereNoneIs() {
    assertThat(SettledRecord.read(layout, "demo")).isEmpty();
    assertThat(SettledRecord.read(layout, "other")).isEmpty();
  }

  /** Half a record would ask half of the questions. */
  @Test
  void isNoneWhenItWasCutAnywhere() throws Exception {
    RECORD.write(layout, "demo");
    byte[] whole = Files.readAllBytes(layout.settled("demo"));
    for (int length = 0; length < whole.length - 1; length++) {
      Files.write(layout.settled("demo"), java.util.Arrays.copyOf(whole, length));
      assertThat(SettledRecord.read(layout, "demo")).as("%d bytes", length).isEmpty();
    }
  }

  @Test
  void isNoneWhenItIsOfAnotherVersion() throws Exception {
    Files.writeString(layout.settled("demo"), "request\tx\nCOLOUR\t/a\tred\nend\t\n");
    assertThat(SettledRecord.read(layout, "demo")).isEmpty();
  }
}
