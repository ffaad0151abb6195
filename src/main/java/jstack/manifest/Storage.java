package jstack.manifest;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a stack keeps and hands to services, and they mount by name. */
public record Storage(
    Map<String, VolumeSpec> volumes,
    Map<String, FileObject> secrets,
    Map<String, FileObject> configs) {
  public static final Storage NONE = new Storage(Map.of(), Map.of(), Map.of());

  public Storage {
    volumes = Collections.unmodifiableMap(new LinkedHashMap<>(volumes));
    secrets = Collections.unmodifiableMap(new LinkedHashMap<>(secrets));
    configs = Collections.unmodifiableMap(new LinkedHashMap<>(configs));
  }

  /** All of one kind, by name. */
  public Map<String, FileObject> files(FileObject.Kind kind) {
    return kind == FileObject.Kind.SECRET ? secrets : configs;
  }
}
