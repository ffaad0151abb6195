package jstack.manifest;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import jstack.diag.Origin;

/**
 * A file that a stack hands to its services: a secret or a config.
 *
 * <pre>
 * secrets:
 *   db_password: {file: ./db_password.txt}
 *   token: {environment: API_TOKEN}
 * configs:
 *   app: {content: "debug: false"}
 * </pre>
 */
public record FileObject(
    Kind kind, String name, Source source, Map<String, String> labels, Origin origin) {
  public FileObject {
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
  }

  /** What it is for, and so where it lies and who may read it. */
  public enum Kind {
    SECRET,
    CONFIG;

    /** As people call it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The key of the manifest. */
    public String key() {
      return word() + "s";
    }
  }

  /** Where the content comes from. */
  public sealed interface Source {
    /** A file of this machine; {@code real} is the same place without links. */
    record OfFile(HostPath path, HostPath real) implements Source {}

    /** A variable of the caller, or of {@code .env}. */
    record OfVariable(String name, Hidden value) implements Source {}

    /** What the manifest itself says. */
    record Inline(String text) implements Source {}
  }

  /** A text that no message, record or log shows by accident. */
  public record Hidden(String text) {
    @Override
    public String toString() {
      return "***";
    }
  }
}
