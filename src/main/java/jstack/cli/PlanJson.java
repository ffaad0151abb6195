package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import jstack.diag.Origin;
import jstack.plan.Action;
import jstack.plan.Cause;
import jstack.plan.Plan;
import jstack.program.ChangeClass;

/**
 * A plan for programs, one object a line: what changes, what that costs, and each cause with its
 * key, both values and its line.
 *
 * <pre>
 * {"name":"db-1","action":"adjust","class":"live","causes":[{"text":"memory.max 512m -> 1g",
 *  "key":"memory.max","old":"512m","new":"1g","class":"live","file":"jstack.yaml","line":20,
 *  "column":21}]}
 * </pre>
 */
final class PlanJson {
  private PlanJson() {}

  /**
   * @param missing services whose rootfs is not here yet
   */
  static String of(Plan plan, List<String> missing) throws IOException {
    StringWriter out = new StringWriter();
    for (String service : missing) {
      Cause cause = Cause.of("its rootfs is not here yet", ChangeClass.ROOTFS);
      line(out, service + "-1", "fetch", ChangeClass.ROOTFS, List.of(cause));
    }
    for (Action action : plan.changes()) {
      String word = PlanPrinter.word(action);
      line(out, action.id().name(), word, action.changeClass(), action.causes());
    }
    if (!plan.limits().isEmpty()) {
      line(out, "stack", "adjust", ChangeClass.LIVE, plan.limits().causes());
    }
    if (!plan.network().isEmpty()) {
      line(out, "network", "adjust", ChangeClass.LIVE, plan.network());
    }
    return out.toString();
  }

  private static void line(
      StringWriter out, String name, String action, ChangeClass cost, List<Cause> causes)
      throws IOException {
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      json.writeStartObject();
      json.writeStringField("name", name);
      json.writeStringField("action", action);
      json.writeStringField("class", cost.toString());
      json.writeArrayFieldStart("causes");
      for (Cause cause : causes) {
        write(json, cause);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    out.append('\n');
  }

  private static void write(JsonGenerator json, Cause cause) throws IOException {
    json.writeStartObject();
    json.writeStringField("text", cause.text());
    if (!cause.key().isEmpty()) {
      json.writeStringField("key", cause.key());
      json.writeStringField("old", cause.before());
      json.writeStringField("new", cause.after());
    }
    json.writeStringField("class", cause.cost().toString());
    place(json, cause.origin());
    json.writeEndObject();
  }

  /** Where the manifest says so; nothing when it does not. */
  static void place(JsonGenerator json, Origin origin) throws IOException {
    if (origin.isKnown()) {
      json.writeStringField("file", origin.file());
      json.writeNumberField("line", origin.line());
      json.writeNumberField("column", origin.column());
    }
  }
}
