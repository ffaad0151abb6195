package jstack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import jstack.engine.LogRecord;
import jstack.state.ContainerId;
import org.junit.jupiter.api.Test;

class LogPrinterTest {
  private static final ContainerId WEB = ContainerId.of("demo", "web", 1);

  private static String printed(boolean terminal, String... lines) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    LogPrinter printer = new LogPrinter(out, List.of(WEB), false, false, false, terminal);
    for (String line : lines) {
      byte[] text = line.getBytes(StandardCharsets.UTF_8);
      printer.print(WEB, new LogRecord("2026-01-02T03:04:05.000000000Z", "stdout", false, text));
    }
    printer.flush();
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aColourOrHiddenTextEndsWithItsLineOnATerminal() {
    assertThat(printed(true, "a\u001b[8mb", "c")).isEqualTo("a\u001b[8mb\u001b[0m\nc\n");
    assertThat(printed(false, "a\u001b[8mb", "c")).isEqualTo("a\u001b[8mb\nc\n");
  }

  @Test
  void nothingTurnsTheDirectionOfWritingOrDrivesTheTerminal() {
    assertThat(printed(true, "a\u202eb\u2066c", "\u001b]0;x\u0007", "\u2028\u20ac"))
        .isEqualTo("a\ufffdb\ufffdc\n\ufffd]0;x\ufffd\n\u2028\u20ac\n");
    assertThat(printed(false, "a\u202eb")).isEqualTo("a\u202eb\n");
  }
}
