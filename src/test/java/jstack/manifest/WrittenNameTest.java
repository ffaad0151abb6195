package jstack.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WrittenNameTest {
  private static final Path FILE = Path.of("/home/me/My App/jstack.yaml");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name: demo\nservices: {}\n",
        "# a comment\n---\nname:   demo # mine\nservices:\n  web:\n    name: other\n",
        "services: {}\n\nname: \"demo\"",
        "name: 'demo'\r\nservices: {}\r\n",
      })
  void isTakenWhereItIsPlain(String text) {
    assertThat(WrittenName.of(text, FILE)).contains("demo");
  }

  @Test
  void isTheFoldersWhereNoneIsWritten() {
    assertThat(WrittenName.of("services: {}\n", FILE)).contains("myapp");
    assertThat(WrittenName.of("", FILE)).contains("myapp");
    assertThat(WrittenName.of("services: {}\n", Path.of("/jstack.yaml"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name: ${NAME}\n",
        "name: demo\nname: other\n",
        "name: &anchor demo\n",
        "name: demo\n  more\n",
        "name: >\n  demo\n",
        "name: Demo\n",
        "\"name\": demo\n",
        "? name\n: demo\n",
        "{name: demo}\n",
        "<<: {name: demo}\n",
        "name: ../demo\n",
        "\tname: demo\n",
        "\uFEFFname: demo\n",
      })
  void isLeftToTheParserWhereItIsNot(String text) {
    assertThat(WrittenName.of(text, FILE)).isEmpty();
  }
}
