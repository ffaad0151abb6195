package jstack.manifest.bind;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import jstack.diag.Origin;
import jstack.manifest.Healthcheck;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code healthcheck}. */
final class HealthcheckBinder {
  private static final Duration INTERVAL = Duration.ofSeconds(30);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Duration START_INTERVAL = Duration.ofSeconds(5);
  private static final int RETRIES = 3;
  private static final int MOST_RETRIES = 1_000_000;
  private static final Duration LEAST = Duration.ofMillis(1);
  private static final String TEST =
      "write test: [CMD, PROGRAM, ...], or test: LINE for /bin/sh, or disable: true";

  private final BindContext context;
  private final Values values;

  HealthcheckBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  /** Null when there is none, or it is switched off. */
  @Nullable Healthcheck bind(Fields service) {
    Node node = service.get("healthcheck");
    String path = service.path("healthcheck");
    Fields fields =
        node == null
            ? null
            : Fields.of(node, path, Keys.Place.HEALTHCHECK, context.problems(), "a mapping");
    if (fields == null) {
      return null;
    }
    Node disable = fields.get("disable");
    Boolean off = disable == null ? null : values.bool(disable, fields.path("disable"));
    List<String> test = test(fields, off != null && off, service.keyAt("healthcheck"));
    Duration interval = time(fields, "interval", INTERVAL, LEAST);
    Duration timeout = time(fields, "timeout", TIMEOUT, LEAST);
    int retries = retries(fields);
    Duration startPeriod = time(fields, "start_period", Duration.ZERO, Duration.ZERO);
    Duration startInterval = time(fields, "start_interval", START_INTERVAL, LEAST);
    if (fields.has("start_interval") && startPeriod.isZero() && !fields.has("start_period")) {
      context
          .problems()
          .error(
              fields.keyAt("start_interval"),
              "conflict",
              "`start_interval` counts within a start_period only",
              "add start_period: 30s, or remove the key");
    }
    Healthcheck.OnFailure then = onFailure(fields);
    return test.isEmpty()
        ? null
        : new Healthcheck(test, interval, timeout, retries, startPeriod, startInterval, then);
  }

  private List<String> test(Fields fields, boolean off, Origin at) {
    Node node = fields.get("test");
    String path = fields.path("test");
    if (node == null) {
      if (!off && !fields.seems("test")) {
        String message = "a health check without a command";
        context.problems().error(at, "missing-key", message, TEST);
      }
      return List.of();
    }
    List<String> words = node instanceof Node.Sequence list ? words(list, path) : shell(node, path);
    return off ? List.of() : words;
  }

  private List<String> shell(Node node, String path) {
    String line = values.string(node, path);
    if (line != null && line.isBlank()) {
      values.error(node, path, "command", "a health check without a command", TEST);
      return List.of();
    }
    return line == null ? List.of() : List.of("CMD-SHELL", line);
  }

  private List<String> words(Node.Sequence list, String path) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < list.items().size(); i++) {
      String word = values.text(list.items().get(i), path + "[" + i + "]");
      if (word == null) {
        return List.of();
      }
      words.add(word);
    }
    String first = words.isEmpty() ? "" : words.get(0);
    String mistake =
        switch (first) {
          case "NONE" -> words.size() == 1 ? "" : "NONE takes no words";
          case "CMD" ->
              words.size() > 1 && !words.get(1).isEmpty() ? "" : "a health check without a command";
          case "CMD-SHELL" ->
              words.size() == 2
                  ? words.get(1).isBlank() ? "a health check without a command" : ""
                  : words.size() < 2
                      ? "a health check without a command"
                      : "CMD-SHELL takes one line for /bin/sh";
          case "" -> "a health check without a command";
          default -> "a list begins with CMD, CMD-SHELL or NONE, not \"" + first + "\"";
        };
    if (!mistake.isEmpty()) {
      values.error(list, path, "command", mistake, TEST);
    }
    return mistake.isEmpty() && !first.equals("NONE") ? words : List.of();
  }

  private Duration time(Fields fields, String key, Duration fallback, Duration least) {
    Node node = fields.get(key);
    Duration time = node == null ? null : values.duration(node, fields.path(key));
    if (node != null && time != null && time.compareTo(least) < 0) {
      values.error(node, fields.path(key), "range", "must be at least 1ms", "");
    }
    return time == null ? fallback : time;
  }

  private int retries(Fields fields) {
    Node node = fields.get("retries");
    Long count =
        node == null ? null : values.integer(node, fields.path("retries"), 1, MOST_RETRIES);
    return count == null ? RETRIES : count.intValue();
  }

  private Healthcheck.OnFailure onFailure(Fields fields) {
    Node node = fields.get("on_failure");
    String word =
        node == null
            ? null
            : values.choice(node, fields.path("on_failure"), List.of("none", "restart", "stop"));
    return word == null
        ? Healthcheck.OnFailure.NONE
        : Healthcheck.OnFailure.valueOf(word.toUpperCase(Locale.ROOT));
  }
}
