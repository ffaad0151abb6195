package jstack.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.manifest.Suggestion;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * The command line: finds the verb, builds that one alone, and turns what happens to exit codes.
 */
public final class Main {
  private static final List<String> OPTIONS_WITH_VALUE =
      List.of("-f", "--file", "-p", "--project-name", "--env-file", "--project-directory");

  private Main() {}

  public static void main(String[] arguments) {
    PrintStream out = stream(FileDescriptor.out, 1 << 13, false);
    PrintStream err = stream(FileDescriptor.err, 1 << 10, true);
    Path here = Path.of("").toAbsolutePath();
    Console console = new Console(out, err, System.getenv(), here);
    int code = run(List.of(arguments), console);
    out.flush();
    err.flush();
    // Not exit(): nothing of ours waits for a hook, and threads of a fetch may be in the way.
    Runtime.getRuntime().halt(code);
  }

  private static PrintStream stream(FileDescriptor descriptor, int size, boolean autoFlush) {
    return new PrintStream(
        new java.io.BufferedOutputStream(new FileOutputStream(descriptor), size),
        autoFlush,
        StandardCharsets.UTF_8);
  }

  /** Runs one command line; never throws. */
  static int run(List<String> arguments, Console console) {
    boolean debug = arguments.contains("--debug");
    try {
      return dispatch(arguments.stream().filter(word -> !word.equals("--debug")).toList(), console);
    } catch (DiagnosticException e) {
      console.print(e.diagnostics());
      long errors = e.diagnostics().stream().filter(Diagnostic::isError).count();
      if (errors > 1) {
        console.err().println(errors + " errors");
      }
      return ExitCode.of(e.failure());
    } catch (ParameterException e) {
      return usage(
          console,
          String.valueOf(e.getMessage()),
          "see jstack " + e.getCommandLine().getCommandName() + " --help");
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      console.err().println("error: this is a bug of jstack: " + e);
      if (debug) {
        e.printStackTrace(console.err());
      } else {
        console.err().println("  hint: --debug shows where it happened");
      }
      return ExitCode.FAILED;
    }
  }

  private static int usage(Console console, String message, String hint) {
    console.print(Diagnostic.error(Origin.NONE, "usage", message).withHint(hint));
    return ExitCode.USAGE;
  }

  private static int dispatch(List<String> arguments, Console console) throws Exception {
    int at = indexOfVerb(arguments);
    if (at == arguments.size()) {
      boolean version = arguments.contains("--version") || arguments.contains("-V");
      if (version) {
        return new VersionVerb().run(console);
      }
      boolean asked = arguments.contains("--help") || arguments.contains("-h");
      (asked ? console.out() : console.err()).print(overview());
      return asked ? ExitCode.DONE : ExitCode.USAGE;
    }
    String name = arguments.get(at);
    List<String> rest = longNames(arguments.subList(0, at));
    rest.addAll(arguments.subList(at + 1, arguments.size()));
    if (name.equals("help")) {
      if (at + 1 >= arguments.size()) {
        console.out().print(overview());
        return ExitCode.DONE;
      }
      name = arguments.get(at + 1);
      rest = List.of("--help");
    }
    VerbTable.Entry entry = VerbTable.all().get(name);
    if (entry == null) {
      String near = Suggestion.among(name, VerbTable.all().keySet());
      return usage(console, "no verb " + name + near, "jstack --help lists them");
    }
    return execute(name, entry, leadingManifest(name, rest, console), console);
  }

  private static int execute(String name, VerbTable.Entry entry, List<String> rest, Console console)
      throws Exception {
    Verb verb = entry.make().get();
    CommandLine line = commandLine(name, verb);
    if (asksForHelp(rest, line)) {
      line.usage(console.out());
      return ExitCode.DONE;
    }
    line.parseArgs(rest.toArray(String[]::new));
    return verb.run(console);
  }

  /** The parser of one verb; what follows the service of exec and run belongs to their command. */
  static CommandLine commandLine(String name, Verb verb) {
    CommandLine line = new CommandLine(verb);
    line.setCommandName("jstack " + name);
    boolean takesCommand = name.equals("exec") || name.equals("run");
    line.setStopAtPositional(takesCommand);
    line.setOverwrittenOptionsAllowed(false);
    return line;
  }

  private static boolean asksForHelp(List<String> rest, CommandLine line) {
    for (String word : rest) {
      if (word.equals("--help") || word.equals("-h")) {
        return true;
      }
      if (line.isStopAtPositional() && !word.startsWith("-")) {
        return false;
      }
    }
    return false;
  }

  /** {@code jstack up app.yaml -d}: a manifest right behind the verb is the option -f. */
  private static List<String> leadingManifest(String verb, List<String> rest, Console console) {
    int at = 0;
    while (at < rest.size() && rest.get(at).startsWith("-")) {
      boolean follow = verb.equals("logs") && rest.get(at).equals("-f");
      at += !follow && OPTIONS_WITH_VALUE.contains(rest.get(at)) ? 2 : 1;
    }
    boolean shortName = !verb.equals("logs") && rest.contains("-f");
    boolean named = shortName || rest.stream().anyMatch(word -> word.startsWith("--file"));
    if (named
        || at >= rest.size()
        || !ManifestOptions.isManifest(rest.get(at), console.workingDirectory())) {
      return rest;
    }
    List<String> words = new ArrayList<>(rest);
    String manifest = words.remove(at);
    words.add(0, "--file=" + manifest);
    return words;
  }

  /** Before the verb -f is always the manifest; behind it the verb may mean something else. */
  private static List<String> longNames(List<String> options) {
    List<String> named = new ArrayList<>();
    for (int i = 0; i < options.size(); i++) {
      if (options.get(i).equals("-f") && i + 1 < options.size()) {
        i++;
        named.add("--file=" + options.get(i));
      } else {
        named.add(options.get(i));
      }
    }
    return named;
  }

  private static int indexOfVerb(List<String> arguments) {
    int at = 0;
    while (at < arguments.size() && arguments.get(at).startsWith("-")) {
      at += OPTIONS_WITH_VALUE.contains(arguments.get(at)) ? 2 : 1;
    }
    return Math.min(at, arguments.size());
  }

  private static String overview() {
    StringBuilder out =
        new StringBuilder("Usage: jstack VERB [OPTIONS] [MANIFEST] [SERVICE...]\n\n");
    for (Map.Entry<String, VerbTable.Entry> verb : VerbTable.all().entrySet()) {
      String name = verb.getKey();
      out.append("  ").append(name).append(" ".repeat(12 - name.length()));
      out.append(verb.getValue().summary()).append('\n');
    }
    return out.append("\njstack VERB --help says more of each.\n").toString();
  }
}
