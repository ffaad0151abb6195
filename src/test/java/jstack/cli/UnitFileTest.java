package jstack.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jstack.diag.DiagnosticException;
import jstack.support.Host;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What systemd is told about a stack, and how it spells paths. */
class UnitFileTest {
  private static final Path ANALYZE = Path.of("/usr/bin/systemd-analyze");

  @TempDir Path folder;

  private static UnitFile unit(Path jstack, Path manifest, Map<String, String> environment) {
    return new UnitFile(
        jstack,
        "demo",
        List.of(),
        manifest,
        List.of(),
        new TreeMap<>(environment),
        List.of(manifest.getParent(), Path.of("/var/lib/jstack")),
        true,
        70);
  }

  private static UnitFile plain() {
    return unit(
        Path.of("/usr/local/lib/jstack/bin/jstack"), Path.of("/srv/demo/jstack.yaml"), Map.of());
  }

  @Test
  void aStackIsStartedReloadedAndStoppedByItsVerbs() {
    assertThat(plain().text())
        .isEqualTo(
            """
            # /etc/systemd/system/jstack-demo.service: the stack of /srv/demo/jstack.yaml
            #
            # to install: write it there, then systemctl daemon-reload
            #   systemctl enable --now jstack-demo.service
            # systemctl reload does the cheapest change after an edit of the manifest; stop is
            # down: what containers wrote is kept.
            [Unit]
            Description=jstack: demo
            Wants=network-online.target
            After=network-online.target
            RequiresMountsFor=/srv/demo /var/lib/jstack

            [Service]
            Type=oneshot
            RemainAfterExit=yes
            WorkingDirectory=/srv/demo
            ExecStart=/usr/local/lib/jstack/bin/jstack up -d -f /srv/demo/jstack.yaml
            ExecReload=/usr/local/lib/jstack/bin/jstack up -d -f /srv/demo/jstack.yaml
            ExecStop=/usr/local/lib/jstack/bin/jstack down -p demo
            TimeoutStopSec=70
            # The containers' cgroups are made below this unit's own.
            Delegate=yes
            TasksMax=infinity
            # A container out of memory is for jstack to see to, not for the whole unit.
            OOMPolicy=continue
            # Only what is left after ExecStop is killed, at once.
            KillMode=mixed

            [Install]
            WantedBy=multi-user.target
            """);
  }

  @Test
  void lettersThatMeanSomethingToSystemdAreSpelledOut() {
    UnitFile odd =
        unit(
            Path.of("/opt/my $tools/100%/jstack"),
            Path.of("/srv/a \"b\" $c %d\\e;/jstack.yaml"),
            Map.of("JSTACK_HOME", "/data/50% \"$x\"\\y", "JSTACK_RUN", "/run/x"));
    assertThat(odd.text().lines())
        .contains(
            "RequiresMountsFor=\"/srv/a \\\"b\\\" $c %%d\\\\e;\" /var/lib/jstack",
            "WorkingDirectory=/srv/a \"b\" $c %%d\\e;",
            "Environment=\"JSTACK_HOME=/data/50%% \\\"$x\\\"\\\\y\"",
            "Environment=JSTACK_RUN=/run/x",
            "ExecStart=\"/opt/my $tools/100%%/jstack\" up -d -f"
                + " \"/srv/a \\\"b\\\" $$c %%d\\\\e;/jstack.yaml\"");
  }

  @Test
  void whatAUnitFileCannotSayIsAnError() {
    for (String path : List.of("/srv/a\nb/x.yaml", "/srv/blank /x.yaml", "/srv/back\\/x.yaml")) {
      assertThatThrownBy(() -> unit(Path.of("/bin/true"), Path.of(path), Map.of()).text())
          .isInstanceOf(DiagnosticException.class)
          .hasMessageContaining("cannot say");
    }
  }

  /** The one judge that counts, where it is installed. */
  @Test
  void systemdAcceptsIt() throws Exception {
    Host.needsTool(ANALYZE.toString());
    verify(
        unit(Path.of("/bin/true"), folder.resolve("jstack.yaml"), Map.of("JAVA_HOME", "/usr/x")));
    Path odd = Files.createDirectory(folder.resolve("a \"b\" $c %d\\e;f"));
    Path tool = Files.copy(Path.of("/bin/true"), odd.resolve("100% $tool"));
    verify(unit(tool, odd.resolve("jstack.yaml"), Map.of("JSTACK_RUN", odd.toString())));
    Path blank = Files.copy(tool, folder.resolve("100% $tool"));
    verify(unit(blank, folder.resolve("jstack.yaml"), Map.of()));
  }

  private void verify(UnitFile unit) throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve(unit.name()), unit.text());
    Process process =
        new ProcessBuilder(ANALYZE.toString(), "verify", "--man=no", file.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).doesNotContain(unit.name());
  }
}
