package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTailTest {
  private static final String HEAD = "2026-01-02T03:04:05.123456789Z stdout F ";

  @TempDir Path folder;
  private Path log;
  private LogTail tail;

  @BeforeEach
  void begin() throws IOException {
    log = Files.createFile(folder.resolve("log"));
    tail = new LogTail(log);
  }

  @AfterEach
  void end() throws IOException {
    tail.close();
  }

  private void append(String text) throws IOException {
    Files.writeString(log, text, StandardOpenOption.APPEND);
  }

  private List<String> poll() throws IOException {
    List<String> texts = new ArrayList<>();
    tail.poll(record -> texts.add(new String(record.text(), StandardCharsets.UTF_8)));
    return texts;
  }

  @Test
  void aRecordIsHandedOverOnceItHasAnEnd() throws Exception {
    append(HEAD + "one\n" + HEAD + "tw");
    assertThat(poll()).containsExactly("one");
    assertThat(poll()).isEmpty();
    append("o\n" + HEAD + "x".repeat(100_000));
    assertThat(poll()).containsExactly("two");
    append("\n");
    assertThat(poll()).containsExactly("x".repeat(100_000));
  }

  /** As the supervisor does when the disk is full; logfile.c. */
  @Test
  void theBeginningOfARecordMayBeTakenBack() throws Exception {
    append(HEAD + "one\n");
    long whole = Files.size(log);
    append(HEAD + "torn and never en");
    assertThat(poll()).containsExactly("one");
    try (var channel = Files.newByteChannel(log, StandardOpenOption.WRITE)) {
      channel.truncate(whole);
    }
    append(HEAD + "another, and longer than the one that was taken back\n" + HEAD + "last\n");
    assertThat(poll())
        .containsExactly("another, and longer than the one that was taken back", "last");
  }

  @Test
  void whatIsRotatedMeanwhileIsReadToItsEnd() throws Exception {
    append(HEAD + "one\n" + HEAD + "tw");
    assertThat(poll()).containsExactly("one");
    append("o\n");
    Files.move(log, folder.resolve("log.1"));
    Files.createFile(log);
    append(HEAD + "three\n");
    assertThat(poll()).containsExactly("two", "three");
  }
}
