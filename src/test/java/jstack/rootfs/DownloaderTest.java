package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.manifest.PullPolicy;
import jstack.manifest.RootfsLimits;
import jstack.manifest.RootfsMode;
import jstack.manifest.RootfsSpec;
import jstack.support.LyingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DownloaderTest {
  private static final DownloadPolicy QUICK =
      new DownloadPolicy(
          4, 5, Duration.ofSeconds(2), Duration.ofMillis(300), Duration.ofMillis(1), 1 << 20);

  @TempDir Path folder;
  private final byte[] body = new byte[200_000];
  private final List<String> retries = new ArrayList<>();
  private LyingServer server;

  @BeforeEach
  void begin() throws Exception {
    new Random(1).nextBytes(body);
    server = new LyingServer(body);
  }

  @AfterEach
  void end() throws Exception {
    server.close();
  }

  private Downloader.Result fetch(String url, Map<String, String> environment) throws Exception {
    FetchListener listener =
        new FetchListener() {
          @Override
          public void retrying(String at, int attempt, int of, String cause, Duration wait) {
            retries.add(cause);
          }
        };
    return new Downloader(environment, QUICK, listener).fetch(spec(url), part(), Optional.empty());
  }

  private Downloader.Result fetch() throws Exception {
    return fetch(server.url(), Map.of());
  }

  private Path part() {
    return folder.resolve("x.part");
  }

  private static RootfsSpec.Url spec(String url) {
    return new RootfsSpec.Url(
        URI.create(url),
        null,
        0,
        RootfsLimits.DEFAULT,
        PullPolicy.MISSING,
        RootfsMode.OVERLAY,
        new Origin("jstack.yaml", 3, 5, 4, "services.web.rootfs"));
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private void arrivesWhole() throws Exception {
    assertThat(fetch().validator().digest()).isEqualTo(sha256(body));
    assertThat(part()).hasBinaryContent(body);
  }

  private String givesUp(String url) {
    DiagnosticException[] thrown = new DiagnosticException[1];
    assertThatThrownBy(() -> fetch(url, Map.of()))
        .isInstanceOfSatisfying(DiagnosticException.class, e -> thrown[0] = e);
    assertThat(thrown[0].diagnostics().get(0).origin().line()).isEqualTo(3);
    return thrown[0].diagnostics().get(0).message();
  }

  @Test
  void everyByteIsHashedOnItsWay() throws Exception {
    arrivesWhole();
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void whatBrokeIsGoneOnWithWhereItStopped() throws Exception {
    server.cutAfter(50_000, 70_000);
    arrivesWhole();
    assertThat(server.requests()).hasSize(3);
    assertThat(server.requests().get(1)).containsEntry("if-range", "\"one\"");
    long from = Long.parseLong(server.requests().get(2).get("range").replaceAll("\\D", ""));
    assertThat(from).isBetween(1L, 120_000L);
  }

  @Test
  void aPartThatAKilledRunLeftIsGoneOnWith() throws Exception {
    Files.write(part(), java.util.Arrays.copyOf(body, 60_000));
    Files.writeString(
        folder.resolve("x.part.validator"),
        new Validator("0".repeat(64), "\"one\"", "").toString());
    arrivesWhole();
    assertThat(server.requests().get(0)).containsEntry("range", "bytes=60000-");
  }

  @Test
  void aServerThatKnowsNoRangesStartsOver() throws Exception {
    server.ignoreRanges();
    server.cutAfter(50_000);
    arrivesWhole();
  }

  @Test
  void anotherVersionBetweenTwoPartsIsNotMixedIn() throws Exception {
    Files.write(part(), new byte[60_000]);
    Files.writeString(
        folder.resolve("x.part.validator"),
        new Validator("0".repeat(64), "\"old\"", "").toString());
    arrivesWhole();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Range: bytes 60000-199999/300000", // a piece out of the middle of another
        "Content-Range: bytes 60000-199998/199999", // not as long as the answer
        "Content-Range: bytes 60000-199999/*", // the rest of nobody knows what
        "Content-Range: bytes 0-199999/200000",
        "Content-Range: bytes 60000-199999/200000\r\nETag: \"two\"",
        "X-Nothing: said"
      })
  void aPartThatMayBeOfSomethingElseIsNotBelieved(String lines) throws Exception {
    Files.write(part(), new byte[60_000]); // were it believed, zeros would be in the middle
    Files.writeString(
        folder.resolve("x.part.validator"),
        new Validator("0".repeat(64), "\"one\"", "").toString());
    server.sayOfNextPart(lines);
    arrivesWhole();
    assertThat(server.requests()).hasSize(2);
    assertThat(retries.get(0)).contains("another range");
  }

  @Test
  void aUrlIsAskedForAsItWasWritten() throws Exception {
    String at = server.url().replace("/rootfs.tar.gz", "/a%2Fb%20c%25/d.tar.gz?x=%26y%3D");
    fetch(at.replace("http://", "http://me:pass@"), Map.of());
    fetch(at, Map.of());
    assertThat(server.requests())
        .allSatisfy(
            request ->
                assertThat(request.get(""))
                    .isEqualTo("GET /a%2Fb%20c%25/d.tar.gz?x=%26y%3D HTTP/1.1"));
  }

  @Test
  void aRedirectNeverLeavesTls() {
    assertThatThrownBy(() -> HttpDoor.resolve(URI.create("https://a/x"), "http://a/x"))
        .hasMessageContaining("plain http");
    assertThatThrownBy(() -> HttpDoor.resolve(URI.create("https://a/x"), "ftp://a/x"))
        .hasMessageContaining("ftp:");
  }

  @Test
  void troubleOfTheServerPassesAndIsTriedAgain() throws Exception {
    server.answerFirst(500, 503, 429);
    arrivesWhole();
    assertThat(retries).hasSize(3);
  }

  @Test
  void aSilentServerIsLeftAndAskedAgain() throws Exception {
    server.stallAfter(50_000);
    arrivesWhole();
    assertThat(retries).hasSize(1);
    assertThat(retries.get(0)).contains("silent");
  }

  @Test
  void aShortBodyIsNoBody() throws Exception {
    server.declareLength(300_000);
    assertThat(givesUp(server.url())).contains("attempt 4 of 4");
  }

  @Test
  void anAnswerThatWillNotChangeIsNotAskedForAgain() throws Exception {
    server.answer(404);
    assertThat(givesUp(server.url())).contains("attempt 1 of 4").contains("404");
    server.answer(403);
    assertThat(givesUp(server.url())).contains("403");
    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void redirectsEndAndLeadNowhereElse() throws Exception {
    server.redirectForever();
    assertThat(givesUp(server.url())).contains("more than 5 redirects");
    server.redirectTo("file:///etc/passwd");
    assertThat(givesUp(server.url())).contains("file:");
    server.redirectTo("");
    assertThat(givesUp(server.url())).contains("nowhere");
  }

  @Test
  void credentialsGoToTheirOwnHostOnlyAndAreNeverShown() throws Exception {
    try (LyingServer other = new LyingServer(body)) {
      String secret = server.url().replace("http://", "http://me:hidden@");
      server.redirectTo(other.url().replace("127.0.0.1", "localhost"));
      fetch(secret, Map.of());
      assertThat(server.requests().get(0).get("authorization")).startsWith("Basic ");
      assertThat(other.requests().get(0)).doesNotContainKey("authorization");
      server.answer(404);
      assertThat(givesUp(secret)).doesNotContain("hidden");
    }
  }

  @Test
  void moreThanTheCapIsRefusedBeforeItIsFetched() throws Exception {
    server.declareLength(2 << 20);
    assertThat(givesUp(server.url())).contains("at most 1048576");
    assertThat(part()).doesNotExist();
  }

  @Test
  void aWrappedBodyIsRefused() throws Exception {
    server.header("Content-Encoding: gzip");
    assertThat(givesUp(server.url())).contains("content-encoding gzip");
  }

  @Test
  void theProxyOfTheEnvironmentIsAsked() throws Exception {
    Map<String, String> environment =
        Map.of("http_proxy", server.url().replace("/rootfs.tar.gz", ""));
    fetch("http://example.invalid/a.tar", environment);
    assertThat(server.requests().get(0).get("")).startsWith("GET http://example.invalid/a.tar");
    assertThat(
            Proxies.of(
                Map.of("HTTP_PROXY", "p:1", "no_proxy", ".example.org"),
                URI.create("http://a.example.org/")))
        .isNull();
  }
}
