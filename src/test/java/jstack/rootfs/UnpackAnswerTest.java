package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnpackAnswerTest {
  private static UnpackReport end(int code, String... lines) throws IOException {
    UnpackAnswer answer = new UnpackAnswer();
    List.of(lines).forEach(line -> answer.add(line, FetchListener.SILENT));
    return answer.end(code);
  }

  @Test
  void theLastWordCounts() throws IOException {
    assertThat(end(0, "at 1 2", "warning odd", "done 3 4 5"))
        .isEqualTo(new UnpackReport(3, 4, 5, List.of("odd")));
    assertThatThrownBy(() -> end(1, "refused no tar"))
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("no tar");
    assertThatThrownBy(() -> end(0, "done 3 4 5", "and more")).hasMessageContaining("and more");
  }

  @Test
  void aJvmThatCannotGoOnIsQuotedFromItsBeginning() {
    assertThatThrownBy(
            () ->
                end(
                    1,
                    "Exception in thread main: NoClassDefFoundError: a/B\u001b[2J",
                    "\tat jstack.X.main(X.java:1)",
                    "\t... 2 more"))
        .hasMessage(
            "the process that unpacks ended with code 1:"
                + " Exception in thread main: NoClassDefFoundError: a/B\ufffd[2J");
  }
}
