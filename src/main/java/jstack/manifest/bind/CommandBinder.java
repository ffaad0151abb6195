package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;

/** Binds {@code command} and {@code entrypoint}: a list of words, or one string that is split. */
final class CommandBinder {
  private final Values values;
  private final Problems problems;

  CommandBinder(BindContext context) {
    this.values = context.values();
    this.problems = context.problems();
  }

  /** At least one of the two has to name a program, since a tarball has none of its own. */
  void require(Fields service, Origin name) {
    if (!service.seems("command") && !service.seems("entrypoint")) {
      problems.error(
          name,
          "missing-key",
          "needs `command`: a rootfs has none of its own",
          "write command: [/bin/sh, -c, ...]");
    }
  }

  /** The words; empty when the key is absent or wrong. */
  List<String> bind(Fields service, String key) {
    Node node = service.get(key);
    if (node == null) {
      return List.of();
    }
    return bind(node, service.path(key));
  }

  List<String> bind(Node node, String path) {
    List<String> words = node instanceof Node.Sequence list ? words(list, path) : split(node, path);
    for (String word : words) {
      if (Values.utf8Length(word) + 1 > EnvironmentBinder.LONGEST_STRING) {
        String message = "a word longer than the 128 KiB that execve(2) takes";
        values.error(node, path, "value-too-long", message, "");
      }
    }
    return words;
  }

  private List<String> split(Node node, String path) {
    if (!(node instanceof Node.Scalar)) {
      if (!(node instanceof Node.Unknown)) {
        values.error(
            node, path, "type", "must be a list of words or one string, not " + node.kind(), "");
      }
      return List.of();
    }
    String text = values.string(node, path);
    if (text == null) {
      return List.of();
    }
    try {
      List<String> words = ShellWords.split(text);
      checkFirst(words, node, path);
      return words;
    } catch (IllegalArgumentException e) {
      values.error(node, path, "command", String.valueOf(e.getMessage()), "");
      return List.of();
    }
  }

  private List<String> words(Node.Sequence list, String path) {
    List<String> words = new ArrayList<>();
    boolean whole = true;
    for (int i = 0; i < list.items().size(); i++) {
      String word = values.text(list.items().get(i), path + "[" + i + "]");
      whole &= word != null;
      words.add(word == null ? "" : word);
    }
    if (whole) {
      checkFirst(words, list, path);
    }
    return words;
  }

  private void checkFirst(List<String> words, Node node, String path) {
    if (words.isEmpty() || words.get(0).isEmpty()) {
      values.error(node, path, "command", "an empty command", "");
    }
  }
}
