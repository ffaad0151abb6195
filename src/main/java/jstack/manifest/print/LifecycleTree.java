package jstack.manifest.print;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jstack.diag.SourceTexts;
import jstack.manifest.Durations;
import jstack.manifest.Healthcheck;
import jstack.manifest.Hook;
import jstack.manifest.Lifecycle;
import jstack.manifest.RestartPolicy;

/** What the supervisor is told, back to the keys of a manifest; only what was asked for. */
final class LifecycleTree {
  private LifecycleTree() {}

  static void put(Map<String, Object> map, Lifecycle lifecycle, boolean masks) {
    RestartPolicy restart = lifecycle.restart();
    if (!restart.isPlain()) {
      map.put("deploy", Map.of("restart_policy", policy(restart)));
    } else if (!restart.equals(RestartPolicy.NO)) {
      map.put("restart", restart.toString());
    }
    if (lifecycle.timeout() != null) {
      map.put("timeout", Durations.toString(lifecycle.timeout()));
    }
    if (lifecycle.healthcheck() != null) {
      map.put("healthcheck", check(lifecycle.healthcheck()));
    }
    ManifestTree.putUnlessEmpty(map, "pre_start", hooks(lifecycle.preStart(), masks));
    ManifestTree.putUnlessEmpty(map, "post_start", hooks(lifecycle.postStart(), masks));
    ManifestTree.putUnlessEmpty(map, "pre_stop", hooks(lifecycle.preStop(), masks));
  }

  private static Map<String, Object> policy(RestartPolicy restart) {
    Map<String, Object> map = new LinkedHashMap<>();
    boolean failure = restart.when() == RestartPolicy.When.ON_FAILURE;
    map.put("condition", failure ? "on-failure" : "any");
    if (restart.most() > 0) {
      map.put("max_attempts", restart.most());
    }
    if (restart.delay() != null) {
      map.put("delay", Durations.toString(restart.delay()));
    }
    if (restart.window() != null) {
      map.put("window", Durations.toString(restart.window()));
    }
    return map;
  }

  private static Map<String, Object> check(Healthcheck check) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("test", ManifestTree.texts(check.test()));
    map.put("interval", Durations.toString(check.interval()));
    map.put("timeout", Durations.toString(check.timeout()));
    map.put("retries", check.retries());
    map.put("start_period", Durations.toString(check.startPeriod()));
    map.put("start_interval", Durations.toString(check.startInterval()));
    map.put("on_failure", check.onFailure().name().toLowerCase(Locale.ROOT));
    return map;
  }

  private static List<Object> hooks(List<Hook> hooks, boolean masks) {
    List<Object> list = new ArrayList<>();
    for (Hook hook : hooks) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("command", ManifestTree.texts(hook.command()));
      if (hook.user() != null) {
        map.put("user", ManifestTree.text(hook.user()));
      }
      if (hook.workingDir() != null) {
        map.put("working_dir", ManifestTree.text(hook.workingDir()));
      }
      Map<String, Object> environment = new LinkedHashMap<>();
      hook.environment()
          .forEach(
              (name, value) -> {
                boolean masked = masks && SourceTexts.isSecretName(name);
                environment.put(name, masked ? "***" : ManifestTree.text(value));
              });
      ManifestTree.putUnlessEmpty(map, "environment", environment);
      list.add(map);
    }
    return list;
  }
}
