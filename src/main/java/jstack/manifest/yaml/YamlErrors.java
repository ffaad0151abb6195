package jstack.manifest.yaml;

import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.Origin;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** Says a YAML parser's complaint in a person's words, at the place where the mistake was made. */
final class YamlErrors {
  private static final String CODE = "yaml";

  /** Of a key that is not marked with a question mark; YAML's own limit. */
  private static final int LONGEST_KEY = 1024;

  private final String file;
  private final List<String> lines;

  YamlErrors(String file, List<String> lines) {
    this.file = file;
    this.lines = lines;
  }

  /**
   * @param lastLongQuote the last quoted text that ran over several lines: when the parser is lost
   *     behind it, its closing quote was probably forgotten
   */
  Diagnostic describe(MarkedYAMLException e, @Nullable Origin lastLongQuote) {
    Diagnostic diagnostic = describe(e);
    if (lastLongQuote == null || lastLongQuote.line() >= diagnostic.origin().line()) {
      return diagnostic;
    }
    return diagnostic.withHint(
        "a quote opens at line "
            + lastLongQuote.line()
            + ":"
            + lastLongQuote.column()
            + " and runs over several lines; is its end missing?");
  }

  private Diagnostic describe(MarkedYAMLException e) {
    Mark at = e.getProblemMark();
    Mark context = e.getContextMark() == null ? at : e.getContextMark();
    String problem = e.getProblem() == null ? "" : e.getProblem();
    String during = e.getContext() == null ? "" : e.getContext();
    boolean ended = at != null && atEnd(at);
    if (at == null || context == null) {
      return Diagnostic.error(Origin.ofFile(file), CODE, "not YAML: " + problem);
    }
    if (problem.contains("\\t(TAB)")) {
      boolean indents = firstCodePoints(line(at.getLine()), at.getColumn()).isBlank();
      String hint = indents ? "indent with spaces, not with tabs" : "write a space instead";
      return error(at, 1, "a tab cannot begin a value", hint);
    }
    if (problem.contains("that cannot start any token")) {
      String found = problem.substring(problem.indexOf('\'') + 1, problem.lastIndexOf('\''));
      String hint = "quote it: \"" + rest(at) + "\"";
      return error(at, 1, "a value cannot begin with " + found, hint);
    }
    if (problem.startsWith("mapping keys are not allowed")
        || problem.startsWith("sequence entries are not allowed")) {
      return valueCannotBegin(at, problem.startsWith("mapping") ? "?" : "-");
    }
    if (during.contains("scanning a block scalar") && context.getLine() == at.getLine()) {
      return valueCannotBegin(context, rest(context).substring(0, 1));
    }
    if (problem.startsWith("expected escape sequence of")) {
      String digits = problem.replaceAll("[^0-9]*([0-9]+) hex.*", "$1");
      return error(at, 1, "this escape takes " + digits + " hexadecimal digits", "");
    }
    if (during.contains("scanning an alias") || during.contains("scanning an anchor")) {
      String hint = "quote a text that begins with * or &";
      return error(context, restLength(context), "not the name of an anchor", hint);
    }
    if (problem.startsWith("mapping values are not allowed")) {
      return unexpectedColon(at);
    }
    if (problem.startsWith("could not find expected ':'")) {
      return missingColon(context.getLine());
    }
    if (during.contains("quoted scalar") && problem.contains("end of stream")) {
      return error(context, 1, "this quote is never closed", "");
    }
    if (problem.startsWith("found unknown escape character")) {
      String hint = "write \\\\ for a backslash, or use single quotes";
      return error(at, 1, "unknown escape in a double-quoted string", hint);
    }
    if (during.contains("flow sequence") || during.contains("flow mapping")) {
      boolean list = during.contains("sequence");
      String open = list ? "[" : "{";
      String close = list ? "]" : "}";
      boolean lost = ended || at.getLine() > context.getLine();
      if (!lost && firstCodePoints(line(at.getLine()), at.getColumn()).endsWith("$")) {
        return error(at, 1, "a bare { inside a value", "quote a value that holds ${...} here");
      }
      return lost
          ? error(context, 1, "this " + open + " is never closed with " + close, "")
          : error(at, 1, "expected , or " + close + " here", "quote texts that hold " + open);
    }
    if (problem.startsWith("expected the node content, but found")) {
      String hint = "quote it if it is meant as text";
      return error(at, 1, "expected a value, found " + token(problem), hint);
    }
    if (problem.startsWith("expected <block end>")) {
      return lostBlock(at, problem);
    }
    if (problem.startsWith("expected '<document start>'")) {
      String hint = "is this line indented as the first one is?";
      return error(at, restLength(at), "unexpected text behind the end of the manifest", hint);
    }
    if (problem.contains("incompatible YAML document") || during.contains("directive")) {
      return error(
          at, restLength(at), "this YAML version or directive is not supported", "remove it");
    }
    String where = during.isEmpty() ? "" : during + ": ";
    return error(at, 1, "not YAML: " + where + problem.replace('\n', ' '), "");
  }

