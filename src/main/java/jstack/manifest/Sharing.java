package jstack.manifest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.linux.Namespace;

/** Whose namespaces a service shares, and who therefore has to be there before it. */
public final class Sharing {
  private Sharing() {}

  /**
   * The service that holds a named namespace: one without a command, under a name that no service
   * of a user can have.
   */
  public static String holder(String namespace) {
    return "@" + namespace;
  }

  public static boolean isHolder(String service) {
    return service.startsWith("@");
  }

  /** For each owner the kinds that are shared with it, in the order of the kinds. */
  public static Map<String, List<Namespace>> owners(Service service) {
    Map<String, List<Namespace>> owners = new LinkedHashMap<>();
    for (Map.Entry<Namespace, NamespaceSource> entry : service.namespaces().sources().entrySet()) {
      NamespaceSource source = entry.getValue();
      String owner = "";
      if (source instanceof NamespaceSource.OfService shared) {
        owner = shared.service();
      } else if (source instanceof NamespaceSource.Named named
          && entry.getKey() != Namespace.NETWORK) {
        owner = holder(named.name());
      }
      if (!owner.isEmpty()) {
        owners.computeIfAbsent(owner, key -> new ArrayList<>()).add(entry.getKey());
      }
    }
    return owners;
  }

  /** The services that have to run before this one can share their namespaces. */
  public static Set<String> needs(Service service) {
    return owners(service).keySet();
  }

  /** The services that share namespaces of the given ones, or of those who do. */
  public static Set<String> sharers(Manifest manifest, Set<String> services) {
    Set<String> sharers = new LinkedHashSet<>();
    boolean more = true;
    while (more) {
      more = false;
      for (Service service : manifest.services().values()) {
        for (String owner : needs(service)) {
          boolean shares = services.contains(owner) || sharers.contains(owner);
          more |= shares && !services.contains(service.name()) && sharers.add(service.name());
        }
      }
    }
    return sharers;
  }

  /** Those of the manifest's namespaces that need a process to hold them; networks do not. */
  public static List<Service> holders(Manifest manifest) {
    List<Service> holders = new ArrayList<>();
    for (NamedNamespace namespace : manifest.namespaces().values()) {
      if (namespace.type() != Namespace.NETWORK) {
        holders.add(holder(namespace));
      }
    }
    return holders;
  }

  private static Service holder(NamedNamespace namespace) {
    Map<Namespace, NamespaceSource> sources = new LinkedHashMap<>();
    for (Namespace each : Namespace.values()) {
      sources.put(each, each == namespace.type() ? NamespaceSource.OWN : NamespaceSource.HOST);
    }
    String name = holder(namespace.name());
    Resources limits = Resources.of(MemoryLimits.NONE, CpuLimits.NONE, 8L);
    return new Service(
        name,
        new RootfsSpec.Shared(namespace.origin()),
        List.of(),
        List.of(),
        ContainerPath.ROOT,
        Map.of(),
        "0:0",
        List.of(),
        0022,
        namespace.name(),
        null,
        new Namespaces(sources, namespace.idMap(), namespace.timeOffsets()),
        Networking.NONE,
        List.of(),
        new ByteSize(0),
        false,
        false,
        false,
        new Seccomp.Default(),
        limits,
        List.of(),
        jstack.linux.Signal.KILL,
        java.time.Duration.ZERO,
        Logging.DEFAULT,
        Expect.NONE,
        Security.DEFAULT,
        Lifecycle.NONE,
        new Origins(namespace.origin().file(), Map.of("services." + name, namespace.origin())),
        Role.SERVICE,
        Labels.NONE);
  }
}
