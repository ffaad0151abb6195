package jstack.manifest;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import jstack.diag.Origin;

/**
 * A folder that jstack keeps for a stack and that outlives its containers.
 *
 * <pre>
 * volumes:
 *   data:                                  # kept as PROJECT_data
 *   shared: {external: true, name: media}  # made and removed by others
 * </pre>
 *
 * @param key what services call it
 * @param name what it is called on this machine: one for all projects
 * @param external whether it belongs to somebody else, who makes and removes it
 */
public record VolumeSpec(
    String key, String name, boolean external, Map<String, String> labels, Origin origin) {
  public VolumeSpec {
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
  }
}
