package jstack.manifest.yaml;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.Suggestion;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.parser.ParserImpl;

/**
 * YAML text to {@link Node}s. It reads SnakeYAML's events and composes by itself, because every
 * limit, duplicate and alias then has a place to blame; nothing here knows what a service is.
 */
public final class YamlReader {
  static final int MAX_DEPTH = 64;
  static final int MAX_ANCHORS = 1000;

  /** Of one file; a longer one is not read, nor may it grow longer by its variables. */
  public static final int MAX_BYTES = 1 << 20;

  /** Of nodes with every alias written out; a real manifest has some hundreds. */
  public static final int MAX_NODES = 100_000;

  private final String file;
  private final List<String> lines;
  private final ParserImpl parser;
  private final Problems problems = new Problems();
  private final Map<String, Node> anchors = new HashMap<>();
  private final Map<String, Origin> unfinished = new HashMap<>();
  private @Nullable Origin lastLongQuote;

  /** Keys and indexes that lead to where the parser is. */
  private final List<Object> way = new ArrayList<>();

  private YamlReader(String text, List<String> lines, String file) {
    this.file = file;
    this.lines = lines;
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(MAX_BYTES + 1);
    this.parser = new ParserImpl(new TextReader(JsonTabs.asBlanks(text)), options);
  }

  /** The one document of a text; throws DiagnosticException with all that is wrong with it. */
  public static Node.Mapping read(String text, List<String> lines, String file) {
    YamlReader reader = new YamlReader(text, lines, file);
    Node root;
    try {
      root = reader.document();
    } catch (MarkedYAMLException e) {
      throw new DiagnosticException(
          Failure.MANIFEST, new YamlErrors(file, reader.lines).describe(e, reader.lastLongQuote));
    }
    reader.problems.throwIfAny();
    if (root instanceof Node.Mapping mapping) {
      return mapping;
    }
    Origin origin = root.origin();
    throw stop(
        origin,
        "top-level",
        "the top level must be a mapping, not " + root.kind(),
        "services: ...");
  }

  private Node document() {
    parser.getEvent();
    if (parser.checkEvent(Event.ID.StreamEnd)) {
      throw stop(
          Origin.ofFile(file), "empty", "empty manifest", "a manifest needs at least services:");
    }
    parser.getEvent();
    Node root = node(parser.getEvent(), 0);
    parser.getEvent();
    if (!parser.checkEvent(Event.ID.StreamEnd)) {
      Event second = parser.getEvent();
      throw stop(
          origin(second.getStartMark(), second.getEndMark()),
          "two-documents",
          "only one document is allowed in a manifest",
          "");
    }
    return root;
  }

  private Node node(Event event, int depth) {
    if (depth > MAX_DEPTH) {
      throw stop(origin(event), "too-deep", "nested more than " + MAX_DEPTH + " levels deep", "");
    }
    if (event instanceof AliasEvent alias) {
      return alias(alias);
    }
    String anchor = anchor((NodeEvent) event);
    Node node;
    if (event instanceof ScalarEvent scalar) {
      node = scalar(scalar);
    } else {
      refuseTag(((CollectionStartEvent) event).getTag(), event);
      node = event.is(Event.ID.SequenceStart) ? sequence(event, depth) : mapping(event, depth);
    }
    if (anchor != null) {
      unfinished.remove(anchor);
      anchors.put(anchor, node);
    }
    return node;
  }

  private @Nullable String anchor(NodeEvent event) {
    String anchor = event.getAnchor();
    if (anchor != null) {
      anchors.remove(anchor);
      unfinished.put(anchor, origin(event));
      if (anchors.size() + unfinished.size() > MAX_ANCHORS) {
        throw stop(origin(event), "too-many-anchors", "more than " + MAX_ANCHORS + " anchors", "");
      }
    }
    return anchor;
  }

