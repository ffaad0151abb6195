package jstack.manifest.bind;

import java.time.Duration;
import java.util.List;
import jstack.manifest.RestartPolicy;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code restart} and Compose's other place for it, {@code deploy.restart_policy}. */
final class RestartBinder {
  /** What starts again at once does nothing else. */
  private static final Duration LEAST = Duration.ofMillis(100);

  private static final Duration MOST = Duration.ofDays(7);

  private final BindContext context;
  private final Values values;

  RestartBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  RestartPolicy bind(Fields service) {
    RestartPolicy own = own(service);
    Fields policy = policy(service);
    if (policy == null) {
      return own == null ? RestartPolicy.NO : own;
    }
    RestartPolicy deployed = deployed(policy, own);
    if (own != null && !own.isOftenAs(deployed)) {
      context
          .problems()
          .error(service.keyAt("restart"), "conflict", "differs from deploy.restart_policy");
    }
    return deployed;
  }

  private @Nullable RestartPolicy own(Fields service) {
    Node node = service.get("restart");
    String text = node == null ? null : values.text(node, service.path("restart"));
    if (node == null || text == null) {
      return null;
    }
    try {
      return RestartPolicy.parse(text);
    } catch (IllegalArgumentException e) {
      String hint = text.equals("false") ? "write restart: \"no\"" : "";
      String message = String.valueOf(e.getMessage());
      values.error(node, service.path("restart"), "choice", message, hint);
      return null;
    }
  }

  private @Nullable Fields policy(Fields service) {
    Node.Entry entry =
        service.get("deploy") instanceof Node.Mapping deploy ? deploy.find("restart_policy") : null;
    return entry == null
        ? null
        : Fields.of(
            entry.value(),
            service.path("deploy") + ".restart_policy",
            Keys.Place.RESTART_POLICY,
            context.problems(),
            "a mapping");
  }

  /** What is not said here is as {@code restart} says, or Compose's default. */
  private RestartPolicy deployed(Fields fields, @Nullable RestartPolicy own) {
    RestartPolicy.When when = when(fields, own);
    Node most = fields.get("max_attempts");
    Long count =
        most == null ? null : values.integer(most, fields.path("max_attempts"), 1, 9999999);
    boolean same = own != null && own.when() == when;
    int attempts = count != null ? count.intValue() : same && own != null ? own.most() : 0;
    Duration delay = time(fields, "delay");
    Duration window = time(fields, "window");
    for (String key : List.of("max_attempts", "delay", "window")) {
      if (when == RestartPolicy.When.NO && fields.has(key)) {
        String message = "`" + key + "` of a service that nobody starts again";
        context.problems().error(fields.keyAt(key), "conflict", message);
      }
    }
    return when == RestartPolicy.When.NO
        ? RestartPolicy.NO
        : new RestartPolicy(when, attempts, delay, window);
  }

  private RestartPolicy.When when(Fields fields, @Nullable RestartPolicy own) {
    Node node = fields.get("condition");
    String word =
        node == null
            ? null
            : values.choice(node, fields.path("condition"), List.of("none", "on-failure", "any"));
    if (word == null) {
      return own == null ? RestartPolicy.When.ALWAYS : own.when();
    }
    return switch (word) {
      case "none" -> RestartPolicy.When.NO;
      case "on-failure" -> RestartPolicy.When.ON_FAILURE;
      // Compose's two words for it are the same here.
      default ->
          own != null && own.when() == RestartPolicy.When.UNLESS_STOPPED
              ? own.when()
              : RestartPolicy.When.ALWAYS;
    };
  }

  private @Nullable Duration time(Fields fields, String key) {
    Node node = fields.get(key);
    Duration time = node == null ? null : values.duration(node, fields.path(key));
    if (node != null && time != null && (time.compareTo(LEAST) < 0 || time.compareTo(MOST) > 0)) {
      String hint =
          key.equals("delay")
              ? "without it, the first start comes after 100ms, and each next one twice as late"
              : "without it, who ran for 10s has succeeded";
      values.error(node, fields.path(key), "range", "must be from 100ms to 168h", hint);
      return null;
    }
    return time;
  }
}
