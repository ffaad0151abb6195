package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.Origin;
import jstack.manifest.Manifest;
import jstack.manifest.Opened;
import jstack.manifest.Service;

/**
 * Which walls the services of a manifest take away, for whoever is about to run it:
 *
 * <pre>
 * !   web  host-pid is open: it sees the machine's processes  (jstack.yaml:9:10)
 * </pre>
 */
final class OpenWalls {
  private OpenWalls() {}

  /** A line for each; nothing when all stand. */
  static String text(Manifest manifest, Collection<String> services) {
    StringBuilder out = new StringBuilder();
    for (Service service : manifest.services().values()) {
      if (services.contains(service.name())) {
        lines(service).forEach(line -> out.append("!   ").append(line).append('\n'));
      }
    }
    return out.toString();
  }

  /** As comments of a shell. */
  static String comments(Service service) {
    StringBuilder out = new StringBuilder();
    lines(service).forEach(line -> out.append("# ! ").append(line).append('\n'));
    return out.toString();
  }

  private static List<String> lines(Service service) {
    List<String> lines = new ArrayList<>();
    for (Opened open : service.security().open()) {
      String place = DiagnosticPrinter.visible(open.origin().place());
      String text = open.opening() + " is open: " + open.opening().means();
      lines.add(service.name() + "  " + text + "  (" + place + ")");
    }
    return lines;
  }

  /** One object a line. */
  static String json(Manifest manifest, Collection<String> services) throws IOException {
    StringWriter out = new StringWriter();
    for (Service service : manifest.services().values()) {
      if (!services.contains(service.name())) {
        continue;
      }
      for (Opened open : service.security().open()) {
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
          Origin origin = open.origin();
          json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
          json.writeStartObject();
          json.writeStringField("service", service.name());
          json.writeStringField("open", open.opening().word());
          json.writeStringField("file", origin.file());
          json.writeNumberField("line", origin.line());
          json.writeNumberField("column", origin.column());
          json.writeEndObject();
        }
        out.append('\n');
      }
    }
    return out.toString();
  }
}
