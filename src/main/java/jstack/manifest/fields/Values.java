package jstack.manifest.fields;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.Suggestion;
import jstack.manifest.ByteSize;
import jstack.manifest.ContainerPath;
import jstack.manifest.Durations;
import jstack.manifest.HostPath;
import jstack.manifest.yaml.CoreSchema;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * Single values from nodes. Every method returns null for a value that it has complained about, so
 * that one mistake is one error.
 */
public final class Values {
  private final Problems problems;
  private final HostPath directory;
  private final Map<String, HostPath> folders;

  public Values(Problems problems, HostPath directory) {
    this(problems, directory, Map.of());
  }

  /**
   * @param folders where relative paths of further files begin, by their names
   */
  public Values(Problems problems, HostPath directory, Map<String, HostPath> folders) {
    this.problems = problems;
    this.directory = directory;
    this.folders = folders;
  }

  /** A string; a bare number or boolean has to be quoted, since somebody else may read it so. */
  public @Nullable String string(Node node, String path) {
    Node.Scalar scalar = scalar(node, path, "a string");
    if (scalar == null) {
      return null;
    }
    if (scalar.isNull()) {
      error(node, path, "no-value", "has no value", "");
      return null;
    }
    if (scalar.plain() && CoreSchema.of(scalar.text()) != CoreSchema.STRING) {
      String hint = "quote it: \"" + scalar.text() + "\"";
      error(node, path, "type", "must be a string, not " + scalar.kind(), hint);
      return null;
    }
    return scalar.text();
  }

  /** The text of a string, number or boolean as it was written. */
  public @Nullable String text(Node node, String path) {
    Node.Scalar scalar = scalar(node, path, "a string");
    if (scalar != null && scalar.isNull()) {
      error(node, path, "type", "has no value", "write \"\" for an empty string");
      return null;
    }
    return scalar == null ? null : scalar.text();
  }

  public @Nullable Boolean bool(Node node, String path) {
    Node.Scalar scalar = scalar(node, path, "true or false");
    if (scalar == null) {
      return null;
    }
    String found = scalar.text();
    if (CoreSchema.of(found) == CoreSchema.BOOLEAN) {
      return found.charAt(0) == 't' || found.charAt(0) == 'T';
    }
    String near = Suggestion.among(found, List.of("true", "false"));
    error(node, path, "type", "must be true or false, not \"" + found + "\"" + near, "");
    return null;
  }

