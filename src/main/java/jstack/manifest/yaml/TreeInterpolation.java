package jstack.manifest.yaml;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.diag.Problems;

/**
 * Puts variables into the values of a tree. It works behind the YAML parser, so a value with a
 * colon or a line break stays one value; keys stay as they are.
 */
@SuppressWarnings("ReferenceEquality") // an unchanged node is the same node
public final class TreeInterpolation {
  private final Map<String, String> variables;
  private final List<String> lines;
  private final Problems problems;
  private final IdentityHashMap<Node, Node> done = new IdentityHashMap<>();

  /** Keys and indexes that lead to where the walk is. */
  private final List<Object> way = new ArrayList<>();

  /** The lines are those of the file that the nodes come from; they tell where a ${ stands. */
  public TreeInterpolation(Map<String, String> variables, List<String> lines, Problems problems) {
    this.variables = variables;
    this.lines = lines;
    this.problems = problems;
  }

  /** The top level; what stands below {@code x-} keys is read only where it is merged from. */
  public Node.Mapping top(Node.Mapping root) {
    List<Node.Entry> entries = new ArrayList<>();
    for (Node.Entry entry : root.entries()) {
      boolean extension = entry.key().text().startsWith("x-");
      entries.add(extension ? entry : entry(entry));
    }
    return new Node.Mapping(entries, root.origin(), root.weight());
  }

  private Node node(Node node) {
    if (node instanceof Node.Scalar scalar) {
      return scalar.text().indexOf('$') < 0 ? scalar : scalar(scalar);
    }
    Node before = done.get(node);
    if (before != null) {
      return before;
    }
    Node after = node instanceof Node.Sequence list ? list(list) : mapping((Node.Mapping) node);
    done.put(node, after);
    return after;
  }

  private Node list(Node.Sequence list) {
    List<Node> items = new ArrayList<>();
    boolean changed = false;
    for (int i = 0; i < list.items().size(); i++) {
      Node item = list.items().get(i);
      way.add(i);
      items.add(node(item));
      way.remove(way.size() - 1);
      changed |= items.get(i) != item;
    }
    return changed ? new Node.Sequence(items, list.origin(), list.weight()) : list;
  }

  private Node mapping(Node.Mapping mapping) {
    List<Node.Entry> entries = new ArrayList<>();
    boolean changed = false;
    for (Node.Entry before : mapping.entries()) {
      Node.Entry after = entry(before);
      entries.add(after);
      changed |= after != before;
    }
    return changed ? new Node.Mapping(entries, mapping.origin(), mapping.weight()) : mapping;
  }

  private Node.Entry entry(Node.Entry entry) {
    way.add(entry.key().text());
    Node value = node(entry.value());
    way.remove(way.size() - 1);
    return value == entry.value() ? entry : new Node.Entry(entry.key(), value);
  }

  private String path() {
    return path(way);
  }

  /** Keys and indexes as a user writes them: {@code services.web.mounts[0]}. */
  static String path(List<Object> way) {
    StringBuilder path = new StringBuilder();
    for (Object step : way) {
      if (step instanceof Integer index) {
        path.append('[').append(index.intValue()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step);
      }
    }
    return path.toString();
  }

  private Node scalar(Node.Scalar scalar) {
    try {
      String text = Interpolation.expand(scalar.text(), variables);
      boolean plain = scalar.plain() && CoreSchema.of(text) != CoreSchema.NULL; // "" is a value
      return new Node.Scalar(text, plain, scalar.origin());
    } catch (Interpolation.Refused e) {
      problems.error(place(scalar, e.index()).withKeyPath(path()), e.code(), e.message(), e.hint());
      return new Node.Unknown(scalar.origin());
    }
  }

  /** Where the char at an index of a scalar was written, when that can be told. */
  private Origin place(Node.Scalar scalar, int index) {
    Origin origin = scalar.origin();
    String line = origin.line() <= lines.size() ? lines.get(origin.line() - 1) : "";
    int columns = line.codePointCount(0, line.length());
    int start = line.offsetByCodePoints(0, Math.min(origin.column() - 1, columns));
    int quote = scalar.plain() ? 0 : 1;
    if (!line.startsWith(scalar.text(), Math.min(line.length(), start + quote))) {
      return search(scalar, index, Math.min(line.length(), start));
    }
    int column = origin.column() + quote + scalar.text().codePointCount(0, index);
    String rest = scalar.text().substring(index);
    return new Origin(origin.file(), origin.line(), column, shown(rest), "");
  }

  /** How much of a text that begins with a dollar sign is to blame. */
  private static int shown(String rest) {
    int close = rest.indexOf('}');
    int line = rest.indexOf('\n');
    int end = line < 0 ? rest.length() : line;
    return rest.startsWith("${") ? (close < 0 || close > end ? end : close + 1) : 1;
  }

  /** In a text of several lines or with escapes: the same dollar sign, counted from its begin. */
  private Origin search(Node.Scalar scalar, int index, int start) {
    Origin origin = scalar.origin();
    int dollars = 0;
    for (int i = 0; i < index; i++) {
      dollars += scalar.text().charAt(i) == '$' ? 1 : 0;
    }
    int from = start;
    for (int i = origin.line() - 1; i < lines.size(); i++) {
      String line = lines.get(i);
      for (int at = line.indexOf('$', from); at >= 0; at = line.indexOf('$', at + 1)) {
        if (dollars-- == 0) {
          boolean same = scalar.text().regionMatches(index, line, at, 2);
          int column = line.codePointCount(0, at) + 1;
          int length = Math.min(shown(scalar.text().substring(index)), line.length() - at);
          return same ? new Origin(origin.file(), i + 1, column, length, "") : origin;
        }
      }
      from = 0;
    }
    return origin;
  }
}
