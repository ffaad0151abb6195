package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Problems;
import jstack.manifest.Names;
import jstack.manifest.Role;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.rules.ScaleRules;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds what is said of when a service or a job runs. */
final class RoleBinder {
  private final BindContext context;
  private final Values values;

  RoleBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  Role bind(Fields fields, boolean isJob) {
    triggers(fields, isJob);
    return new Role(isJob, scale(fields, isJob), profiles(fields));
  }

  private int scale(Fields fields, boolean isJob) {
    Integer scale = number(fields, "scale", fields.path("scale"));
    Integer replicas = null;
    Node deploy = fields.get("deploy");
    if (deploy instanceof Node.Mapping mapping && mapping.find("replicas") != null) {
      String path = fields.path("deploy");
      Fields inner = Fields.of(deploy, path, Keys.Place.DEPLOY, new Problems(), "a mapping");
      replicas = inner == null ? null : number(inner, "replicas", path + ".replicas");
      boolean differs = scale != null && replicas != null && !scale.equals(replicas);
      if (inner != null && differs) {
        context
            .problems()
            .error(inner.at("replicas"), "conflict", "differs from scale, which is " + scale);
      }
    }
    Integer wanted = scale == null ? replicas : scale;
    if (isJob && wanted != null && wanted != 1) {
      String key = scale == null ? "deploy" : "scale";
      context.problems().error(fields.keyAt(key), "scale", "a job has one container");
    }
    return wanted == null || isJob ? 1 : wanted;
  }

  private @Nullable Integer number(Fields fields, String key, String path) {
    Node node = fields.get(key);
    Long value = node == null ? null : values.integer(node, path, 0, ScaleRules.MOST);
    return value == null ? null : value.intValue();
  }

  private List<String> profiles(Fields fields) {
    Node node = fields.get("profiles");
    List<String> profiles = new ArrayList<>();
    List<Node> items = node == null ? List.of() : values.items(node, fields.path("profiles"));
    for (int i = 0; i < items.size(); i++) {
      String path = fields.path("profiles") + "[" + i + "]";
      String name = values.string(items.get(i), path);
      String mistake = name == null ? "" : Names.profileMistake(name);
      if (!mistake.isEmpty()) {
        values.error(items.get(i), path, "profile", mistake, "");
      } else if (name != null) {
        profiles.add(name);
      }
    }
    return profiles;
  }

  /** Compose's way to say that a job runs when it is asked to; jstack knows no other one. */
  private void triggers(Fields fields, boolean isJob) {
    Node node = fields.get("triggers");
    if (node == null) {
      return;
    }
    if (!isJob) {
      ofJobs(fields, "triggers");
      return;
    }
    String path = fields.path("triggers");
    Fields triggers =
        Fields.of(node, path, Keys.Place.TRIGGERS, context.problems(), "{manual: true}");
    Node manual = triggers == null ? null : triggers.get("manual");
    Boolean value = manual == null ? null : values.bool(manual, path + ".manual");
    if (manual != null && Boolean.FALSE.equals(value)) {
      String message = "a job that nobody may start never runs";
      values.error(manual, path + ".manual", "unsupported", message, "remove it");
    }
  }

  private void ofJobs(Fields fields, String key) {
    context
        .problems()
        .error(
            fields.keyAt(key),
            "unsupported",
            "`" + key + "` belongs to a job, which runs to completion",
            "move the service below jobs:");
  }
}
