package jstack.manifest.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;

class CoreSchemaTest {
  @Example
  void scalarsAreThoseOfTheCoreSchema() {
    assertKind(CoreSchema.NULL, "", "~", "null", "Null", "NULL");
    assertKind(CoreSchema.BOOLEAN, "true", "True", "TRUE", "false", "False", "FALSE");
    assertKind(CoreSchema.INTEGER, "0", "-5", "+5", "12345678901234567890");
    assertKind(CoreSchema.FLOAT, "1.5", "1.10", "1e3", "-1.5E-3", ".5", "5.", "0.5");
    assertKind(
        CoreSchema.STRING,
        "no",
        "yes",
        "on",
        "y",
        "22:22",
        "1:30:00",
        "0755",
        "0o755",
        "08",
        "0x1f",
        "1_000",
        "2001-12-14",
        "-",
        "+",
        ".",
        "e",
        "1e",
        "1e+",
        "--1",
        "1.2.3",
        ".inf",
        "tRue",
        "nil");
  }

  private static void assertKind(CoreSchema kind, String... texts) {
    for (String text : texts) {
      assertThat(CoreSchema.of(text)).as(text).isEqualTo(kind);
    }
  }
}
