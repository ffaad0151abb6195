package jstack.manifest.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.manifest.Origins;
import jstack.manifest.yaml.CoreSchema;
import jstack.manifest.yaml.Node;
import jstack.manifest.yaml.SourceMap;
import org.everit.json.schema.Schema;
import org.everit.json.schema.ValidationException;
import org.everit.json.schema.loader.SchemaLoader;
import org.json.JSONArray;
import org.json.JSONObject;
import org.json.JSONTokener;

/**
 * Asks the JSON Schema what it thinks of a manifest. This is the second judge: the binder has
 * spoken before, in better words, so only findings at places where it said nothing are added. The
 * libraries behind it take longer to load than a container to start; a good manifest on its way to
 * run never gets here.
 */
final class SchemaCheck {
  /**
   * In characters. The patterns run in java.util.regex, which descends a frame for each repetition
   * of a group: a longer text is not shown to them, since the binder has judged it by hand.
   */
  private static final int LONGEST_TEXT = 4096;

  /** Read at the first question, and once. */
  private static final class Loaded {
    static final Schema SCHEMA =
        SchemaLoader.builder()
            .schemaJson(new JSONObject(new JSONTokener(ManifestLoader.schemaText())))
            .draftV7Support()
            .build()
            .load()
            .build();
  }

  private SchemaCheck() {}

  static void check(Node.Mapping tree, String file, Problems problems) {
    List<Diagnostic> said = new ArrayList<>(problems.errors());
    Map<String, Origin> places = SourceMap.of(tree);
    for (Finding finding : findings(tree)) {
      Origin origin = new Origins(file, places).at(finding.path());
      boolean known =
          problems.repeated().stream().anyMatch(path -> isRelated(path, finding.path()));
      for (Diagnostic diagnostic : said) {
        known |= isRelated(diagnostic.origin().keyPath(), finding.path());
        known |= origin.isKnown() && origin.place().equals(diagnostic.origin().place());
      }
      if (!known) {
        problems.error(origin, "schema", finding.message());
      }
    }
  }

  private static boolean isRelated(String a, String b) {
    return a.startsWith(b) || b.startsWith(a);
  }

  /** What the schema refuses: a key path in our spelling and the library's words. */
  record Finding(String path, String message) {}

  static List<Finding> findings(Node.Mapping tree) {
    List<Finding> findings = new ArrayList<>();
    try {
      Loaded.SCHEMA.validate(json(tree));
    } catch (ValidationException e) {
      collect(e, findings);
    }
    return findings;
  }

  private static void collect(ValidationException e, List<Finding> findings) {
    if (e.getCausingExceptions().isEmpty()) {
      findings.add(new Finding(path(e), String.valueOf(e.getErrorMessage())));
    }
    for (ValidationException cause : e.getCausingExceptions()) {
      collect(cause, findings);
    }
  }

  /** {@code #/services/web/mounts/0} to {@code services.web.mounts[0]}; moved to an extra key. */
  private static String path(ValidationException e) {
    StringBuilder path = new StringBuilder();
    String[] parts = e.getPointerToViolation().split("/", -1);
    for (int i = 1; i < parts.length; i++) {
      String part = parts[i].replace("~1", "/").replace("~0", "~");
      if (!part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9')) {
        path.append('[').append(part).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(part);
      }
    }
    String message = String.valueOf(e.getErrorMessage());
    int open = message.indexOf('[');
    int close = message.indexOf(']');
    if (message.startsWith("extraneous key") && open >= 0 && close > open) {
      path.append(path.isEmpty() ? "" : ".").append(message, open + 1, close);
    }
    return path.toString();
  }

  /** What a JSON reader would see; numbers only where they are exact. */
  private static Object json(Node node) {
    if (node instanceof Node.Mapping mapping) {
      JSONObject object = new JSONObject();
      for (Node.Entry entry : mapping.entries()) {
        if (entry.key().text().length() <= LONGEST_TEXT) {
          object.put(entry.key().text(), json(entry.value()));
        }
      }
      return object;
    }
    if (node instanceof Node.Sequence list) {
      JSONArray array = new JSONArray();
      for (Node item : list.items()) {
        array.put(json(item));
      }
      return array;
    }
    if (!(node instanceof Node.Scalar scalar) || scalar.text().length() > LONGEST_TEXT) {
      return "${unknown}";
    }
    String text = scalar.text();
    CoreSchema kind = scalar.plain() ? CoreSchema.of(text) : CoreSchema.STRING;
    return switch (kind) {
      case NULL -> JSONObject.NULL;
      case BOOLEAN -> text.startsWith("t") || text.startsWith("T");
      case INTEGER ->
          text.length() < 18 ? (Object) Long.valueOf(text) : new java.math.BigInteger(text);
      case FLOAT -> {
        java.math.BigDecimal decimal = CoreSchema.decimal(text);
        yield decimal == null ? text : decimal;
      }
      case STRING -> text;
    };
  }
}
