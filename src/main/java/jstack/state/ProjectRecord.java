package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is kept of a project for the verbs that come without its file: {@code down} works when the
 * manifest was edited or is gone.
 *
 * @param dependencies the services that each service needs, in the manifest's order
 * @param given the cgroup of systemd's that the project's lie in, empty where systemd is not
 */
public record ProjectRecord(String manifest, Map<String, List<String>> dependencies, String given) {
  public ProjectRecord {
    dependencies = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(dependencies));
  }

  /** Reads the record of a project; empty when there is none. */
  public static Optional<ProjectRecord> read(StateLayout layout, String project) {
    try {
      return Optional.of(
          parse(Files.readString(layout.projectRecord(project), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  public void write(StateLayout layout, String project) throws IOException {
    PrivateDirectory.make(layout.project(project));
    Path file = layout.projectRecord(project);
    byte[] text = toString().getBytes(StandardCharsets.UTF_8);
    if (!Files.exists(file) || !java.util.Arrays.equals(Files.readAllBytes(file), text)) {
      AtomicFile.write(file, text);
    }
  }

  static ProjectRecord parse(String text) {
    String manifest = "";
    String given = "";
    Map<String, List<String>> dependencies = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      int equals = line.indexOf('=');
      String key = equals < 0 ? "" : line.substring(0, equals);
      String value = line.substring(equals + 1);
      if (key.equals("manifest")) {
        manifest = value;
      } else if (key.equals("cgroup")) {
        given = value;
      } else if (key.startsWith("needs.")) {
        List<String> needs = value.isEmpty() ? List.of() : List.of(value.split(",", -1));
        dependencies.put(key.substring("needs.".length()), needs);
      }
    }
    return new ProjectRecord(manifest, dependencies, given);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder("manifest=").append(manifest).append('\n');
    dependencies.forEach(
        (service, needs) ->
            out.append("needs.")
                .append(service)
                .append('=')
                .append(String.join(",", needs))
                .append('\n'));
    if (!given.isEmpty()) {
      out.append("cgroup=").append(given).append('\n');
    }
    return out.toString();
  }
}
