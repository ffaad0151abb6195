package jstack.manifest.print;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import jstack.manifest.Manifest;
import jstack.manifest.Origins;
import jstack.manifest.Service;
import jstack.manifest.load.Manifests;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ManifestPrinterTest {
  @Test
  void aPrintedManifestLoadsAsAnEqualOne() {
    for (String text : Manifests.GOOD) {
      Manifest manifest = Manifests.good(text);
      assertSame(Manifests.good(ManifestPrinter.yaml(manifest)), manifest);
      assertSame(Manifests.good(ManifestPrinter.json(manifest)), manifest);
    }
  }

  @Property(tries = 300)
  void anyWordsAndVariablesSurvivePrinting(
      @ForAll("texts") String word, @ForAll("texts") String value) {
    Service service = Manifests.good(Manifests.GOOD.get(0)).services().get("db");
    Service changed = with(service, List.of("/bin/echo", word), Map.of("A", value));
    Manifest manifest =
        new Manifest(
            "p", "m.yaml", new HostPath("/project"), Map.of("db", changed), Map.of(), Map.of());
    assertThat(Manifests.good(ManifestPrinter.yaml(manifest)).services().get("db").command())
        .containsExactly("/bin/echo", word);
    assertSame(Manifests.good(ManifestPrinter.yaml(manifest)), manifest);
    assertSame(Manifests.good(ManifestPrinter.json(manifest)), manifest);
  }

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "a",
            " ",
            "\n",
            "\t",
            "$",
            "${A}",
            ":",
            ": ",
            "#",
            " #",
            "-",
            "- ",
            "'",
            "\"",
            "\\",
            "|",
            ">",
            "~",
            "null",
            "no",
            "22:22",
            "0755",
            "1.10",
            "é",
            "日本",
            "\uD83D\uDC33",
            "\u0001",
            "\u0085",
            "\u2028",
            "\r",
            "@",
            "`",
            "%",
            "&",
            "*",
            "!",
            "{",
            "}",
            "[",
            "]",
            ",",
            "?");
    return pieces.list().ofMaxSize(6).map(list -> String.join("", list));
  }

  @Test
  void secretsAreMaskedOnRequestOnly() {
    Service service = Manifests.good(Manifests.GOOD.get(0)).services().get("db");
    Service changed =
        with(service, List.of("/a"), Map.of("DB_PASSWORD", "hunter2", "PLAIN", "shown"));
    Manifest manifest =
        new Manifest("p", "m", new HostPath("/p"), Map.of("db", changed), Map.of(), Map.of());
    assertThat(ManifestPrinter.yaml(manifest)).contains("hunter2", "shown");
    assertThat(ManifestPrinter.yaml(manifest, ManifestPrinter.Secrets.MASKED))
        .contains("DB_PASSWORD: \"***\"", "shown")
        .doesNotContain("hunter2");
  }

  private static Service with(Service s, List<String> command, Map<String, String> environment) {
    return new Service(
        s.name(),
        s.rootfs(),
        s.entrypoint(),
        command,
        s.workingDir(),
        environment,
        s.user(),
        s.groupAdd(),
        s.umask(),
        s.hostname(),
        s.domainname(),
        s.namespaces(),
        s.networking(),
        s.mounts(),
        s.shmSize(),
        s.readOnly(),
        s.tty(),
        s.stdinOpen(),
        s.seccomp(),
        s.cgroup(),
        s.dependsOn(),
        s.stopSignal(),
        s.stopGracePeriod(),
        s.logging(),
        s.expect(),
        s.security(),
        s.lifecycle(),
        s.origins(),
        s.role(),
        s.labels());
  }

  private static void assertSame(Manifest actual, Manifest expected) {
    assertThat(actual.services())
        .usingRecursiveComparison()
        .ignoringFieldsOfTypes(Origin.class, Origins.class)
        .isEqualTo(expected.services());
    assertThat(actual.name()).isEqualTo(expected.name());
  }
}
