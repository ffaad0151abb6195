package jstack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import jstack.diag.Diagnostic;
import jstack.diag.Origin;
import jstack.manifest.ByteSize;
import jstack.manifest.Expect;
import jstack.state.ContainerId;
import jstack.state.Receipt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class ReceiptPrintersTest {
  private static final long UNKNOWN = Receipt.UNKNOWN;
  private static final Instant NOW = Instant.ofEpochSecond(100);
  private static final String DIGEST = "0123456789abcdef0123";

  private static final Receipt KILLED =
      new Receipt(
          90_000_000_000L,
          91_500_000_000L,
          137,
          9,
          false,
          "",
          false,
          new Receipt.Memory(1, 32 << 20, 32 << 20, true),
          new Receipt.Cpu(1_234_000_001L, 40_000_000, 3, 500_000_000),
          new Receipt.Io(4096, 0),
          7,
          new Receipt.Made(DIGEST, DIGEST));

  private static final Receipt NOBODY_SAW =
      new Receipt(
          80_000_000_000L,
          UNKNOWN,
          UNKNOWN,
          UNKNOWN,
          true,
          "",
          false,
          new Receipt.Memory(UNKNOWN, UNKNOWN, UNKNOWN, false),
          new Receipt.Cpu(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
          new Receipt.Io(UNKNOWN, UNKNOWN),
          UNKNOWN,
          new Receipt.Made("", ""));

  private static final Diagnostic OVER =
      Diagnostic.error(
          new Origin("j.yaml", 7, 3, 2, "services.hog.expect.memory_peak"), "budget", "took \"<\"");

  private static final Run FAILED =
      new Run(
          ContainerId.of("demo", "hog", 1),
          KILLED,
          true,
          new Expect(null, new ByteSize(1), null, null),
          List.of(OVER));

  private static final Run UNSEEN =
      new Run(ContainerId.of("demo", "web", 1), NOBODY_SAW, false, Expect.NONE, List.of());

  private static final Run EXPECTED =
      new Run(
          ContainerId.of("demo", "ok", 1),
          KILLED,
          true,
          new Expect(137, null, null, null),
          List.of());

  @Test
  void theTableHasADashForWhatNobodyCounted() {
    assertThat(ReceiptTable.of(List.of(FAILED, UNSEEN, EXPECTED), NOW))
        .isEqualTo(
            """
            NAME   ENDED    EXIT             WALL   CPU USER + SYS    THROTTLED  MEM PEAK / LIMIT  PIDS  READ / WRITTEN  ROOTFS        MANIFEST      EXPECT
            hog-1  8 s ago  137 SIGKILL OOM  1.5 s  1.235 s + 0.04 s  0.5 s      32m / 32m         7     4k / 0b         0123456789ab  0123456789ab  FAILED memory_peak
            web-1  -        -                -      -                 -          -                 -     -               -             -             -
            ok-1   8 s ago  137 SIGKILL OOM  1.5 s  1.235 s + 0.04 s  0.5 s      32m / 32m         7     4k / 0b         0123456789ab  0123456789ab  ok
            """);
  }

  @Test
  void theObjectHasAllFieldsAlwaysAndNullForWhatIsNotKnown() throws Exception {
    JsonNode failed = new ObjectMapper().readTree(ReceiptJson.of(FAILED));
    JsonNode unseen = new ObjectMapper().readTree(ReceiptJson.of(UNSEEN));
    assertThat(failed.fieldNames())
        .toIterable()
        .containsExactlyElementsOf(() -> unseen.fieldNames());
    assertThat(failed.fieldNames())
        .toIterable()
        .containsExactly(
            "name",
            "service",
            "project",
            "started_at",
            "finished_at",
            "wall_ns",
            "exit_code",
            "signal",
            "stopped",
            "oom_kills",
            "memory_peak",
            "memory_limit",
            "memory_limit_hit",
            "cpu_user_ns",
            "cpu_system_ns",
            "throttled_periods",
            "throttled_ns",
            "io_read",
            "io_written",
            "pids_peak",
            "rootfs_digest",
            "manifest_digest",
            "passed",
            "failures");
    assertThat(failed.get("finished_at").asText()).isEqualTo("1970-01-01T00:01:31.500Z");
    assertThat(failed.get("cpu_user_ns").asLong()).isEqualTo(1_234_000_001L);
    assertThat(failed.get("passed").asBoolean(true)).isFalse();
    assertThat(failed.get("failures").get(0).toString())
        .isEqualTo(
            "{\"key\":\"memory_peak\",\"message\":\"took \\\"<\\\"\",\"place\":\"j.yaml:7:3\"}");
    for (String key : List.of("exit_code", "oom_kills", "wall_ns", "rootfs_digest", "passed")) {
      assertThat(unseen.get(key).isNull()).as(key).isTrue();
    }
  }

  @Test
  void theXmlIsWellFormedWhateverTheLogHolds() throws Exception {
    String xml =
        ReceiptJunit.of(
            "demo",
            List.of(FAILED, UNSEEN, EXPECTED),
            run -> List.of("\u001b[1m ]]> <x a='b'> & \u0000\uffff\ud800", "\ud83d\ude00\r"));
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
    Element suite = (Element) document.getElementsByTagName("testsuite").item(0);
    assertThat(suite.getAttribute("name")).isEqualTo("demo");
    assertThat(suite.getAttribute("tests")).isEqualTo("3");
    assertThat(suite.getAttribute("failures")).isEqualTo("1");
    assertThat(suite.getAttribute("time")).isEqualTo("3.000000");
    assertThat(suite.getAttribute("timestamp")).isEqualTo("1970-01-01T00:01:20");
    Element failure = (Element) document.getElementsByTagName("failure").item(0);
    assertThat(failure.getAttribute("message"))
        .isEqualTo("j.yaml:7:3: error: services.hog.expect.memory_peak: took \"<\"");
    assertThat(failure.getAttribute("type")).isEqualTo("memory_peak");
    Element earlier = (Element) document.getElementsByTagName("testcase").item(1);
    assertThat(earlier.getAttribute("name")).isEqualTo("web-1 1970-01-01T00:01:20Z");
    assertThat(earlier.getAttribute("classname")).isEqualTo("demo.web");
    assertThat(suite.getTextContent())
        .contains("\ufffd[1m ]]> <x a='b'> & \ufffd\ufffd", "\ud83d\ude00\r");
  }

  @Test
  void aBadEndThatNobodyExpectedIsAFailureForJunit() {
    Receipt bad =
        new Receipt(
            1,
            2,
            3,
            0,
            false,
            "",
            false,
            KILLED.memory(),
            KILLED.cpu(),
            KILLED.io(),
            1,
            KILLED.made());
    Run run = new Run(ContainerId.of("demo", "web", 1), bad, true, Expect.NONE, List.of());
    assertThat(ReceiptJunit.of("demo", List.of(run), each -> List.of()))
        .contains("<failure type=\"exit_code\" message=\"web-1 exited with code 3, out of memory");
  }

  @Test
  void secondsAreRoundedUp() {
    assertThat(Durations.seconds(Duration.ofMinutes(2).toNanos())).isEqualTo("120 s");
    assertThat(Durations.seconds(1_000_000_001L)).isEqualTo("1.001 s");
    assertThat(Durations.seconds(0)).isEqualTo("0 s");
  }

  @ParameterizedTest
  @CsvSource({
    "0, , false, 0",
    "5, , false, 5",
    "0, , true, 2",
    "5, , true, 5",
    "3, 3, false, 0",
    "3, 3, true, 2",
    "0, 3, true, 2",
    "5, 3, true, 5"
  })
  void theCodeOfARunIsTheCommandsUnlessItIsTheOneThatWasExpected(
      int code, Integer expected, boolean failed, int ours) {
    assertThat(RunVerb.code(code, expected, failed)).isEqualTo(ours);
  }
}
