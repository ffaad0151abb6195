package jstack.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.SourceTexts;

/** The world as a verb sees it: streams, environment, folder, and what is known of the terminal. */
final class Console {
  private final PrintStream out;
  private final PrintStream err;
  private final Map<String, String> environment;
  private final Path workingDirectory;
  private final SourceTexts texts = new SourceTexts();

  Console(
      PrintStream out, PrintStream err, Map<String, String> environment, Path workingDirectory) {
    this.out = out;
    this.err = err;
    this.environment = environment;
    this.workingDirectory = workingDirectory;
  }

  /** Data. */
  PrintStream out() {
    return out;
  }

  /** Progress and errors. */
  PrintStream err() {
    return err;
  }

  Map<String, String> environment() {
    return environment;
  }

  Path workingDirectory() {
    return workingDirectory;
  }

  /** The texts of the files that were read, for the lines of diagnostics. */
  SourceTexts texts() {
    return texts;
  }

  boolean stdinIsTerminal() {
    return isTerminal("in");
  }

  boolean stdoutIsTerminal() {
    return isTerminal("out");
  }

  boolean stderrIsTerminal() {
    return isTerminal("err");
  }

  /** The launcher script asks with test -t, which costs nothing; Java has no such question. */
  private static boolean isTerminal(String stream) {
    return "1".equals(System.getProperty("jstack.tty." + stream));
  }

  /** Whether output may be coloured; see no-color.org. */
  boolean colour() {
    return stdoutIsTerminal()
        && environment.getOrDefault("NO_COLOR", "").isEmpty()
        && !"dumb".equals(environment.get("TERM"));
  }

  void print(Diagnostic diagnostic) {
    print(List.of(diagnostic));
  }

  /** As they may be shown: without the secrets of the files that were read. */
  List<Diagnostic> redacted(List<Diagnostic> diagnostics) {
    return diagnostics.stream().map(texts::redact).toList();
  }

  void print(List<Diagnostic> diagnostics) {
    err.print(new DiagnosticPrinter(texts::linesOf).print(redacted(diagnostics)));
  }
}
