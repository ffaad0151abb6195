package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.diag.Origin;
import jstack.linux.SmallFile;
import jstack.manifest.Condition;
import jstack.manifest.Dependency;

/**
 * What is kept of a project for the verbs that come without its file: {@code down} works when the
 * manifest was edited or is gone, and {@code start} waits for what the last up waited for.
 *
 * <pre>
 * manifest=/srv/demo/jstack.yaml
 * needs.web=db,cache
 * after.web=db service_healthy restart required    12  7  2  services.web.depends_on.db  jstack.yaml
 * once=migrate
 * </pre>
 *
 * @param needs what has to hold before each service starts, in the manifest's order
 * @param once the services that run to completion
 * @param given the cgroup of systemd's that the project's lie in, empty where systemd is not
 */
public record ProjectRecord(
    String manifest, Map<String, List<Dependency>> needs, Set<String> once, String given) {
  private static final String RESTART = "restart";
  private static final String REQUIRED = "required";

  public ProjectRecord {
    needs = Collections.unmodifiableMap(new LinkedHashMap<>(needs));
    once = Collections.unmodifiableSet(new LinkedHashSet<>(once));
  }

  /** The services that each service needs. */
  public Map<String, List<String>> dependencies() {
    Map<String, List<String>> names = new LinkedHashMap<>();
    needs.forEach(
        (service, all) -> names.put(service, all.stream().map(Dependency::service).toList()));
    return names;
  }

  /** Reads the record of a project; empty when there is none. */
  public static Optional<ProjectRecord> read(StateLayout layout, String project) {
    try {
      Path file = layout.projectRecord(project);
      SmallFile.requireFile(file);
      return Optional.of(parse(Files.readString(file, StandardCharsets.UTF_8)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  public void write(StateLayout layout, String project) throws IOException {
    PrivateDirectory.make(layout.project(project));
    Path file = layout.projectRecord(project);
    byte[] text = toString().getBytes(StandardCharsets.UTF_8);
    if (!Files.isRegularFile(file) || !java.util.Arrays.equals(Files.readAllBytes(file), text)) {
      AtomicFile.write(file, text);
    }
  }

  static ProjectRecord parse(String text) {
    String manifest = "";
    String given = "";
    Map<String, List<Dependency>> needs = new LinkedHashMap<>();
    Set<String> once = new LinkedHashSet<>();
    for (String line : text.split("\n", -1)) {
      int equals = line.indexOf('=');
      String key = equals < 0 ? "" : line.substring(0, equals);
      String value = line.substring(equals + 1);
      if (key.equals("manifest")) {
        manifest = value;
      } else if (key.equals("cgroup")) {
        given = value;
      } else if (key.equals("once")) {
        once.addAll(List.of(value.split(",", -1)));
      } else if (key.startsWith("needs.")) {
        List<Dependency> plain = new ArrayList<>();
        for (String name : value.isEmpty() ? new String[0] : value.split(",", -1)) {
          plain.add(new Dependency(name, Origin.NONE));
        }
        needs.put(key.substring("needs.".length()), plain);
      } else if (key.startsWith("after.")) {
        after(needs.getOrDefault(key.substring("after.".length()), new ArrayList<>()), value);
      }
    }
    return new ProjectRecord(manifest, needs, once, given);
  }

  /** In the place of the plain one; a line that says nothing leaves that. */
  private static void after(List<Dependency> needs, String text) {
    int tab = text.indexOf('\t');
    List<String> words = List.of(text.substring(0, Math.max(tab, 0)).split(" ", -1));
    for (int i = 0; i < needs.size() && words.size() > 1; i++) {
      for (Condition condition : Condition.values()) {
        if (needs.get(i).service().equals(words.get(0))
            && condition.toString().equals(words.get(1))) {
          needs.set(
              i,
              new Dependency(
                  words.get(0),
                  condition,
                  words.contains(RESTART),
                  words.contains(REQUIRED),
                  origin(text.substring(tab + 1))));
        }
      }
    }
  }

  private static Origin origin(String text) {
    try {
      return Origin.parse(text);
    } catch (IllegalArgumentException e) {
      return Origin.NONE; // of another version
    }
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder("manifest=").append(oneLine(manifest)).append('\n');
    dependencies()
        .forEach(
            (service, names) ->
                out.append("needs.")
                    .append(service)
                    .append('=')
                    .append(String.join(",", names))
                    .append('\n'));
    needs.forEach(
        (service, all) ->
            all.forEach(
                need -> out.append("after.").append(service).append('=').append(line(need))));
    if (!once.isEmpty()) {
      out.append("once=").append(String.join(",", once)).append('\n');
    }
    if (!given.isEmpty()) {
      out.append("cgroup=").append(given).append('\n');
    }
    return out.toString();
  }

  /** Of a folder or a file whose name would be lines of its own. */
  private static String oneLine(String text) {
    return text.replace('\n', '\uFFFD').replace('\r', '\uFFFD');
  }

  private static String line(Dependency need) {
    String flags = (need.restart() ? " " + RESTART : "") + (need.required() ? " " + REQUIRED : "");
    return need.service()
        + " "
        + need.condition()
        + flags
        + "\t"
        + oneLine(need.origin().toString())
        + "\n";
  }
}