  private Diagnostic valueCannotBegin(Mark at, String found) {
    String hint = "quote it: \"" + rest(at) + "\"";
    return error(at, 1, "a value cannot begin with " + found + " here", hint);
  }

  private Diagnostic unexpectedColon(Mark at) {
    String line = line(at.getLine());
    String before = firstCodePoints(line, at.getColumn());
    String stripped = before.strip();
    if (stripped.length() > LONGEST_KEY && !stripped.contains(": ")) {
      int indent = before.length() - before.stripLeading().length();
      String message = "a key longer than " + LONGEST_KEY + " characters";
      return Diagnostic.error(origin(at.getLine(), indent, 1), CODE, message);
    }
    boolean second = stripped.contains(": ") || stripped.endsWith(":");
    int previous = at.getLine() - 1;
    while (previous >= 0 && line(previous).isBlank()) {
      previous--;
    }
    if (second || previous < 0 || line(previous).strip().endsWith(":")) {
      int value = before.indexOf(": ") + 2;
      String text = value >= 2 ? line.substring(value).strip() : line.strip();
      return error(at, 1, "a second : in this line", "quote the value: \"" + text + "\"");
    }
    return missingColon(previous);
  }

  /** The line that should have been a key. */
  private Diagnostic missingColon(int index) {
    String line = line(index);
    String text = line.strip();
    int indent = line.indexOf(text);
    boolean item = text.startsWith("- ");
    String shown = item ? text.substring(2).strip() : text;
    if (shown.contains(": ")) {
      String value = shown.substring(shown.indexOf(": ") + 2);
      Origin origin = origin(index, line.indexOf(value), value.length());
      return Diagnostic.error(
              origin, CODE, "this value and the next line's key do not fit together")
          .withHint("is the next line indented too far?");
    }
    int colon = shown.indexOf(':');
    if (colon > 0 && shown.indexOf(' ') < 0) {
      Origin origin = origin(index, line.indexOf(shown) + colon, 1);
      return Diagnostic.error(origin, CODE, "missing blank behind this :")
          .withHint("write " + shown.substring(0, colon) + ": " + shown.substring(colon + 1));
    }
    String key = shown.indexOf(' ') < 0 ? shown : shown.substring(0, shown.indexOf(' '));
    int start = item ? line.indexOf(shown) : indent;
    Origin origin = origin(index, start, key.codePointCount(0, key.length()));
    return Diagnostic.error(origin, CODE, "missing : after \"" + key + "\"");
  }

  private Diagnostic lostBlock(Mark at, String problem) {
    String found = token(problem);
    String before = firstCodePoints(line(at.getLine()), at.getColumn());
    if (before.isBlank()) {
      if (rest(at).startsWith(":")) {
        return error(at, 1, "there is no key before this :", "");
      }
      String what = found.equals("<block sequence start>") || found.equals("-") ? "item" : "key";
      String hint = "indent it as its neighbours are";
      return error(
          at, restLength(at), "the indentation of this " + what + " fits nothing above", hint);
    }
    String hint = "quote the whole value, or double the quotes inside single quotes";
    return error(at, restLength(at), "unexpected text behind a value", hint);
  }

  private static String token(String problem) {
    int first = problem.indexOf('\'');
    int last = problem.lastIndexOf('\'');
    return first < last ? problem.substring(first + 1, last) : problem;
  }

  private Diagnostic error(Mark at, int length, String message, String hint) {
    return Diagnostic.error(origin(at.getLine(), at.getColumn(), length), CODE, message)
        .withHint(hint);
  }

  private Origin origin(int line, int column, int length) {
    return new Origin(file, line + 1, column + 1, Math.max(1, length), "");
  }

  private boolean atEnd(Mark mark) {
    for (int i = mark.getLine(); i < lines.size(); i++) {
      String line = lines.get(i);
      String rest =
          i == mark.getLine()
              ? line.substring(firstCodePoints(line, mark.getColumn()).length())
              : line;
      if (!rest.isBlank()) {
        return false;
      }
    }
    return true;
  }

  private String rest(Mark at) {
    String line = line(at.getLine());
    return line.substring(firstCodePoints(line, at.getColumn()).length()).strip();
  }

  private int restLength(Mark at) {
    String rest = rest(at);
    return rest.codePointCount(0, rest.length());
  }

  private String line(int index) {
    return index < lines.size() ? lines.get(index) : "";
  }

  private static String firstCodePoints(String line, int count) {
    int length = line.codePointCount(0, line.length());
    return line.substring(0, line.offsetByCodePoints(0, Math.min(count, length)));
  }
}
