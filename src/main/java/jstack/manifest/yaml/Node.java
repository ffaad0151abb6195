package jstack.manifest.yaml;

import java.util.List;
import jstack.diag.Origin;
import org.jspecify.annotations.Nullable;

/**
 * YAML as it was written: text that nobody has interpreted yet, each piece with its place. Aliases
 * and merge keys are resolved; a node that is used twice is shared and keeps the place where it was
 * written.
 */
public sealed interface Node {
  /** Where it was written; the key path is empty, since a shared node has several. */
  Origin origin();

  /** How many nodes this would be with every alias written out; what a bomb is measured by. */
  long weight();

  /** What a user would call it. */
  String kind();

  /** A value's text; {@code plain} means without quotes, so that its type depends on its form. */
  record Scalar(String text, boolean plain, Origin origin) implements Node {
    @Override
    public long weight() {
      return 1;
    }

    public boolean isNull() {
      return plain && CoreSchema.of(text) == CoreSchema.NULL;
    }

    @Override
    public String kind() {
      return plain ? CoreSchema.of(text).toString() : "a string";
    }
  }

  /** A value that could not be worked out; that was said already, so nobody complains again. */
  record Unknown(Origin origin) implements Node {
    @Override
    public long weight() {
      return 1;
    }

    @Override
    public String kind() {
      return "an unknown value";
    }
  }

  /** A list. */
  record Sequence(List<Node> items, Origin origin, long weight) implements Node {
    public Sequence {
      items = List.copyOf(items);
    }

    @Override
    public String kind() {
      return "a list";
    }
  }

  /** A mapping without duplicates, in the file's order; merged keys come last. */
  record Mapping(List<Entry> entries, Origin origin, long weight) implements Node {
    public Mapping {
      entries = List.copyOf(entries);
    }

    /** The entry of a key, or null. */
    public @Nullable Entry find(String key) {
      for (Entry entry : entries) {
        if (entry.key().text().equals(key)) {
          return entry;
        }
      }
      return null;
    }

    @Override
    public String kind() {
      return "a mapping";
    }
  }

  /** A key and its value. */
  record Entry(Scalar key, Node value) {}
}