  private Node alias(AliasEvent event) {
    String name = event.getAnchor();
    Node target = anchors.get(name);
    if (target != null) {
      return target;
    }
    if (unfinished.containsKey(name)) {
      throw stop(here(event), "recursive-alias", "*" + name + " contains itself", "");
    }
    boolean later = comesLater(name, origin(event).line());
    problems.error(
        here(event),
        "unknown-alias",
        "no anchor &" + name + Suggestion.among(name, anchors.keySet()),
        later
            ? "it comes later: an anchor is written above its first alias"
            : "quote the value if it is a text that begins with *");
    return new Node.Unknown(origin(event));
  }

  private boolean comesLater(String anchor, int line) {
    for (int i = line; i < lines.size(); i++) {
      if (lines.get(i).contains("&" + anchor)) {
        return true;
      }
    }
    return false;
  }

  private Node scalar(ScalarEvent event) {
    refuseTag(event.getTag(), event);
    Origin origin = origin(event);
    String text = event.getValue();
    for (int i = 0; event.isDQuoted() && i < text.length(); i++) { // others have no escapes
      char c = text.charAt(i);
      if (c == 0 || (Character.isSurrogate(c) && !isPair(text, i))) {
        problems.error(
            origin.withKeyPath(path()),
            "control-character",
            "contains a character that no text can have");
        break;
      }
      i += Character.isHighSurrogate(c) ? 1 : 0;
    }
    boolean plain = event.getScalarStyle() == ScalarStyle.PLAIN;
    if (!plain && event.getEndMark().getLine() > event.getStartMark().getLine()) {
      lastLongQuote = event.isDQuoted() || event.isSQuoted() ? origin : lastLongQuote;
    }
    return new Node.Scalar(text, plain, origin);
  }

