package jstack.manifest;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import jstack.linux.Namespace;
import org.jspecify.annotations.Nullable;

/**
 * Which namespaces a container is in; see namespaces(7).
 *
 * @param sources one for each kind
 * @param idMap what the manifest says about a user namespace of its own; null leaves it a block of
 *     the pool
 * @param timeOffsets of a time namespace of its own
 */
public record Namespaces(
    Map<Namespace, NamespaceSource> sources,
    @Nullable IdMap idMap,
    @Nullable TimeOffsets timeOffsets) {

  /** What every service has that says nothing: all but the clock's. */
  public static final Namespaces DEFAULT = new Namespaces(Map.of(), null, null);

  public Namespaces {
    Map<Namespace, NamespaceSource> all = new EnumMap<>(Namespace.class);
    for (Namespace namespace : Namespace.values()) {
      NamespaceSource fallback =
          namespace == Namespace.TIME ? NamespaceSource.HOST : NamespaceSource.OWN;
      all.put(namespace, sources.getOrDefault(namespace, fallback));
    }
    sources = Collections.unmodifiableMap(all);
  }

  public NamespaceSource of(Namespace namespace) {
    return sources.getOrDefault(namespace, NamespaceSource.HOST);
  }

  public boolean isOwn(Namespace namespace) {
    return of(namespace) instanceof NamespaceSource.Own;
  }

  public boolean isHost(Namespace namespace) {
    return of(namespace) instanceof NamespaceSource.Host;
  }

  /** The service whose namespace of that kind is shared. */
  public Optional<String> service(Namespace namespace) {
    return of(namespace) instanceof NamespaceSource.OfService shared
        ? Optional.of(shared.service())
        : Optional.empty();
  }
}
