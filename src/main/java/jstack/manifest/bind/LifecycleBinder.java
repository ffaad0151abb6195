package jstack.manifest.bind;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jstack.manifest.ContainerPath;
import jstack.manifest.Hook;
import jstack.manifest.Lifecycle;
import jstack.manifest.Names;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds what the supervisor is told: restart, healthcheck, timeout and the hooks. */
final class LifecycleBinder {
  private final BindContext context;
  private final Values values;

  LifecycleBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  Lifecycle bind(Fields service, boolean isJob) {
    boolean any = false;
    for (Node.Entry entry : service.mapping().entries()) {
      any |= KEYS.contains(entry.key().text());
    }
    return any
        ? new Lifecycle(
            new RestartBinder(context).bind(service),
            new HealthcheckBinder(context).bind(service),
            timeout(service, isJob),
            hooks(service, "pre_start"),
            hooks(service, "post_start"),
            hooks(service, "pre_stop"))
        : isJob ? Lifecycle.OF_A_JOB : Lifecycle.NONE;
  }

  private static final List<String> KEYS =
      List.of("restart", "healthcheck", "timeout", "pre_start", "post_start", "pre_stop", "deploy");

  private @Nullable Duration timeout(Fields service, boolean isJob) {
    Node node = service.get("timeout");
    if (node == null && isJob) {
      return Lifecycle.OF_A_JOB.timeout();
    }
    String path = service.path("timeout");
    Duration time = node == null ? null : values.duration(node, path);
    if (node != null && time != null && time.compareTo(Duration.ofMillis(1)) < 0) {
      values.error(node, path, "range", "must be at least 1ms", "remove the key for no limit");
      return null;
    }
    return time;
  }

  /** A list of hooks, each a mapping; one command alone, a line or a list of words, is one hook. */
  private List<Hook> hooks(Fields service, String key) {
    Node node = service.get(key);
    String path = service.path(key);
    List<Hook> hooks = new ArrayList<>();
    if (node instanceof Node.Sequence list && isOfMappings(list)) {
      for (int i = 0; i < list.items().size(); i++) {
        String place = "[" + i + "]";
        Node item = list.items().get(i);
        Hook hook =
            item instanceof Node.Scalar
                ? command(item, path + place, key + place)
                : hook(item, path + place, key + place);
        if (hook != null) {
          hooks.add(hook);
        }
      }
    } else if (node instanceof Node.Mapping) {
      Hook hook = hook(node, path, key);
      if (hook != null) {
        hooks.add(hook);
      }
    } else if (node != null) {
      Hook hook = command(node, path, key);
      if (hook != null) {
        hooks.add(hook);
      }
    }
    return hooks;
  }

  private static boolean isOfMappings(Node.Sequence list) {
    return list.items().stream().anyMatch(item -> item instanceof Node.Mapping);
  }

  private @Nullable Hook command(Node node, String path, String key) {
    List<String> words = new CommandBinder(context).bind(node, path);
    return words.isEmpty() ? null : new Hook(words, null, null, Map.of(), key);
  }

  private @Nullable Hook hook(Node node, String path, String key) {
    Fields fields =
        Fields.of(node, path, Keys.Place.HOOK, context.problems(), "a mapping with command");
    if (fields == null) {
      return null;
    }
    if (!fields.seems("command")) {
      String hint = "write command: [PROGRAM, ...]";
      context
          .problems()
          .error(node.origin().withKeyPath(path), "missing-key", "a hook without a command", hint);
    }
    List<String> words = new CommandBinder(context).bind(fields, "command");
    Map<String, String> environment = new EnvironmentBinder(context).bind(fields);
    Node user = fields.get("user");
    String name = user == null ? null : values.text(user, fields.path("user"));
    String mistake = name == null ? "" : Names.userMistake(name);
    if (user != null && !mistake.isEmpty()) {
      values.error(user, fields.path("user"), "user", mistake, "");
    }
    Node directory = fields.get("working_dir");
    ContainerPath place =
        directory == null ? null : values.containerPath(directory, fields.path("working_dir"));
    return words.isEmpty() ? null : new Hook(words, name, place, environment, key);
  }
}
