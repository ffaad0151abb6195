package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import jstack.diag.DiagnosticPrinter;
import jstack.plan.Drift;

/**
 * What is not as the manifest says, a line each:
 *
 * <pre>
 * web-1  cgroup.pids.max: 64 is wanted, 10 is there  up mends it  (jstack.yaml:12:14)
 * </pre>
 */
final class VerifyPrinter {
  private VerifyPrinter() {}

  /** With a last line that counts. */
  static String text(List<Drift> drifts, int containers) {
    int width = drifts.stream().mapToInt(drift -> drift.name().length()).max().orElse(0);
    StringBuilder out = new StringBuilder();
    for (Drift drift : drifts) {
      out.append(drift.name()).append(" ".repeat(width - drift.name().length())).append("  ");
      String text = drift.key() + ": " + drift.wanted() + " is wanted, " + drift.seen();
      out.append(DiagnosticPrinter.visible(text)).append(" is there  ").append(drift.mend());
      if (drift.origin().isKnown()) {
        out.append("  (").append(DiagnosticPrinter.visible(drift.origin().place())).append(')');
      }
      out.append('\n');
    }
    String all = containers == 1 ? "1 container" : containers + " containers";
    String count = drifts.size() == 1 ? "1 drift" : drifts.size() + " drifts";
    out.append(drifts.isEmpty() ? all + ", all as the manifest says" : count + " in " + all);
    return out.append('\n').toString();
  }

  /** One object a line; nothing when there is no drift. */
  static String json(List<Drift> drifts) throws IOException {
    StringWriter out = new StringWriter();
    for (Drift drift : drifts) {
      try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.writeStartObject();
        json.writeStringField("name", drift.name());
        json.writeStringField("key", drift.key());
        json.writeStringField("wanted", drift.wanted());
        json.writeStringField("seen", drift.seen());
        json.writeStringField("mend", drift.mend().toString());
        PlanJson.place(json, drift.origin());
        json.writeEndObject();
      }
      out.append('\n');
    }
    return out.toString();
  }
}
