package jstack.manifest;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Words of the user's own about a service. Nothing of the container depends on them.
 *
 * <pre>
 * labels: {tier: front}
 * annotations: [owner=web-team]
 * </pre>
 *
 * @param labels what {@code ps --filter label=NAME=VALUE} finds
 * @param annotations what is only shown
 */
public record Labels(Map<String, String> labels, Map<String, String> annotations) {
  public static final Labels NONE = new Labels(Map.of(), Map.of());

  public Labels {
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
  }
}
