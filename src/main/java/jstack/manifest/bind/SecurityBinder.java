package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import jstack.diag.Suggestion;
import jstack.linux.Capability;
import jstack.manifest.Opening;
import jstack.manifest.Security;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.OpeningList;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code security}, {@code privileged}, {@code cap_add} and {@code cap_drop}. */
final class SecurityBinder {
  private static final String ALL = "ALL";

  private final BindContext context;
  private final Values values;

  SecurityBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  /**
   * @param newPrivileges what {@code security_opt} says of them, null for nothing
   */
  Security bind(Fields service, boolean privileged, @Nullable Boolean newPrivileges) {
    Node node = service.get("security");
    Fields fields =
        node == null
            ? null
            : Fields.of(
                node,
                service.path("security"),
                Keys.Place.SECURITY,
                context.problems(),
                "a mapping");
    List<Opening> allow = fields == null ? List.of() : allow(fields);
    boolean usual = !service.has("cap_add") && !service.has("cap_drop") && !privileged;
    boolean gains = newPrivileges == null ? privileged : newPrivileges;
    if (usual && !gains && allow.isEmpty()) {
      return Security.DEFAULT;
    }
    Set<Capability> capabilities = usual ? Capability.DEFAULTS : capabilities(service, privileged);
    return new Security(allow, capabilities, privileged, gains, List.of());
  }

  private List<Opening> allow(Fields fields) {
    Node node = fields.get("allow");
    return node == null ? List.of() : OpeningList.bind(values, node, fields.path("allow"));
  }

  private Set<Capability> capabilities(Fields service, boolean privileged) {
    Set<Capability> added = EnumSet.noneOf(Capability.class);
    Set<Capability> dropped = EnumSet.noneOf(Capability.class);
    boolean all = list(service, "cap_add", added);
    boolean none = list(service, "cap_drop", dropped);
    if (all && none) {
      values.error(
          service.mapping(),
          service.path("cap_drop"),
          "conflict",
          "ALL is both added and dropped",
          "");
    }
    for (Capability capability : added) {
      if (dropped.contains(capability)) {
        context
            .problems()
            .error(service.at("cap_drop"), "conflict", capability + " is both added and dropped");
      }
    }
    Set<Capability> capabilities =
        none || all ? EnumSet.noneOf(Capability.class) : EnumSet.copyOf(Capability.DEFAULTS);
    if (all || (privileged && !none)) {
      capabilities.addAll(List.of(Capability.values()));
    }
    capabilities.addAll(added);
    capabilities.removeAll(dropped);
    return capabilities;
  }

  /** Whether ALL is in the list; the others are added. */
  private boolean list(Fields service, String key, Set<Capability> into) {
    Node node = service.get(key);
    List<Node> items = node == null ? List.of() : values.items(node, service.path(key));
    boolean all = false;
    for (int i = 0; i < items.size(); i++) {
      String path = service.path(key) + "[" + i + "]";
      String word = values.string(items.get(i), path);
      if (word == null) {
        continue;
      }
      Capability capability = capability(word);
      if (word.equalsIgnoreCase(ALL)) {
        all = true;
      } else if (capability == null) {
        unknownCapability(items.get(i), path, word);
      } else if (!into.add(capability)) {
        values.error(items.get(i), path, "duplicate", capability + " is listed twice", "");
      } else {
        context
            .origins()
            .put(service.path(key) + "." + capability, items.get(i).origin().withKeyPath(path));
      }
    }
    return all;
  }

  /** With and without CAP_, as Compose takes them. */
  private static @Nullable Capability capability(String word) {
    for (Capability each : Capability.values()) {
      if (word.equalsIgnoreCase(each.name()) || word.equalsIgnoreCase("CAP_" + each.name())) {
        return each;
      }
    }
    return null;
  }

  private void unknownCapability(Node node, String path, String word) {
    List<String> names = new ArrayList<>(List.of(ALL));
    for (Capability each : Capability.values()) {
      names.add(each.name());
    }
    boolean prefixed = word.regionMatches(true, 0, "CAP_", 0, 4);
    String near = Suggestion.among(prefixed ? word.substring(4) : word, names);
    values.error(
        node,
        path,
        "capability",
        "no capability is called \"" + word + "\"" + near,
        near.isEmpty() ? "see capabilities(7)" : "");
  }
}
