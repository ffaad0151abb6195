package jstack.manifest.fields;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.Origin;
import jstack.diag.Suggestion;

/**
 * Why a key is refused: it belongs to a later version, to another place, to Compose only, or to
 * nobody. Loaded only when there is such a key.
 */
final class RefusedKeys {
  private static final String TARBALL = "name a tarball instead: rootfs: {url: ..., sha256: ...}";

  private static final Map<Keys.Place, String> LATER =
      Map.ofEntries(
          Map.entry(
              Keys.Place.SERVICE,
              " devices init ulimits oom_score_adj sysctls"
                  + " platform"
                  + " device_cgroup_rules "),
          Map.entry(Keys.Place.ROOTFS, " insecure "),
          Map.entry(Keys.Place.MOUNT, " options volume bind tmpfs image consistency "),
          Map.entry(Keys.Place.SECRET, " external name driver template_driver "),
          Map.entry(Keys.Place.CONFIG, " external name template_driver "),
          Map.entry(Keys.Place.VOLUME, " driver_opts "),
          Map.entry(Keys.Place.NETWORK, " external attachable driver_opts name "),
          Map.entry(
              Keys.Place.ATTACHMENT,
              " link_local_ips priority gw_priority driver_opts interface_name "),
          Map.entry(Keys.Place.PORT, " name mode app_protocol "),
          Map.entry(Keys.Place.CGROUP, " hugetlb "),
          Map.entry(Keys.Place.BLKIO, " weight_device "),
          Map.entry(
              Keys.Place.DEPLOY,
              " mode update_config rollback_config placement labels" + " endpoint_mode "),
          Map.entry(Keys.Place.HOOK, " privileged "),
          Map.entry(Keys.Place.DEPLOY_RESERVATIONS, " cpus devices generic_resources "));

  private static final Map<String, String> WAYS = ways();

  /** What others call a key, where spelling alone does not lead to it. */
  private static final Map<Keys.Place, Map<String, String>> OTHER_WORDS =
      Map.of(
          Keys.Place.SERVICE,
          Map.of(
              "env", "environment",
              "cmd", "command",
              "args", "command",
              "workdir", "working_dir",
              "cwd", "working_dir",
              "hosts", "extra_hosts",
              "logs", "logging"),
          Keys.Place.MOUNT,
          Map.of(
              "ro", "read_only",
              "readonly", "read_only",
              "src", "source",
              "dst", "target",
              "destination", "target",
              "path", "target"));

  private RefusedKeys() {}

  private static Map<String, String> ways() {
    Map<String, String> ways = new HashMap<>();
    ways.put("image", TARBALL);
    ways.put("build", TARBALL);
    ways.put("dockerfile", TARBALL);
    ways.put("container_name", "a container is called after its service and number: web-1");
    ways.put("links", "use depends_on for the order of starts");
    ways.put("external_links", "use depends_on for the order of starts");
    ways.put("volumes_from", "list the same mounts in both services, with an anchor if you like");
    ways.put(
        "oom_kill_disable",
        "a container at its limit would hang for ever; raise cgroup: {memory: {max: SIZE}}"
            + " instead");
    ways.put("cpu_percent", "write cgroup: {cpu: {max: 0.5}} for half a processor");
    ways.put("cpu_count", "write cgroup: {cpu: {max: 2}}");
    ways.put(
        "cpu_rt_runtime", "real-time budgets are not given out; see cgroup: {cpu: {max: 0.5}}");
    ways.put("cpu_rt_period", "real-time budgets are not given out; see cgroup: {cpu: {max: 0.5}}");
    ways.put("runtime", "jstack is the runtime");
    ways.put("isolation", "jstack always isolates with Linux namespaces");
    ways.put("log_driver", "write logging: {max-size: 10m, max-file: 3}");
    ways.put("log_opt", "write logging: {max-size: 10m, max-file: 3}");
    ways.put("label_file", "");
    ways.put("credential_spec", "");
    ways.put("storage_opt", "");
    ways.put("develop", "");
    ways.put("attach", "name the services to follow: jstack logs -f SERVICE");
    ways.put("gpus", "");
    ways.put("models", "");
    ways.put("provider", "");
    return ways;
  }

  /** What to say about a key that is not valid at a place. */
  static Diagnostic explain(Keys.Place place, String key, Origin origin) {
    if (LATER.getOrDefault(place, "").contains(" " + key + " ")) {
      String hint =
          place == Keys.Place.MOUNT && List.of("bind", "tmpfs").contains(key)
              ? "write its keys beside type, such as propagation, create_host_path, size and mode"
              : key.equals("external")
                      && List.of(Keys.Place.SECRET, Keys.Place.CONFIG).contains(place)
                  ? "nobody keeps one for jstack: write {file: ./FILE} or {environment: NAME}"
                  : "";
      return Diagnostic.error(
              origin, "unsupported", "`" + key + "` is not supported by this version of jstack")
          .withHint(hint);
    }
    String way = place == Keys.Place.SERVICE ? WAYS.get(key) : null;
    if (way != null) {
      return Diagnostic.error(
              origin, "compose-only", "`" + key + "` is a key of Compose that jstack does not have")
          .withHint(way);
    }
    String owner = owner(place, key);
    if (!owner.isEmpty()) {
      return Diagnostic.error(
          origin, "misplaced-key", "`" + key + "` does not belong here, it belongs " + owner);
    }
    String other = OTHER_WORDS.getOrDefault(place, Map.of()).get(key);
    if (other != null) {
      return Diagnostic.error(
          origin, "unknown-key", "unknown key \"" + key + "\"" + Suggestion.of(other));
    }
    int dot = key.indexOf('.');
    if (dot > 0 && place.known().contains(key.substring(0, dot))) {
      String nested = key.substring(0, dot) + ": {" + key.substring(dot + 1) + ": ...}";
      return Diagnostic.error(origin, "unknown-key", "unknown key \"" + key + "\"")
          .withHint("keys are nested: " + nested);
    }
    String near = Suggestion.among(key, place.known());
    String dashed = near.isEmpty() ? Suggestion.among(key.replace('-', '_'), place.known()) : near;
    Diagnostic unknown =
        Diagnostic.error(origin, "unknown-key", "unknown key \"" + key + "\"" + dashed);
    return dashed.isEmpty() ? unknown.withHint(known(place.known())) : unknown;
  }

  private static String known(List<String> keys) {
    return keys.size() > 12
        ? "`jstack schema` describes them all"
        : "known here: " + String.join(", ", keys);
  }

  private static String owner(Keys.Place place, String key) {
    if (place == Keys.Place.TOP && Keys.Place.SERVICE.known().contains(key)) {
      return "to a service: services.NAME." + key;
    }
    if (place == Keys.Place.SERVICE && Keys.Place.CGROUP.known().contains(key)) {
      return "under cgroup";
    }
    if (place == Keys.Place.SERVICE && Keys.Place.ROOTFS.known().contains(key)) {
      return "under rootfs";
    }
    if (place == Keys.Place.SERVICE && key.equals("services")) {
      return "to the top level";
    }
    boolean inCgroup = place == Keys.Place.CGROUP;
    return inCgroup && Keys.Place.MEMORY.known().contains(key)
        ? key.equals("max") ? "under memory, cpu or pids" : "under memory"
        : inCgroup && key.equals("weight") ? "under cpu" : "";
  }
}
