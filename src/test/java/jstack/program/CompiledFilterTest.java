package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;
import jstack.linux.Architecture;
import jstack.linux.Capability;
import jstack.linux.SyscallTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What was compiled beforehand is what the compiler gives now. */
class CompiledFilterTest {
  private static final Path SOURCE = Path.of("src/main/java/jstack/program/CompiledFilter.java");
  private static final int COLUMNS = 84;

  private static Bpf compile(Architecture architecture) {
    return BpfCompiler.compile(
        DefaultPolicy.of(Capability.mask(Capability.DEFAULTS)),
        architecture,
        SyscallTable.of(architecture));
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void theDefaultFilterIsTheCompilersWord(Architecture architecture) throws IOException {
    String filter = compile(architecture).base64();
    if (Boolean.getBoolean("jstack.golden.write")) {
      String text = Files.readString(SOURCE);
      String start = "  private static final String " + architecture + " =";
      int from = text.indexOf(start.substring(0, start.length() - 1));
      int to = text.indexOf(";\n", from);
      Files.writeString(
          SOURCE, text.substring(0, from) + start + words(filter) + text.substring(to));
      return; // this class holds what was there before
    }
    assertThat(CompiledFilter.of(architecture))
        .as("run CompiledFilterTest with -Djstack.golden.write=true")
        .isEqualTo(filter);
  }

  /** Filters are kept under the name of the tables, so that another jstack finds none of them. */
  @Test
  void theTablesNameChangesWithAnyFilter() throws IOException {
    CRC32 all = new CRC32();
    for (Architecture architecture : Architecture.values()) {
      for (Capability more : Capability.values()) {
        long capabilities = Capability.mask(Capability.DEFAULTS) | Capability.mask(List.of(more));
        SyscallTable table = SyscallTable.of(architecture);
        Bpf filter = BpfCompiler.compile(DefaultPolicy.of(capabilities), architecture, table);
        all.update(filter.bytes());
      }
    }
    String name = Long.toHexString(all.getValue());
    if (Boolean.getBoolean("jstack.golden.write")) {
      String text = Files.readString(SOURCE);
      Files.writeString(
          SOURCE, text.replaceFirst("TABLES = \"[^\"]*\"", "TABLES = \"" + name + '"'));
      return;
    }
    assertThat(CompiledFilter.TABLES)
        .as("run CompiledFilterTest with -Djstack.golden.write=true")
        .isEqualTo(name);
  }

  private static String words(String filter) {
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < filter.length(); at += COLUMNS) {
      out.append(at == 0 ? "\n      \"" : "\n          + \"");
      out.append(filter, at, Math.min(filter.length(), at + COLUMNS)).append('"');
    }
    return out.toString();
  }

  @Test
  void explainSaysHowManyCallsFareHow() {
    String text =
        SeccompText.describe(
            new ProcessInstruction.Seccomp(0, compile(Architecture.X86_64).base64()));
    assertThat(text)
        .matches(
            "default filter for x86_64, \\d+ allowed, 5 by argument, \\d+ refused with ENOSYS,"
                + " \\d+ refused with EPERM, \\d+ BPF instructions, sha256 [0-9a-f]{12}");
  }
}
