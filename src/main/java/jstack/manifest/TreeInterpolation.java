package jstack.manifest;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;

/**
 * Puts variables into the values of a tree. It works behind the YAML parser, so a value with a
 * colon or a line break stays one value; keys stay as they are.
 */
@SuppressWarnings("ReferenceEquality") // an unchanged node is the same node
final class TreeInterpolation {
  private final Map<String, String> variables;
  private final List<String> lines;
  private final Problems problems;
  private final IdentityHashMap<Node, Node> done = new IdentityHashMap<>();

  /** Keys and indexes that lead to where the walk is. */
  private final List<Object> way = new ArrayList<>();

  /** The lines are those of the file that the nodes come from; they tell where a ${ stands. */
  TreeInterpolation(Map<String, String> variables, List<String> lines, Problems problems) {
    this.variables = variables;
    this.lines = lines;
    this.problems = problems;
  }

  /** The top level; what stands below {@code x-} keys is read only where it is merged from. */
  Node.Mapping top(Node.Mapping root) {
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
      return origin;
    }
    int column = origin.column() + quote + scalar.text().codePointCount(0, index);
    String rest = scalar.text().substring(index);
    int close = rest.indexOf('}');
    int length = rest.startsWith("${") ? (close < 0 ? rest.length() : close + 1) : 1;
    return new Origin(origin.file(), origin.line(), column, length, "");
  }
}
