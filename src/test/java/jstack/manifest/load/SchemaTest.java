package jstack.manifest.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import jstack.diag.Problems;
import jstack.manifest.fields.Keys;
import jstack.manifest.yaml.Node;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SchemaTest {
  /** Of an adversary's choice, in 64 KiB each; what follows the run decides late. */
  private static final List<String> RUNS =
      List.of(
          "a",
          "0",
          "1s",
          "1",
          "ms",
          "1.",
          ".",
          " ",
          "\t",
          "-",
          "+",
          "0,",
          "0-",
          "e",
          "/",
          "\\",
          "a.",
          "_",
          "=",
          ":",
          "1h1m1s1ms1us1ns",
          "9k",
          "x-",
          "true",
          "é",
          "{",
          "1 /");

  private static final JSONObject SCHEMA = new JSONObject(ManifestLoader.schemaText());
  private static final JSONObject POLICY =
      new JSONObject(
          new org.json.JSONTokener(
              SchemaTest.class.getResourceAsStream("/jstack-policy.schema.json")));

  private static final Map<Keys.Place, String> POINTERS =
      Map.ofEntries(
          Map.entry(Keys.Place.TOP, "#"),
          Map.entry(Keys.Place.SERVICE, "#/definitions/service"),
          Map.entry(Keys.Place.ROOTFS, "#/definitions/rootfs"),
          Map.entry(Keys.Place.ROOTFS_LIMITS, "#/definitions/rootfs/properties/limits"),
          Map.entry(Keys.Place.ROOTFS_HOST, "#/definitions/rootfs/properties/host"),
          Map.entry(Keys.Place.MOUNT, "#/definitions/mount"),
          Map.entry(Keys.Place.ENV_FILE, "#/definitions/env_file"),
          Map.entry(Keys.Place.CGROUP, "#/definitions/cgroup"),
          Map.entry(Keys.Place.MEMORY, "#/definitions/cgroup/properties/memory/anyOf/1"),
          Map.entry(Keys.Place.CPU, "#/definitions/cgroup/properties/cpu/anyOf/1"),
          Map.entry(Keys.Place.CPUSET, "#/definitions/cgroup/properties/cpuset/anyOf/1"),
          Map.entry(Keys.Place.IO, "#/definitions/cgroup/properties/io"),
          Map.entry(Keys.Place.IO_MAX, "#/definitions/io_max"),
          Map.entry(Keys.Place.BLKIO, "#/definitions/service/properties/blkio_config"),
          Map.entry(Keys.Place.BLKIO_RATE, "#/definitions/blkio_rate"),
          Map.entry(
              Keys.Place.DEPLOY_RESERVATIONS,
              "#/definitions/service/properties/deploy/properties/resources/properties/reservations"),
          Map.entry(Keys.Place.PIDS, "#/definitions/cgroup/properties/pids/anyOf/1"),
          Map.entry(Keys.Place.DEPLOY, "#/definitions/service/properties/deploy"),
          Map.entry(
              Keys.Place.DEPLOY_RESOURCES,
              "#/definitions/service/properties/deploy/properties/resources"),
          Map.entry(
              Keys.Place.DEPLOY_LIMITS,
              "#/definitions/service/properties/deploy/properties/resources/properties/limits"),
          Map.entry(
              Keys.Place.DEPENDENCY,
              "#/definitions/service/properties/depends_on/anyOf/1/additionalProperties"),
          Map.entry(Keys.Place.NAMESPACE_PATH, "#/definitions/namespace_path"),
          Map.entry(Keys.Place.NAMESPACE_USER, "#/definitions/namespace_user"),
          Map.entry(Keys.Place.NAMESPACE_TIME, "#/definitions/namespace_time"),
          Map.entry(Keys.Place.NAMED_NAMESPACE, "#/definitions/named_namespace"),
          Map.entry(Keys.Place.NETWORK, "#/definitions/network"),
          Map.entry(Keys.Place.SECRET, "#/definitions/secret"),
          Map.entry(Keys.Place.CONFIG, "#/definitions/config"),
          Map.entry(Keys.Place.FILE_REFERENCE, "#/definitions/file_reference"),
          Map.entry(Keys.Place.VOLUME, "#/definitions/volume"),
          Map.entry(Keys.Place.IPAM, "#/definitions/ipam"),
          Map.entry(Keys.Place.IPAM_CONFIG, "#/definitions/ipam_config"),
          Map.entry(Keys.Place.ATTACHMENT, "#/definitions/attachment"),
          Map.entry(Keys.Place.PORT, "#/definitions/port"),
          Map.entry(Keys.Place.EGRESS, "#/definitions/egress"),
          Map.entry(Keys.Place.POLICY, "#"),
          Map.entry(Keys.Place.POLICY_ROOTFS, "#/properties/rootfs"),
          Map.entry(Keys.Place.POLICY_MOUNTS, "#/properties/mounts"),
          Map.entry(Keys.Place.POLICY_LIMITS, "#/properties/limits"),
          Map.entry(Keys.Place.POLICY_CGROUP, "#/properties/cgroup"),
          Map.entry(Keys.Place.POLICY_NETWORKS, "#/properties/networks"),
          Map.entry(Keys.Place.POLICY_PORTS, "#/properties/ports"),
          Map.entry(Keys.Place.SECURITY, "#/definitions/service/properties/security"),
          Map.entry(Keys.Place.INCLUDE, "#/definitions/include"),
          Map.entry(Keys.Place.EXTENDS, "#/definitions/extends"),
          Map.entry(Keys.Place.TRIGGERS, "#/definitions/service/properties/triggers"),
          Map.entry(Keys.Place.EXPECT, "#/definitions/service/properties/expect"),
          Map.entry(Keys.Place.HEALTHCHECK, "#/definitions/healthcheck"),
          Map.entry(Keys.Place.HOOK, "#/definitions/hook"),
          Map.entry(
              Keys.Place.RESTART_POLICY,
              "#/definitions/service/properties/deploy/properties/restart_policy"),
          Map.entry(Keys.Place.LOGGING, "#/definitions/service/properties/logging"),
          Map.entry(
              Keys.Place.LOGGING_OPTIONS,
              "#/definitions/service/properties/logging/properties/options"));

  @ParameterizedTest
  @EnumSource(Keys.Place.class)
  void theBinderKnowsTheKeysOfTheSchemaAndNoOthers(Keys.Place place) {
    JSONObject schema = place.name().startsWith("POLICY") ? POLICY : SCHEMA;
    JSONObject object = (JSONObject) schema.query(POINTERS.get(place));
    assertThat(new TreeSet<>(place.known()))
        .isEqualTo(new TreeSet<>(object.getJSONObject("properties").keySet()));
    assertThat(object.get("additionalProperties")).isEqualTo(false);
    assertThat(object.has("patternProperties")).isEqualTo(place.isExtensible());
  }

  @Test
  void everyKeySaysWhatItIsAndWhatAChangeOfItDoes() {
    List<String> wrong = new ArrayList<>();
    int seen = check("#", SCHEMA, wrong) + check("policy#", POLICY, wrong);
    assertThat(wrong).isEmpty();
    assertThat(seen).isGreaterThan(70);
  }

  private static int check(String path, Object schema, List<String> wrong) {
    int seen = 0;
    if (schema instanceof JSONArray array) {
      for (int i = 0; i < array.length(); i++) {
        seen += check(path + "/" + i, array.get(i), wrong);
      }
    } else if (schema instanceof JSONObject object) {
      JSONObject properties = object.optJSONObject("properties");
      for (String key : properties == null ? List.<String>of() : List.copyOf(properties.keySet())) {
        JSONObject property = properties.getJSONObject(key);
        boolean described = property.optString("description").length() > 8;
        boolean classed =
            List.of("live", "restart", "recreate", "rootfs", "none")
                .contains(property.optString("x-change"));
        if (!described || !classed) {
          wrong.add(path + "/" + key);
        }
        seen++;
      }
      for (String key : object.keySet()) {
        seen += check(path + "/" + key, object.get(key), wrong);
      }
    }
    return seen;
  }

  @Test
  void theSchemaAcceptsGoodManifests() {
    for (String text : Manifests.GOOD) {
      assertThat(SchemaCheck.findings(Manifests.bind(text).tree())).isEmpty();
    }
  }

  @Test
  void aFindingIsMovedToTheKey() {
    Node.Mapping tree =
        Manifests.bind("services: {web: {rootfs: x, command: y, wrong: 1, mounts: [5]}}").tree();
    assertThat(SchemaCheck.findings(tree))
        .extracting(SchemaCheck.Finding::path)
        .contains("services.web.wrong", "services.web.mounts[0]");
  }

  @Test
  void whatOnlyTheSchemaRefusesIsStillRefused() {
    Problems problems = new Problems();
    Node.Mapping tree = Manifests.bind("services: {web: {rootfs: x, wrong: 1}}").tree();
    SchemaCheck.check(tree, "m.yaml", problems);
    assertThat(problems.errors())
        .extracting(d -> d.origin().keyPath() + "@" + d.origin().column())
        .contains("services.web.wrong@36");
  }

  /** For 64 KiB: a pattern that tries again from each place would take seconds. */
  private static final long MOST_MILLIS = 100;

  @Test
  void noPatternIsSlowOrDeepOnALongText() {
    TreeSet<String> patterns = new TreeSet<>();
    collectPatterns(SCHEMA, patterns);
    assertThat(patterns).hasSizeGreaterThan(15);
    for (String pattern : patterns) {
      java.util.regex.Pattern compiled = java.util.regex.Pattern.compile(pattern);
      for (String run : RUNS) {
        for (String end : List.of("", "!", " ", "\n", "s", "b")) {
          String text = run.repeat((64 << 10) / run.length()) + end;
          assertThat(fastest(compiled, text))
              .as(pattern + " on " + run + end)
              .isLessThan(MOST_MILLIS);
        }
      }
    }
  }

  @Test
  void theSchemaIsNotAskedAboutTextsLongerThanFourKibibytes() {
    for (String value : List.of("1s".repeat(40_000), "a".repeat(100_000), "0,".repeat(40_000))) {
      for (String key : List.of("stop_grace_period", "shm_size", "cpuset", "umask", "cpus")) {
        String manifest =
            "services:\n  a: {rootfs: /r.tar, command: x, " + key + ": \"" + value + "\"}\n";
        Manifests.Outcome outcome = Manifests.bind(manifest);
        assertThat(outcome.errors()).as(key).hasSize(1);
        assertThat(SchemaCheck.findings(outcome.tree())).as(key).isEmpty();
      }
    }
  }

  /** In milliseconds; once is not enough where others use the processor, too. */
  /** Milliseconds of the processor, which others do not count in. */
  private static long fastest(java.util.regex.Pattern pattern, String text) {
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 3 && best >= MOST_MILLIS; i++) {
      long start = clock.getCurrentThreadCpuTime();
      pattern.matcher(text).find();
      best = Math.min(best, (clock.getCurrentThreadCpuTime() - start) / 1_000_000);
    }
    return best;
  }

  private static void collectPatterns(Object node, TreeSet<String> into) {
    if (node instanceof JSONArray list) {
      list.forEach(item -> collectPatterns(item, into));
    } else if (node instanceof JSONObject object) {
      for (String key : object.keySet()) {
        Object value = object.get(key);
        if (key.equals("pattern") && value instanceof String pattern) {
          into.add(pattern);
        } else if (key.equals("patternProperties")) {
          into.addAll(((JSONObject) value).keySet());
        }
        collectPatterns(value, into);
      }
    }
  }
}
