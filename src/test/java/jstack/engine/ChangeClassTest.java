package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import jstack.diag.DiagnosticException;
import jstack.manifest.load.LoadRequest;
import jstack.plan.Action;
import jstack.plan.Plan;
import jstack.program.ChangeClass;
import jstack.state.RunState;
import org.json.JSONArray;
import org.json.JSONObject;
import org.json.JSONTokener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an edit of each key of the schema costs: the schema says it, and the plan has to agree. The
 * edits are in golden/plan/change-classes.txt.
 */
class ChangeClassTest {
  private static final Path EDITS = Path.of("src/test/resources/golden/plan/change-classes.txt");

  /**
   * Another name is another stack, and what a service is made of has keys of its own. Which disk a
   * path leads to only a machine with two of them can tell.
   */
  private static final Set<String> NO_EDITS =
      Set.of(
          "name",
          "services",
          "io_max.device",
          "blkio_rate.path",
          // How many containers there are is no change of any of them.
          "jobs",
          "service.scale",
          "service.deploy.replicas",
          "service.profiles",
          "service.triggers",
          "service.triggers.manual",
          // What these bring in has classes of its own.
          "defaults",
          "include",
          "include.env_file",
          "include.path",
          "include.project_directory",
          "service.extends",
          "extends.file",
          "extends.service",
          // What these hold is not in a manifest; VolumeScenario and SecretScenario change it.
          "volumes",
          "volume.driver",
          "volume.external",
          "volume.labels",
          "volume.name",
          "secrets",
          "secret.environment",
          "secret.file",
          "secret.labels",
          "configs",
          "config.content",
          "config.environment",
          "config.file",
          "config.labels",
          "service.secrets",
          "service.configs",
          "file_reference.gid",
          "file_reference.mode",
          "file_reference.source",
          "file_reference.target",
          "file_reference.uid");

  /** A disk that need not be there. */
  private static final String DISK = "/dev/disk";

  private static final String NETWORKS =
      "networks: {default: {}, six: {subnet: 10.201.1.0/24, ipv6: true, subnet6:"
          + " \"fd00:5::/64\"}}\n";

  @TempDir private @Nullable Path folder;

  /** One row of the file. */
  private record Edit(String key, String before, String after) {}

  @Test
  void thePlanSaysOfEveryKeyWhatTheSchemaSays() throws IOException {
    Map<String, String> classes = classesOfTheSchema();
    Map<String, Edit> edits = edits();
    assertThat(edits.keySet()).isEqualTo(new TreeSet<>(classes.keySet()));
    assertThat(edits).hasSizeGreaterThan(150);
    write("a.env", "A=1\n");
    write("b.env", "A=2\n");
    for (String archive : List.of("a.tar", "b.tar", "db.tar", "rootfs.tar")) {
      write(archive, "");
    }
    Files.createDirectory(folder().resolve("a"));
    Files.createDirectory(folder().resolve("b"));
    Map<String, String> wrong = new TreeMap<>();
    for (Edit edit : edits.values()) {
      String expected = classes.getOrDefault(edit.key(), "");
      String planned;
      try {
        planned = planned(edit);
      } catch (DiagnosticException e) {
        planned = e.diagnostics().toString();
      }
      if (!planned.startsWith(expected + " ")) {
        wrong.put(edit.key(), expected + ", but the plan says " + planned);
      }
    }
    assertThat(wrong).isEmpty();
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder().resolve(name), text);
  }

  private Path folder() {
    return java.util.Objects.requireNonNull(folder);
  }

  private static Map<String, Edit> edits() throws IOException {
    Map<String, Edit> edits = new TreeMap<>();
    for (String line : Files.readAllLines(EDITS)) {
      if (!line.startsWith("#")) {
        String[] parts = line.replace("| |", "|  |").split(" \\| ?", -1);
        assertThat(parts).as(line).hasSize(3);
        edits.put(parts[0], new Edit(parts[0], parts[1].strip(), parts[2].strip()));
      }
    }
    return edits;
  }

  private static Map<String, String> classesOfTheSchema() throws IOException {
    try (InputStream schema = ChangeClassTest.class.getResourceAsStream("/jstack.schema.json")) {
      Map<String, String> classes = new TreeMap<>();
      collect("", new JSONObject(new JSONTokener(schema)), classes);
      classes.keySet().removeAll(NO_EDITS);
      return classes;
    }
  }

  /** Keys without the words of JSON Schema in between. */
  private static void collect(String path, @Nullable Object schema, Map<String, String> classes) {
    if (schema instanceof JSONArray array) {
      array.forEach(each -> collect(path, each, classes));
    } else if (schema instanceof JSONObject object) {
      if (object.has("x-change")) {
        classes.put(path, object.getString("x-change"));
      }
      for (String word : List.of("anyOf", "items", "additionalProperties")) {
        collect(path, object.opt(word), classes);
      }
      for (String word : List.of("properties", "definitions")) {
        JSONObject named = object.optJSONObject(word);
        for (String key : named == null ? Set.<String>of() : named.keySet()) {
          collect(path.isEmpty() ? key : path + "." + key, named.get(key), classes);
        }
      }
    }
  }

  /** The class that the plan says, and its causes. */
  private String planned(Edit edit) throws IOException {
    StackFixture before = stack(edit.before());
    Plan plan = stack(edit.after()).planAfter(before, RunState.RUNNING);
    ChangeClass dearest = ChangeClass.NONE;
    StringBuilder causes = new StringBuilder();
    for (Action action : plan.changes()) {
      assertThat(action.causes()).isNotEmpty();
      dearest = dearest.and(action.changeClass());
      causes.append(action.id()).append(action.causes());
    }
    if (!plan.network().isEmpty() || !plan.limits().isEmpty()) {
      dearest = dearest.and(ChangeClass.LIVE);
    }
    return dearest + " " + causes + plan.network() + plan.limits().causes();
  }

  private StackFixture stack(String fragment) throws IOException {
    boolean v1 = fragment.startsWith("v1:");
    String text = text(v1 ? fragment.substring(3).strip() : fragment);
    write("jstack.yaml", text.replace("/srv/", folder() + "/"));
    return new StackFixture(
        folder(), fragment.contains(DISK) ? LoadRequest.Purpose.STOP : LoadRequest.Purpose.RUN, v1);
  }

  private static String text(String fragment) {
    boolean top = fragment.startsWith("top:");
    String keys = top ? fragment.substring(4).strip() : "";
    String own = top ? "" : fragment;
    own = own.startsWith("{") ? own.substring(1, own.length() - 1) : own;
    String rootfs = own.contains("rootfs:") ? "" : "rootfs: /srv/rootfs.tar, ";
    String command = own.startsWith("command:") ? "" : "command: [/bin/app], ";
    String uses =
        keys.contains("mail:")
            ? keys.contains("uts") ? "namespaces: {uts: mail}" : "namespaces: {ipc: mail}"
            : keys.contains("ids: {type")
                ? "namespaces: {user: ids}"
                : keys.contains("clock:") ? "namespaces: {time: clock}" : "";
    String networks = keys.contains("networks:") ? "" : NETWORKS;
    return "name: demo\n"
        + (keys.isEmpty() ? "" : keys + "\n")
        + networks
        + "services:\n  web: {"
        + rootfs
        + command
        + (own.isEmpty() ? uses : own)
        + "}\n  db: {rootfs: /srv/db.tar, command: [/bin/db]}\n";
  }
}
