package jstack.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.SourceTexts;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.LoadedManifest;
import jstack.manifest.load.ManifestLoader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A profile that has not changed is not read again. */
class ProfileMemoryTest {
  @TempDir Path folder;
  private final Map<String, ProfileMemory.Known> known = new HashMap<>();
  private final ProfileMemory memory =
      new ProfileMemory() {
        @Override
        public ProfileMemory.@Nullable Known find(String digest) {
          return known.get(digest);
        }

        @Override
        public void keep(String digest, Known profile) {
          known.put(digest, profile);
        }
      };

  private LoadedManifest load(String profile) throws Exception {
    Files.writeString(folder.resolve("p.json"), profile);
    Files.writeString(
        folder.resolve("jstack.yaml"),
        "services: {web: {rootfs: ./r.tar, command: x, security_opt: [seccomp=./p.json]}}");
    Files.writeString(folder.resolve("r.tar"), "x");
    LoadRequest request =
        new LoadRequest(Path.of("jstack.yaml"), folder, null, List.of(), Map.of())
            .withProfiles(memory);
    return ManifestLoader.load(request, new SourceTexts());
  }

  private static Seccomp.OfFile seccomp(LoadedManifest loaded) {
    return (Seccomp.OfFile) loaded.manifest().services().get("web").seccomp();
  }

  private static final String GOOD =
      "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"],"
          + " \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\"}]}";

  @Test
  void theSecondTimeItsRulesAreReadOnlyWhenSomebodyAsks() throws Exception {
    Seccomp.OfFile first = seccomp(load(GOOD));
    assertThat(first).isInstanceOf(Seccomp.Profile.class);
    Seccomp.OfFile second = seccomp(load(GOOD));
    assertThat(second).isInstanceOf(Seccomp.Unread.class);
    assertThat(second.digest()).isEqualTo(first.digest());
    assertThat(second.flags()).isEqualTo(first.flags()).isNotZero();
    assertThat(second.profile()).isEqualTo(first);
  }

  @Test
  void oneByteMakesItAnother() throws Exception {
    load(GOOD);
    assertThat(seccomp(load(GOOD + " "))).isInstanceOf(Seccomp.Profile.class);
  }

  @Test
  void whatIsSaidOfOneIsSaidEachTime() throws Exception {
    String odd = GOOD.replace("\"read\"", "\"read\", \"nosuchcall\"");
    List<Diagnostic> first = load(odd).warnings();
    assertThat(first).hasSize(1);
    LoadedManifest second = load(odd);
    assertThat(second.warnings()).isEqualTo(first);
    assertThat(seccomp(second)).isInstanceOf(Seccomp.Unread.class);
  }

  @Test
  void whatIsRefusedIsNotKept() {
    assertThatThrownBy(() -> load(GOOD.replace("SCMP_ACT_ALLOW", "SCMP_ACT_ALOW")))
        .isInstanceOf(DiagnosticException.class);
    assertThat(known).isEmpty();
  }
}
