package jstack.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import jstack.diag.DiagnosticException;
import jstack.diag.Problems;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.ManifestLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockFileTest {
  private static final String A = "a".repeat(64);
  private static final String B = "b".repeat(64);
  private static final String URL = "http://example.org/r.tar";

  @TempDir Path folder;

  private static LockFile parse(String text) {
    Problems problems = new Problems();
    LockFile lock = LockFile.parse(text, "jstack.lock", problems);
    problems.throwIfAny();
    return lock;
  }

  @Test
  void aLockReadsWhatItWrites() {
    String text =
        "# jstack.lock, written by jstack lock: the bytes that each url stands for\nversion 1\n"
            + ("http://a/x sha256:" + A + " 12\n")
            + ("https://b/y sha256:" + B + " 0\n");
    assertThat(parse(text)).hasToString(text);
    assertThat(parse(text).find(URI.create("http://user:word@a/x"))).isPresent();
  }

  @Test
  void everyHostileLineIsAnErrorAtItsPlace() {
    Map<String, String> wrong =
        Map.of(
            "nonsense",
            "is not `URL sha256:DIGEST SIZE`",
            URL + " sha256:" + A,
            "is not `URL sha256:DIGEST SIZE`",
            URL + " sha256:xyz 1",
            "the digest must be 64 hexadecimal digits",
            URL + " md5:" + A + " 1",
            "is not `URL sha256:DIGEST SIZE`",
            URL + " sha256:" + A + " -1",
            "the size is no number of bytes",
            URL + " sha256:" + A + " 9999999999999999999",
            "the size is no number of bytes",
            "../../etc sha256:" + A + " 1",
            "does not begin with a url",
            URL + "\r sha256:" + A + " 1\r",
            "the size is no number of bytes");
    wrong.forEach(
        (line, message) ->
            assertThatThrownBy(() -> parse("version 1\n" + line + "\n"))
                .as(line)
                .isInstanceOfSatisfying(
                    DiagnosticException.class,
                    e -> {
                      assertThat(e.diagnostics().get(0).message()).contains(message);
                      assertThat(e.diagnostics().get(0).origin().place())
                          .isEqualTo("jstack.lock:2:1");
                    }));
    assertThatThrownBy(() -> parse("version 2\n")).hasMessageContaining("no lock of this version");
    assertThatThrownBy(() -> parse("")).hasMessageContaining("has no line `version 1`");
    String line = URL + " sha256:" + A + " 1\n";
    assertThatThrownBy(() -> parse("version 1\n" + line + line))
        .hasMessageContaining("the same url as in line 2");
  }

  private RootfsSpec.Url load(String rootfs, LoadRequest.Locking locking) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("jstack.yaml"),
            "name: demo\nservices:\n  a: {rootfs: " + rootfs + ", command: [/x]}\n");
    LoadRequest request = new LoadRequest(file, folder, null, java.util.List.of(), Map.of());
    Manifest manifest = ManifestLoader.load(request.withLocking(locking)).manifest();
    return (RootfsSpec.Url) manifest.services().values().iterator().next().rootfs();
  }

  @Test
  void aLockPinsAndPlainHttpIsFineWithIt() throws Exception {
    assertThatThrownBy(() -> load(URL, LoadRequest.Locking.PINNED))
        .hasMessageContaining("plain http lets anybody");
    assertThat(load(URL, LoadRequest.Locking.IGNORED).sha256()).isNull();
    Files.writeString(folder.resolve("jstack.lock"), "version 1\n" + URL + " sha256:" + A + " 1\n");
    assertThat(load(URL, LoadRequest.Locking.PINNED).sha256()).hasToString(A);
    assertThat(load(URL, LoadRequest.Locking.REQUIRED).sha256()).hasToString(A);
    assertThatThrownBy(() -> load("https://other.org/x", LoadRequest.Locking.REQUIRED))
        .hasMessageContaining("jstack.lock has no line for https://other.org/x");
    assertThat(load("https://other.org/x", LoadRequest.Locking.PINNED).sha256()).isNull();
    assertThatThrownBy(
            () -> load("{url: \"" + URL + "\", sha256: " + B + "}", LoadRequest.Locking.PINNED))
        .hasMessageContaining("sha256 is " + B + " here and " + A + " in ")
        .hasMessageContaining("jstack.lock:2:1");
  }
}
