package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.linux.SmallFile;

/**
 * Whose a volume is, as it is written down beside what is in it.
 *
 * @param project that made it and may remove it; empty when a person did
 * @param key what the manifest calls it; empty likewise
 * @param created when it was made, as in ISO 8601
 */
public record VolumeRecord(String project, String key, String created, Map<String, String> labels) {
  public VolumeRecord {
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
  }

  /** Empty when there is no such volume, or when nobody wrote down whose it is. */
  public static Optional<VolumeRecord> read(StateLayout layout, String name) throws IOException {
    try {
      Path file = layout.volumeRecord(name);
      SmallFile.requireFile(file);
      return Optional.of(parse(Files.readString(file, StandardCharsets.UTF_8)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** The names of all volumes of this machine, in order. */
  public static List<String> names(StateLayout layout) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(layout.volumes())) {
      for (Path entry : entries) {
        Path name = entry.getFileName();
        if (name != null && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          names.add(name.toString());
        }
      }
    } catch (NoSuchFileException e) {
      return names;
    }
    Collections.sort(names);
    return names;
  }

  /** On disk when this returns. */
  public void write(StateLayout layout, String name) throws IOException {
    AtomicFile.writeDurably(layout.volumeRecord(name), toString().getBytes(StandardCharsets.UTF_8));
  }

  static VolumeRecord parse(String text) {
    Map<String, String> labels = new LinkedHashMap<>();
    Map<String, String> fields = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      boolean label = line.startsWith("label.");
      String rest = label ? line.substring("label.".length()) : line;
      int equals = rest.indexOf('=');
      if (equals > 0) {
        (label ? labels : fields).put(rest.substring(0, equals), rest.substring(equals + 1));
      }
    }
    return new VolumeRecord(
        fields.getOrDefault("project", ""),
        fields.getOrDefault("key", ""),
        fields.getOrDefault("created", ""),
        labels);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    out.append("project=").append(project).append('\n');
    out.append("key=").append(key).append('\n');
    out.append("created=").append(created).append('\n');
    labels.forEach((name, value) -> out.append("label." + name + "=" + value + "\n"));
    return out.toString();
  }
}
