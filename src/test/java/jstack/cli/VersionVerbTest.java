package jstack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What {@code jstack version} says of itself and its ground. */
class VersionVerbTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private int jstack(String... words) {
    PrintStream printer = new PrintStream(out, true, StandardCharsets.UTF_8);
    return Main.run(List.of(words), new Console(printer, printer, Map.of(), Path.of("/")));
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theVersionIsThatOfTheBuild() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    String version = pom.replaceAll("(?s).*?<version>([^<]+)</version>.*", "$1");
    assertThat(jstack("version")).isZero();
    assertThat(printed()).startsWith("jstack " + version + "\n").contains("\nkernel ");
  }

  @Test
  void theVersionAsJsonIsOneObject() throws IOException {
    assertThat(jstack("version", "--format", "json")).isZero();
    var json = new ObjectMapper().readTree(printed());
    assertThat(json.fieldNames()).toIterable().containsExactly("version", "java", "kernel", "shim");
    assertThat(jstack("version", "--format", "xml")).isEqualTo(ExitCode.USAGE);
  }
}