  public @Nullable Long integer(Node node, String path, long min, long max) {
    Node.Scalar scalar = scalar(node, path, "a whole number");
    if (scalar == null) {
      return null;
    }
    String text = scalar.text();
    if (CoreSchema.of(text) != CoreSchema.INTEGER) {
      error(node, path, "type", "must be a whole number, not \"" + text + "\"", "");
      return null;
    }
    long value;
    try {
      value = Long.parseLong(text);
    } catch (NumberFormatException e) {
      value = text.startsWith("-") ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    if (value < min || value > max) {
      error(node, path, "range", "must be from " + min + " to " + max + ", not " + text, "");
      return null;
    }
    return value;
  }

  public @Nullable ByteSize size(Node node, String path) {
    String text = text(node, path);
    if (text == null) {
      return null;
    }
    try {
      return ByteSize.parse(text);
    } catch (IllegalArgumentException e) {
      error(node, path, "size", String.valueOf(e.getMessage()), "");
      return null;
    }
  }

  public @Nullable Duration duration(Node node, String path) {
    String text = text(node, path);
    if (text == null) {
      return null;
    }
    try {
      return Durations.parse(text);
    } catch (IllegalArgumentException e) {
      error(node, path, "duration", String.valueOf(e.getMessage()), "");
      return null;
    }
  }

  /** A file mode such as "0755"; a bare 0755 is refused, because YAML readers disagree on it. */
  public @Nullable Integer octal(Node node, String path, int max) {
    Node.Scalar scalar = scalar(node, path, "an octal mode");
    if (scalar == null) {
      return null;
    }
    String text = scalar.text();
    if (scalar.plain() && !text.isEmpty() && Character.isDigit(text.charAt(0))) {
      String digits = text.startsWith("0o") ? "0" + text.substring(2) : text;
      if (isOctal(digits)) {
        String quoted = "quote it: \"" + digits + "\"";
        error(node, path, "mode", "an octal mode must be a quoted string", quoted);
        return null;
      }
    }
    return octal(text, node, path, max);
  }

  public @Nullable Integer octal(String text, Node node, String path, int max) {
    if (!isOctal(text) || Integer.parseInt(text, 8) > max) {
      String example = max > 0777 ? "\"1777\"" : "\"0022\"";
      error(node, path, "mode", "not an octal mode: " + text, "write it like " + example);
      return null;
    }
    return Integer.parseInt(text, 8);
  }

  private static boolean isOctal(String text) {
    boolean octal = text.length() >= 3 && text.length() <= 5;
    for (int i = 0; i < text.length(); i++) {
      octal &= text.charAt(i) >= '0' && text.charAt(i) <= '7';
    }
    return octal;
  }

  public @Nullable ContainerPath containerPath(Node node, String path) {
    String text = string(node, path);
    return text == null ? null : containerPath(text, node, path);
  }

  public @Nullable ContainerPath containerPath(String text, Node node, String path) {
    try {
      return new ContainerPath(text);
    } catch (IllegalArgumentException e) {
      error(node, path, "container-path", "\"" + text + "\" " + e.getMessage(), "");
      return null;
    }
  }

  public @Nullable HostPath hostPath(Node node, String path) {
    String text = string(node, path);
    return text == null ? null : hostPath(text, node, path);
  }

  /**
   * Relative to the folder of the file it is written in; dots are taken out by the text, as Compose
   * does.
   */
  public @Nullable HostPath hostPath(String text, Node node, String path) {
    if (text.isEmpty()) {
      error(node, path, "host-path", "an empty path", "");
      return null;
    }
    if (text.startsWith("~")) {
      error(node, path, "host-path", "~ is not expanded", "write the whole path, or ${HOME}");
      return null;
    }
    if (text.length() > 4095) {
      error(node, path, "host-path", "a path longer than 4095 characters", "");
      return null;
    }
    HostPath resolved = resolve(text, folders.getOrDefault(node.origin().file(), directory));
    if (hasLongName(resolved.value())) {
      error(node, path, "host-path", "a name in it is longer than 255 bytes", "");
      return null;
    }
    return resolved;
  }

  /** In bytes, as the kernel counts. */
  public static long utf8Length(String text) {
    long length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return length;
  }

  /** NAME_MAX of Linux. */
  private static boolean hasLongName(String path) {
    if (path.length() <= 64) {
      return false; // in four bytes each
    }
    for (String name : path.split("/", -1)) {
      if (utf8Length(name) > 255) {
        return true;
      }
    }
    return false;
  }

  private static HostPath resolve(String text, HostPath folder) {
    String whole = text.startsWith("/") ? text : folder.value() + "/" + text;
    List<String> parts = new ArrayList<>();
    int start = 0;
    while (start <= whole.length()) {
      int slash = whole.indexOf('/', start);
      int end = slash < 0 ? whole.length() : slash;
      String part = whole.substring(start, end);
      if (part.equals("..") && !parts.isEmpty()) {
        parts.remove(parts.size() - 1);
      } else if (!part.isEmpty() && !part.equals(".") && !part.equals("..")) {
        parts.add(part);
      }
      start = end + 1;
    }
    return new HostPath("/" + String.join("/", parts));
  }

  /** One of some words. */
  public @Nullable String choice(Node node, String path, List<String> words) {
    String text = text(node, path);
    if (text != null && !words.contains(text)) {
      String near = Suggestion.among(text, words);
      String all = String.join(", ", words);
      error(node, path, "choice", "\"" + text + "\" is not one of " + all + near, "");
      return null;
    }
    return text;
  }

  /** The items of a list; empty when it is none. */
  public List<Node> items(Node node, String path) {
    if (node instanceof Node.Sequence list) {
      return list.items();
    }
    if (!(node instanceof Node.Unknown)) {
      error(node, path, "type", "must be a list, not " + node.kind(), "");
    }
    return List.of();
  }

  private Node.@Nullable Scalar scalar(Node node, String path, String wanted) {
    if (node instanceof Node.Scalar scalar) {
      return scalar;
    }
    if (!(node instanceof Node.Unknown)) {
      error(node, path, "type", "must be " + wanted + ", not " + node.kind(), "");
    }
    return null;
  }

  public void error(Node node, String path, String code, String message, String hint) {
    Origin origin = node.origin().withKeyPath(path);
    problems.error(origin, code, message, hint);
  }
}
