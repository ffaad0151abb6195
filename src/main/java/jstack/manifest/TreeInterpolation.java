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
final class TreeInterpolation {
  private final Map<String, String> variables;
  private final List<String> lines;
  private final Problems problems;
  private final IdentityHashMap<Node, Node> done = new IdentityHashMap<>();

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
      String key = entry.key().text();
      Node value = key.startsWith("x-") ? entry.value() : node(entry.value(), key);
      entries.add(new Node.Entry(entry.key(), value));
    }
    return new Node.Mapping(entries, root.origin(), root.weight());
  }

  private Node node(Node node, String path) {
    if (node instanceof Node.Scalar scalar) {
      return scalar.text().indexOf('$') < 0 ? scalar : scalar(scalar, path);
    }
    Node before = done.get(node);
    if (before != null) {
      return before;
    }
    Node after =
        node instanceof Node.Sequence list ? list(list, path) : mapping((Node.Mapping) node, path);
    done.put(node, after);
    return after;
  }

  private Node list(Node.Sequence list, String path) {
    List<Node> items = new ArrayList<>();
    for (int i = 0; i < list.items().size(); i++) {
      items.add(node(list.items().get(i), path + "[" + i + "]"));
    }
    return new Node.Sequence(items, list.origin(), list.weight());
  }

  private Node mapping(Node.Mapping mapping, String path) {
    List<Node.Entry> entries = new ArrayList<>();
    for (Node.Entry entry : mapping.entries()) {
      String key = path + "." + entry.key().text();
      entries.add(new Node.Entry(entry.key(), node(entry.value(), key)));
    }
    return new Node.Mapping(entries, mapping.origin(), mapping.weight());
  }

  private Node scalar(Node.Scalar scalar, String path) {
    try {
      String text = Interpolation.expand(scalar.text(), variables);
      return new Node.Scalar(text, scalar.plain(), scalar.origin());
    } catch (Interpolation.Refused e) {
      problems.error(place(scalar, e.index()).withKeyPath(path), e.code(), e.message(), e.hint());
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
