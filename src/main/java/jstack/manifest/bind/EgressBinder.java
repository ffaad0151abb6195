package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.List;
import jstack.manifest.Egress;
import jstack.manifest.fields.EgressRules;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code egress}: what a service may connect to. */
final class EgressBinder {
  private final BindContext context;
  private final Values values;

  EgressBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  @Nullable Egress bind(Fields service) {
    Node node = service.get("egress");
    String path = service.path("egress");
    Fields fields =
        node == null
            ? null
            : Fields.of(node, path, Keys.Place.EGRESS, context.problems(), "a mapping");
    if (node == null || fields == null) {
      return null;
    }
    Node word = fields.get("default");
    String fallback =
        word == null ? null : values.choice(word, fields.path("default"), List.of("allow", "deny"));
    if (!fields.seems("default")) {
      String message = "needs `default`: what happens to everything else";
      values.error(node, path, "missing-key", message, "write default: deny");
    }
    return new Egress("allow".equals(fallback), rules(fields, "allow"), rules(fields, "deny"));
  }

  private List<Egress.Rule> rules(Fields fields, String key) {
    Node node = fields.get(key);
    List<Egress.Rule> rules = new ArrayList<>();
    List<Node> items = node == null ? List.of() : values.items(node, fields.path(key));
    for (int i = 0; i < items.size(); i++) {
      String path = fields.path(key) + "[" + i + "]";
      String text = values.string(items.get(i), path);
      Egress.Rule rule = text == null ? null : EgressRules.read(values, text, items.get(i), path);
      if (rule != null) {
        rules.add(rule);
      }
    }
    return rules;
  }
}