  private static boolean isPair(String text, int i) {
    return i + 1 < text.length() && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1));
  }

  private Node sequence(Event start, int depth) {
    List<Node> items = new ArrayList<>();
    long weight = 1;
    while (!parser.checkEvent(Event.ID.SequenceEnd)) {
      Event event = parser.getEvent();
      way.add(items.size());
      Node item = node(event, depth + 1);
      way.remove(way.size() - 1);
      items.add(item);
      weight = add(weight, item, event);
    }
    return new Node.Sequence(items, collection(start, parser.getEvent()), weight);
  }

  private Node mapping(Event start, int depth) {
    Map<String, Node.Entry> entries = new LinkedHashMap<>();
    List<Node.Entry> merges = new ArrayList<>();
    long weight = 1;
    while (!parser.checkEvent(Event.ID.MappingEnd)) {
      Event keyEvent = parser.getEvent();
      Node key = node(keyEvent, depth + 1);
      Event valueEvent = parser.getEvent();
      way.add(key instanceof Node.Scalar name ? name.text() : "?");
      Node value = node(valueEvent, depth + 1);
      way.remove(way.size() - 1);
      weight = add(add(weight, key, keyEvent), value, valueEvent);
      if (key instanceof Node.Scalar name && !(keyEvent instanceof AliasEvent)) {
        boolean merge = name.plain() && name.text().equals("<<");
        refuseOtherThanString(name, value);
        Node.Entry before = merge ? first(merges) : entries.get(name.text());
        if (before != null) {
          duplicate(name, before.key().origin());
        } else if (merge) {
          merges.add(new Node.Entry(name, value));
        } else {
          entries.put(name.text(), new Node.Entry(name, value));
        }
      } else {
        complexKey(keyEvent);
      }
    }
    for (Node.Entry merge : merges) {
      merge(merge, entries);
    }
    return new Node.Mapping(
        List.copyOf(entries.values()), collection(start, parser.getEvent()), weight);
  }

  private static Node.@Nullable Entry first(List<Node.Entry> entries) {
    return entries.isEmpty() ? null : entries.get(0);
  }

  /** The mapping's own keys win over merged ones, and earlier merged mappings over later ones. */
  private void merge(Node.Entry merge, Map<String, Node.Entry> into) {
    List<Node> sources =
        merge.value() instanceof Node.Sequence list ? list.items() : List.of(merge.value());
    for (Node source : sources) {
      if (!(source instanceof Node.Mapping mapping)) {
        if (!(source instanceof Node.Unknown)) {
          problems.error(
              source.origin().withKeyPath(path()),
              "bad-merge",
              "<< merges mappings, not " + source.kind(),
              "");
        }
        continue;
      }
      for (Node.Entry entry : mapping.entries()) {
        into.putIfAbsent(entry.key().text(), entry);
      }
    }
  }

  private void duplicate(Node.Scalar key, Origin first) {
    problems.error(
        key.origin().withKeyPath(path(key.text())),
        "duplicate-key",
        "duplicate key \""
            + key.text()
            + "\", first at line "
            + first.line()
            + ":"
            + first.column());
  }

  private void refuseOtherThanString(Node.Scalar key, Node value) {
    if (key.plain() && CoreSchema.of(key.text()) != CoreSchema.STRING) {
      String shown = key.text().isEmpty() ? "an empty key" : "the key " + key.text();
      problems.error(
          key.origin().withKeyPath(path(key.text())),
          "not-a-string-key",
          shown + " is " + key.kind() + "; keys are strings",
          hintForKey(key, value));
    }
  }

  /** In a list a port such as {@code 80: 80} was meant without the blank. */
  private String hintForKey(Node.Scalar key, Node value) {
    boolean item = !way.isEmpty() && way.get(way.size() - 1) instanceof Integer;
    if (key.text().isEmpty()) {
      return "";
    }
    return item && value instanceof Node.Scalar scalar
        ? "write \"" + key.text() + ":" + scalar.text() + "\", without a blank behind the colon"
        : "quote it: \"" + key.text() + "\"";
  }

  private void complexKey(Event event) {
    Origin origin = here(event);
    String line = lines.get(origin.line() - 1);
    boolean template = line.contains("{{");
    problems.error(
        origin,
        "complex-key",
        "keys must be plain strings",
        template ? "quote a value that begins with {{" : "");
  }

  private void refuseTag(@Nullable String tag, Event event) {
    if (tag != null) {
      int local = tag.lastIndexOf(':');
      String shown = local < 0 ? tag : "!!" + tag.substring(local + 1);
      problems.error(
          here(event),
          "tag",
          "tags such as " + shown + " are not supported",
          "quote the value if it is a text that begins with !");
    }
  }

  private long add(long weight, Node node, Event event) {
    long sum = weight + node.weight();
    if (sum > MAX_NODES) {
      throw stop(
          here(event),
          "too-many-nodes",
          "the manifest grows to more than " + MAX_NODES + " values here",
          event instanceof AliasEvent ? "aliases multiply what they stand for" : "");
    }
    return sum;
  }

  private String path() {
    return TreeInterpolation.path(way);
  }

  private String path(String key) {
    return way.isEmpty() ? key : path() + "." + key;
  }

  private Origin here(Event event) {
    return origin(event).withKeyPath(path());
  }

  private Origin origin(Event event) {
    return origin(event.getStartMark(), event.getEndMark());
  }

  private Origin collection(Event start, Event end) {
    boolean flow = ((CollectionStartEvent) start).isFlow();
    return flow ? origin(start.getStartMark(), end.getEndMark()) : block(start.getStartMark());
  }

  /** A block collection is shown by its first line. */
  private Origin block(Mark start) {
    return new Origin(file, start.getLine() + 1, start.getColumn() + 1, rest(start), "");
  }

  private Origin origin(Mark start, Mark end) {
    int length =
        start.getLine() == end.getLine() ? end.getColumn() - start.getColumn() : rest(start);
    return new Origin(file, start.getLine() + 1, start.getColumn() + 1, Math.max(1, length), "");
  }

  private int rest(Mark start) {
    if (start.getLine() >= lines.size()) {
      return 1;
    }
    String line = lines.get(start.getLine()).stripTrailing();
    return Math.max(1, line.codePointCount(0, line.length()) - start.getColumn());
  }

  private static DiagnosticException stop(Origin at, String code, String message, String hint) {
    return new DiagnosticException(
        Failure.MANIFEST, Diagnostic.error(at, code, message).withHint(hint));
  }
}
