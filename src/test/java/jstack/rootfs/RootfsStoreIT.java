package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import jstack.manifest.RootfsLimits;
import jstack.manifest.RootfsMode;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Sha256;
import jstack.support.Host;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What has its name in the store is whole: nothing else is ever left there. */
class RootfsStoreIT {
  private static final String OTHER = "0".repeat(64);

  @TempDir Path folder;
  private Path store;
  private Path archive;
  private final byte[] tar = new TarFixture().file("a", "x").file("b", "y".repeat(2000)).end();

  @BeforeEach
  void begin() throws IOException {
    Host.needsRoot();
    store = folder.resolve("store");
    archive = folder.resolve("a.tar");
    Files.write(archive, tar);
  }

  private PreparedRootfs prepare(@Nullable String sha256) {
    return prepare(sha256, RootfsLimits.DEFAULT);
  }

  private PreparedRootfs prepare(@Nullable String sha256, RootfsLimits limits) {
    Unpacker here =
        (from, tree, policy, listener) -> {
          try (InputStream in = Files.newInputStream(from)) {
            return TarUnpacker.unpack(in, tree, policy, (entries, bytes) -> {});
          }
        };
    Sha256 wanted = sha256 == null ? null : Sha256.parse(sha256);
    Origin origin = new Origin("jstack.yaml", 3, 5, 4, "services.web.rootfs");
    RootfsSpec spec =
        new RootfsSpec.Local(
            HostPath.of(archive),
            HostPath.of(archive),
            wanted,
            0,
            limits,
            RootfsMode.OVERLAY,
            origin);
    return new RootfsStore(store, Map.of(), here).prepare(spec, FetchListener.SILENT);
  }

  private long names(String kind) throws IOException {
    if (!Files.isDirectory(store.resolve(kind))) {
      return 0;
    }
    try (Stream<Path> all = Files.list(store.resolve(kind))) {
      return all.count();
    }
  }

  private String digest() throws Exception {
    byte[] bytes = Files.readAllBytes(archive);
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private void nothingIsLeft() throws IOException {
    assertThat(names("sha256")).isZero();
    assertThat(names("tmp")).isZero();
  }

  @Test
  void anotherDigestThanTheManifestsIsNotEvenUnpacked() throws Exception {
    assertThatThrownBy(() -> prepare(OTHER))
        .isInstanceOf(DiagnosticException.class)
        .hasMessageContaining("the sha256 of");
    nothingIsLeft();
    assertThat(prepare(digest()).directory().toPath().resolve("a")).hasContent("x");
  }

  @Test
  void ofARefusedArchiveNothingIsLeft() throws Exception {
    for (int length : new int[] {100, 700, 1024, 1700, 3072, tar.length - 1024}) {
      Files.write(archive, Arrays.copyOf(tar, length));
      assertThatThrownBy(() -> prepare(null))
          .as("cut to " + length)
          .isInstanceOf(DiagnosticException.class)
          .hasMessageContaining("cannot unpack");
      nothingIsLeft();
    }
  }

  @Test
  void theLimitsOfTheManifestHold() throws Exception {
    RootfsLimits one =
        new RootfsLimits(1, RootfsLimits.DEFAULT.size(), RootfsLimits.DEFAULT.file(), 200);
    assertThatThrownBy(() -> prepare(null, one)).hasMessageContaining("more than 1 entries");
    nothingIsLeft();
  }

  @Test
  void whatAKilledRunLeftGoesWithTheNextAndWhatLivesStays() throws Exception {
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    Path dead = store.resolve("tmp/unpack-" + gone.pid() + "-1/root/d");
    Path alive = store.resolve("tmp/unpack-" + ProcessHandle.current().pid() + "-1/root/d");
    Files.createDirectories(dead);
    Files.createDirectories(alive);
    prepare(null);
    assertThat(store.resolve("tmp/unpack-" + gone.pid() + "-1")).doesNotExist();
    assertThat(alive).exists();
  }

  @Test
  void aTreeWithoutItsMarkIsNoTree() throws Exception {
    Path place = store.resolve("sha256").resolve(digest());
    Files.createDirectories(place.resolve("root"));
    Files.writeString(place.resolve("root/half"), "half");
    PreparedRootfs made = prepare(null);
    assertThat(made.directory().toPath()).isEqualTo(place.resolve("root"));
    assertThat(place.resolve("root/half")).doesNotExist();
    assertThat(place.resolve("root/a")).hasContent("x");
    assertThat(place.resolve("complete")).exists();
  }
}
