package jstack.manifest.bind;

import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.manifest.HostPath;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.files.HostFiles;
import jstack.manifest.files.ReadableFile;
import jstack.manifest.yaml.EnvFile;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * Binds {@code env_file} and {@code environment}. Nothing of the caller's environment gets into a
 * container unless the manifest says so with {@code ${NAME}}.
 */
final class EnvironmentBinder {
  /** MAX_ARG_STRLEN of execve(2): one string with its terminator. */
  static final int LONGEST_STRING = 131072;

  private final BindContext context;
  private final Values values;
  private final Map<String, String> result = new LinkedHashMap<>();

  EnvironmentBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  /** Later files win over earlier ones, and {@code environment} over files. */
  Map<String, String> bind(Fields service) {
    Node files = service.get("env_file");
    String path = service.path("env_file");
    if (files instanceof Node.Sequence list) {
      for (int i = 0; i < list.items().size(); i++) {
        file(list.items().get(i), path + "[" + i + "]");
      }
    } else if (files != null) {
      file(files, path);
    }
    Node environment = service.get("environment");
    path = service.path("environment");
    if (environment instanceof Node.Mapping mapping) {
      mapping(mapping, path);
    } else if (environment instanceof Node.Sequence list) {
      list(list, path);
    } else if (environment instanceof Node.Scalar) {
      String hint = "write NAME: value on a line of its own";
      values.error(environment, path, "type", "must be a mapping or a list of NAME=value", hint);
    }
    return result;
  }

  private void mapping(Node.Mapping mapping, String path) {
    for (Node.Entry entry : mapping.entries()) {
      String name = entry.key().text();
      String key = path + "." + name;
      checkName(entry.key(), key, name);
      if (!(entry.value() instanceof Node.Scalar value)) {
        if (!(entry.value() instanceof Node.Unknown)) {
          String message = "must be a string, number or boolean, not " + entry.value().kind();
          values.error(entry.value(), key, "type", message, "");
        }
      } else if (value.isNull()) {
        passThrough(entry.key(), key, name, "write " + name + ": ${" + name + "}");
      } else {
        put(value, key, name, value.text());
      }
    }
  }

  private void list(Node.Sequence list, String path) {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < list.items().size(); i++) {
      Node item = list.items().get(i);
      String key = path + "[" + i + "]";
      String text = item instanceof Node.Mapping ? mappingItem(item, key) : values.text(item, key);
      int equals = text == null ? 0 : text.indexOf('=');
      if (text == null) {
        continue;
      }
      if (equals < 0) {
        passThrough(item, key, text, "write " + text + "=${" + text + "}");
        continue;
      }
      String name = text.substring(0, equals);
      checkName(item, key, name);
      if (!names.add(name)) {
        values.error(item, key, "duplicate-key", "duplicate variable \"" + name + "\"", "");
      }
      put(item, key, name, text.substring(equals + 1));
    }
  }

  private @Nullable String mappingItem(Node item, String key) {
    String hint = "in a list write NAME=value; without the - write NAME: value";
    values.error(item, key, "type", "must be NAME=value, not a mapping", hint);
    return null;
  }

  private void passThrough(Node at, String path, String name, String hint) {
    String message = "a variable of the caller is never passed on silently";
    values.error(at, path, "pass-through", "\"" + name + "\" has no value; " + message, hint);
  }

  private void checkName(Node at, String path, String name) {
    if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
      values.error(at, path, "env-name", "a variable's name cannot be empty or hold =", "");
    } else if (name.indexOf('$') >= 0) {
      values.error(at, path, "env-name", "variables are not expanded in a key", "");
    } else if (name.indexOf(' ') >= 0 || name.indexOf('\t') >= 0 || name.indexOf('\n') >= 0) {
      values.error(at, path, "env-name", "a variable's name cannot hold blanks", "");
    }
  }

  private void put(Node at, String path, String name, String value) {
    if (Values.utf8Length(name) + Values.utf8Length(value) + 2 > LONGEST_STRING) {
      values.error(at, path, "value-too-long", "longer than the 128 KiB that execve(2) takes", "");
    }
    result.put(name, value);
  }

  private void file(Node node, String path) {
    Node name = node;
    String namePath = path;
    boolean required = true;
    if (node instanceof Node.Mapping) {
      Fields fields =
          Fields.of(node, path, Keys.Place.ENV_FILE, context.problems(), "a path or a mapping");
      if (fields == null) {
        return;
      }
      Node flag = fields.get("required");
      Boolean set = flag == null ? null : values.bool(flag, fields.path("required"));
      required = set == null || set;
      namePath = fields.path("path");
      name = fields.get("path");
      if (name == null) {
        if (!fields.has("path")) {
          values.error(node, path, "missing-key", "needs `path`", "");
        }
        return;
      }
    }
    String written = values.string(name, namePath);
    HostPath file = written == null ? null : values.hostPath(written, name, namePath);
    if (written != null && file != null) {
      read(name, namePath, written, file, required);
    }
  }

  private void read(Node node, String path, String written, HostPath file, boolean required) {
    HostFiles.Kind kind = context.files().kind(file);
    if (kind == HostFiles.Kind.UNKNOWN || (kind == HostFiles.Kind.ABSENT && !required)) {
      return;
    }
    if (kind != HostFiles.Kind.FILE) {
      String absence = HostFiles.absence(kind, file);
      String message = absence.isEmpty() ? file + " is not a file" : absence;
      values.error(node, path, absence.isEmpty() ? "not-a-file" : "absent", message, "");
      return;
    }
    ReadableFile readable = context.mayRead(file, node, path);
    if (readable == null) {
      return;
    }
    try {
      String text = context.files().text(readable, written);
      Map<String, String> found =
          EnvFile.parse(text, written, context.variables(), context.problems());
      for (Map.Entry<String, String> variable : found.entrySet()) {
        put(node, path, variable.getKey(), variable.getValue());
      }
    } catch (DiagnosticException e) {
      for (Diagnostic diagnostic : e.diagnostics()) {
        if (diagnostic.origin().isKnown()) {
          context.problems().add(diagnostic);
        } else {
          String message = file + ": " + diagnostic.message();
          values.error(node, path, diagnostic.code(), message, diagnostic.hint());
        }
      }
    } catch (IOException e) {
      values.error(node, path, "unreadable", file + " cannot be read", "");
    }
  }
}
