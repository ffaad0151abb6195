package jstack.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.diag.Suggestion;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line: finds the verb, builds that one alone, and turns what happens to exit codes.
 */
public final class Main {
  private static final List<String> OPTIONS_WITH_VALUE =
      List.of(
          "-f",
          "--file",
          "-p",
          "--project-name",
          "--profile",
          "--env-file",
          "--policy",
          "--project-directory");

  /** More such of the verbs that take a command; a test holds both lists against the verbs. */
  private static final List<String> OF_COMMANDS =
      List.of(
          "-e",
          "--env",
          "-u",
          "--user",
          "-w",
          "--workdir",
          "--index",
          "-n",
          "--namespaces",
          "--share",
          "--receipt",
          "--timeout");

  private Main() {}

  public static void main(String[] arguments) {
    StandardOutput standardOutput = new StandardOutput(new FileOutputStream(FileDescriptor.out));
    PrintStream out = stream(standardOutput, 1 << 13, false);
    PrintStream err = stream(new FileOutputStream(FileDescriptor.err), 1 << 10, true);
    Path here = Path.of("").toAbsolutePath();
    Console console = new Console(out, err, System.getenv(), here);
    int code = run(List.of(arguments), console);
    out.flush();
    String loss = standardOutput.loss();
    if (loss != null) {
      console.print(
          Diagnostic.error(Origin.NONE, "output", "cannot write to the standard output: " + loss));
      code = code == ExitCode.DONE ? ExitCode.FAILED : code;
    }
    err.flush();
    // Not exit(): nothing of ours waits for a hook, and threads of a fetch may be in the way.
    Runtime.getRuntime().halt(code);
  }

  private static PrintStream stream(OutputStream to, int size, boolean autoFlush) {
    return new PrintStream(new BufferedOutputStream(to, size), autoFlush, StandardCharsets.UTF_8);
  }

  /** Runs one command line; never throws. */
  static int run(List<String> arguments, Console console) {
    List<String> words = withoutDebug(arguments);
    boolean debug = words.size() < arguments.size();
    try {
      return dispatch(words, console);
    } catch (DiagnosticException e) {
      console.print(e.diagnostics());
      if (e.errors() > 1) {
        String unchanged = e.failure() == Failure.MANIFEST ? "; nothing was changed" : "";
        console.err().println(e.errors() + " errors" + unchanged);
      }
      return ownCode(words, ExitCode.of(e.failure()));
    } catch (ParameterException e) {
      return usage(console, reason(e), "see " + e.getCommandLine().getCommandName() + " --help");
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      if (isInterrupted(e)) {
        console.err().println("error: cancelled");
        return ExitCode.CANCELLED;
      }
      console.err().println("error: this is a bug of jstack: " + e);
      if (debug) {
        e.printStackTrace(console.err());
      } else {
        console.err().println("  hint: --debug shows where it happened");
      }
      return ownCode(words, ExitCode.FAILED);
    }
  }

  /** A 1 of exec and run is their command's: who calls has to know the one from the other. */
  static int ownCode(List<String> words, int code) {
    int verb = indexOfVerb(words);
    boolean takes = verb < words.size() && takesCommand(words.get(verb));
    return takes && code == ExitCode.FAILED ? ExitCode.COULD_NOT_RUN : code;
  }

  private static String reason(ParameterException e) {
    String word =
        e instanceof UnmatchedArgumentException unmatched ? unmatched.getUnmatched().get(0) : "";
    if (!word.startsWith("--")) {
      return String.valueOf(e.getMessage());
    }
    String name = word.replaceFirst("=.*", "");
    return "unknown option "
        + name
        + Suggestion.among(name, e.getCommandLine().getCommandSpec().optionsMap().keySet());
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
    if (!VerbTable.summaries().containsKey(name)) {
      String before = at == 0 ? "" : arguments.get(at - 1);
      if (before.startsWith("-") && !OPTIONS_WITH_VALUE.contains(before) && !before.contains("=")) {
        return usage(console, "unknown option " + before, "jstack --help lists the verbs");
      }
      String near = Suggestion.among(name, VerbTable.summaries().keySet());
      return usage(console, "no verb " + name + near, VerbTable.hint(name));
    }
    return execute(name, leadingManifest(name, rest, console), console);
  }

  private static int execute(String name, List<String> rest, Console console) throws Exception {
    Verb verb = VerbTable.make(name);
    CommandLine line = commandLine(name, verb);
    if (asksForHelp(rest, line)) {
      line.usage(console.out());
      return ExitCode.DONE;
    }
    line.parseArgs(rest.toArray(String[]::new));
    return verb.run(console);
  }

  /** A signal came while the thread that it interrupts was at a file or a socket. */
  private static boolean isInterrupted(Throwable e) {
    Throwable cause = e instanceof UncheckedIOException ? e.getCause() : e;
    return cause instanceof InterruptedException || cause instanceof ClosedByInterruptException;
  }

  /** Without our own --debug; the same word in the command of exec and run is that command's. */
  static List<String> withoutDebug(List<String> arguments) {
    int verb = indexOfVerb(arguments);
    boolean takes = verb < arguments.size() && takesCommand(arguments.get(verb));
    int end =
        takes
            ? verb + 1 + commandStart(arguments.subList(verb + 1, arguments.size()))
            : arguments.size();
    List<String> words = new ArrayList<>(arguments);
    words.subList(0, end).removeIf(word -> word.equals("--debug"));
    return words;
  }

  private static boolean takesCommand(String verb) {
    return verb.equals("exec") || verb.equals("run");
  }

  /** Where the words of exec and run stop being ours: at the first that is no option. */
  private static int commandStart(List<String> rest) {
    int at = 0;
    while (at < rest.size() && rest.get(at).startsWith("-") && !rest.get(at).equals("--")) {
      at += takesValue(rest.get(at)) ? 2 : 1;
    }
    return Math.min(at, rest.size());
  }

  /** Whether the next word belongs to this option, in the verbs that take a command. */
  static boolean takesValue(String option) {
    return OPTIONS_WITH_VALUE.contains(option) || OF_COMMANDS.contains(option);
  }

  /** The parser of one verb; what follows the service of exec and run belongs to their command. */
  static CommandLine commandLine(String name, Verb verb) {
    Usage usage = new Usage();
    verb.usage(usage);
    // No option is a date: what picocli would load for those costs a verb some milliseconds.
    System.setProperty("picocli.converters.excludes", "java.(time|sql).*");
    CommandLine line = usage.parser();
    line.setCommandName("jstack " + name);
    line.setStopAtPositional(takesCommand(name));
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
      boolean output = verb.equals("plan") && List.of("-o", "--output").contains(rest.get(at));
      at += output || (!follow && OPTIONS_WITH_VALUE.contains(rest.get(at))) ? 2 : 1;
    }
    if (verb.equals("cp") && rest.size() - at < 3) {
      return rest; // a file to copy
    }
    List<String> ours = takesCommand(verb) ? rest.subList(0, Math.min(at, rest.size())) : rest;
    boolean shortName = !verb.equals("logs") && ours.contains("-f");
    boolean named = shortName;
    for (String word : ours) {
      named |= word.startsWith("--file");
    }
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
    for (Map.Entry<String, String> verb : VerbTable.summaries().entrySet()) {
      String name = verb.getKey();
      out.append("  ").append(name).append(" ".repeat(12 - name.length()));
      out.append(verb.getValue()).append('\n');
    }
    return out.append("\njstack VERB --help says more of each.\n").toString();
  }
}
