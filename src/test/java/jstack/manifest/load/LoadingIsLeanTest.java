package jstack.manifest.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a fresh JVM loads to read a good manifest, because start-up time is a feature. */
class LoadingIsLeanTest {
  @TempDir Path directory;

  /** The program that is watched. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) {
      Path file = Path.of(arguments[0]);
      LoadRequest request =
          new LoadRequest(file, file.getParent(), null, List.of(), Map.of("SET", "x", "HOME", "/"));
      ManifestLoader.load(request.withPurpose(LoadRequest.Purpose.valueOf(arguments[1])));
    }
  }

  @Test
  void aGoodManifestNeedsNeitherTheSchemaNorJacksonNorMethodHandles() throws Exception {
    String loaded = classesLoadedFor("STOP");
    assertThat(loaded)
        .contains("jstack.manifest.bind.Binder", "org.yaml.snakeyaml")
        .doesNotContain("org.everit", "org.json", "com.fasterxml")
        .doesNotContain("java.lang.runtime.ObjectMethods")
        .doesNotContain("jstack.manifest.fields.RefusedKeys");
  }

  @Test
  void validationAsksTheSchema() throws Exception {
    Files.createDirectories(directory.resolve("site"));
    Files.createFile(directory.resolve("rootfs.tar"));
    Files.createFile(directory.resolve("password"));
    Files.createFile(directory.resolve("nginx.conf"));
    assertThat(classesLoadedFor("VALIDATE")).contains("org.everit", "org.json");
  }

  private String classesLoadedFor(String purpose) throws Exception {
    Path manifest = directory.resolve("m.yaml");
    Files.writeString(manifest, Manifests.GOOD.get(0));
    Process process =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-Xlog:class+load",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Probe.class.getName(),
                manifest.toString(),
                purpose)
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output.lines().reduce((a, b) -> b).orElse("")).isZero();
    return output;
  }
}
