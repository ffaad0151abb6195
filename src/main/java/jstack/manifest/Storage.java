package jstack.manifest;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a stack keeps, and services mount by name. */
public record Storage(Map<String, VolumeSpec> volumes) {
  public static final Storage NONE = new Storage(Map.of());

  public Storage {
    volumes = Collections.unmodifiableMap(new LinkedHashMap<>(volumes));
  }
}
