package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import jstack.manifest.PullPolicy;
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
    archive = folder.toRealPath().resolve("a.tar");
    Files.write(archive, tar);
  }

  private PreparedRootfs prepare(@Nullable String sha256) {
    return prepare(sha256, RootfsLimits.DEFAULT);
  }

  private PreparedRootfs prepare(@Nullable String sha256, RootfsLimits limits) {
    return rootfsStore().prepare(spec(sha256, limits), FetchListener.SILENT);
  }

  private RootfsSpec spec(@Nullable String sha256, RootfsLimits limits) {
    Sha256 wanted = sha256 == null ? null : Sha256.parse(sha256);
    Origin origin = new Origin("jstack.yaml", 3, 5, 4, "services.web.rootfs");
    return new RootfsSpec.Local(
        HostPath.of(archive), HostPath.of(archive), wanted, 0, limits, RootfsMode.OVERLAY, origin);
  }

  private RootfsStore rootfsStore() {
    Unpacker here =
        (from, tree, policy, listener) -> {
          try (InputStream in = Files.newInputStream(from)) {
            return TarUnpacker.unpack(in, tree, policy, (entries, bytes) -> {});
          }
        };
    return new RootfsStore(store, Map.of(), here);
  }

  /** A url with the archive, which counts how often it is asked for. */
  private HttpServer serve(AtomicInteger fetched) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/",
        exchange -> {
          fetched.incrementAndGet();
          exchange.sendResponseHeaders(200, tar.length);
          exchange.getResponseBody().write(tar);
          exchange.close();
        });
    server.start();
    return server;
  }

  @Test
  void whatWasPinnedIsNotFetchedAgain() throws Exception {
    AtomicInteger fetched = new AtomicInteger();
    HttpServer server = serve(fetched);
    try {
      RootfsSpec.Url url = url(server, null);
      Sha256 pin = rootfsStore().pin(url, FetchListener.SILENT).sha256();
      assertThat(fetched).hasValue(1);
      PreparedRootfs made = rootfsStore().prepare(url(server, pin), FetchListener.SILENT);
      assertThat(made.directory().toPath().resolve("a")).hasContent("x");
      assertThat(fetched).hasValue(1);
      assertThat(names("tmp")).as("the archive is of no use any more").isZero();
      // A torn one is fetched again, and one that nobody wants goes after a day.
      assertThat(new ProcessBuilder("rm", "-r", store + "/sha256").start().waitFor()).isZero();
      Path torn = store.resolve("tmp").resolve(pin.hex() + ".pinned");
      Files.write(torn, new byte[] {1});
      rootfsStore().prepare(url(server, pin), FetchListener.SILENT);
      assertThat(fetched).hasValue(2);
      Files.write(torn, new byte[] {1});
      Files.setLastModifiedTime(torn, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
      rootfsStore().sweep();
      assertThat(names("tmp")).isZero();
    } finally {
      server.stop(0);
    }
  }

  private static RootfsSpec.Url url(HttpServer server, @Nullable Sha256 sha256) {
    return new RootfsSpec.Url(
        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/a.tar"),
        sha256,
        0,
        RootfsLimits.DEFAULT,
        PullPolicy.MISSING,
        RootfsMode.OVERLAY,
        new Origin("jstack.yaml", 3, 5, 4, "services.web.rootfs"));
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

  /** Another tree under the digest of this one would be everybody's who trusts the digest. */
  @Test
  void whatIsUnpackedIsWhatWasHashed() throws Exception {
    byte[] evil = new TarFixture().file("a", "evil").end();
    String digest = digest();
    Unpacker swapped =
        (from, tree, policy, listener) -> {
          Files.write(archive, evil); // by its owner, at the worst moment
          try (InputStream in = Files.newInputStream(from)) {
            return TarUnpacker.unpack(in, tree, policy, (entries, bytes) -> {});
          }
        };
    PreparedRootfs made =
        new RootfsStore(store, Map.of(), swapped)
            .prepare(spec(digest, RootfsLimits.DEFAULT), FetchListener.SILENT);
    assertThat(made.directory().toPath()).endsWith(Path.of(digest, "root"));
    assertThat(made.directory().toPath().resolve("a")).hasContent("x");
    assertThat(names("tmp")).isZero();
    assertThat(prepare(null).directory().toPath().resolve("a")).as("by now").hasContent("evil");
  }

  @Test
  void aLinkThatCameBehindTheCheckIsNotFollowed() throws Exception {
    Path other = Files.write(folder.resolve("other.tar"), tar);
    Files.delete(archive);
    Files.createSymbolicLink(archive, other);
    assertThatThrownBy(() -> prepare(null))
        .hasMessageContaining("symbolic link since it was checked");
    nothingIsLeft();
    Files.delete(archive);
    Files.createSymbolicLink(archive, Files.createDirectory(folder.resolve("machine")));
    assertThatThrownBy(() -> prepare(null))
        .hasMessageContaining("symbolic link since it was checked");
  }
}
