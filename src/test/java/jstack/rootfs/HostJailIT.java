package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import jstack.manifest.RootfsMode;
import jstack.manifest.RootfsSpec;
import jstack.support.Host;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostJailIT {
  @TempDir Path folder;

  private static RootfsSpec.Host jail(String... binaries) {
    return new RootfsSpec.Host(
        java.util.Arrays.stream(binaries).map(HostPath::new).toList(),
        List.of(),
        List.of(),
        RootfsMode.OVERLAY,
        new Origin("jstack.yaml", 4, 5, 6, "services.web.rootfs.host"));
  }

  @Test
  void bashRunsInAJailOfItsOwn() throws Exception {
    Host.needsRoot();
    HostJail.build(jail("/bin/bash"), folder);
    Process process =
        new ProcessBuilder("chroot", folder.toString(), "/bin/bash", "-c", "echo works").start();
    assertThat(new String(process.getInputStream().readAllBytes())).isEqualTo("works\n");
    assertThat(folder.resolve("etc/passwd")).content().startsWith("root:x:0:0:");
    assertThat(Files.getAttribute(folder.resolve("tmp"), "unix:mode")).isEqualTo(041777);
  }

  @Test
  void theClosureIsTheOneThatTheLoaderUses() throws Exception {
    Host.needsRoot();
    for (String program : List.of("/bin/bash", "/bin/ps", "/usr/bin/find", "/usr/bin/tar")) {
      List<String> ours =
          HostJail.entriesOf(jail(program)).stream().map(p -> p.getFileName().toString()).toList();
      Process ldd = new ProcessBuilder("ldd", program).start();
      for (String line : new String(ldd.getInputStream().readAllBytes()).lines().toList()) {
        int arrow = line.indexOf("=> /");
        if (arrow > 0) {
          String library =
              Path.of(line.substring(arrow + 3).strip().split(" ")[0]).getFileName().toString();
          assertThat(ours).as(program).contains(library);
        }
      }
    }
  }

  @Test
  void aScriptBringsItsInterpreter() throws Exception {
    Path script = folder.resolve("hello");
    Files.writeString(script, "#!/bin/bash -e\necho hello\n");
    assertThat(HostJail.entriesOf(jail(script.toString())).stream().map(Path::toString))
        .contains(script.toString())
        .anyMatch(name -> name.endsWith("bin/bash"))
        .anyMatch(name -> name.contains("libc.so.6"));
  }

  @Test
  void aProgramThatIsNotThereIsAnErrorAtItsLine() {
    assertThatThrownBy(() -> HostJail.key(jail("/bin/none", "/bin/nothing")))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e -> {
              assertThat(e.diagnostics()).hasSize(2);
              assertThat(e.diagnostics().get(0).message()).contains("/bin/none");
              assertThat(e.diagnostics().get(0).origin().line()).isEqualTo(4);
            });
  }

  @Test
  void theKeyStaysUntilAFileChanges() throws Exception {
    Path program = folder.resolve("program");
    Files.writeString(program, "#!/bin/sh\n");
    String key = HostJail.key(jail(program.toString()));
    assertThat(HostJail.key(jail(program.toString()))).isEqualTo(key);
    Files.writeString(program, "#!/bin/sh\n# changed\n");
    assertThat(HostJail.key(jail(program.toString()))).isNotEqualTo(key);
  }
}
