package jstack.program;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All networks of a stack: what is made for them, and the /etc/hosts of each container.
 *
 * @param parts in the order in which they are made
 * @param hosts the text of /etc/hosts, by container
 */
public record NetworkProgram(List<NetworkPart> parts, Map<String, String> hosts) {
  public static final NetworkProgram EMPTY = new NetworkProgram(List.of(), Map.of());

  public NetworkProgram {
    parts = List.copyOf(parts);
    hosts = Collections.unmodifiableMap(new LinkedHashMap<>(hosts));
  }

  public Optional<NetworkPart> find(NetworkPart.Kind kind, String name) {
    for (NetworkPart part : parts) {
      if (part.kind() == kind && part.name().equals(name)) {
        return Optional.of(part);
      }
    }
    return Optional.empty();
  }
}
