package jstack.manifest.rules;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.Suggestion;
import jstack.linux.Namespace;
import jstack.manifest.Dependency;
import jstack.manifest.IdMap;
import jstack.manifest.Mount;
import jstack.manifest.NamedNamespace;
import jstack.manifest.NamespaceSource;
import jstack.manifest.Service;
import org.jspecify.annotations.Nullable;

/** What has to hold between services that share namespaces, and of the named ones. */
public final class SharingRules {
  private final Problems problems;
  private final Map<String, NamedNamespace> named;

  public SharingRules(Problems problems, Map<String, NamedNamespace> named) {
    this.problems = problems;
    this.named = named;
  }

  public void check(Map<String, Service> services, List<String> names) {
    for (Service service : services.values()) {
      for (Map.Entry<Namespace, NamespaceSource> each : service.namespaces().sources().entrySet()) {
        if (!(each.getValue() instanceof NamespaceSource.Own)) {
          check(service, each.getKey(), each.getValue(), names);
        }
      }
      ids(service, services);
      delegated(service, services);
    }
    noCircles(services);
  }

  private void check(Service service, Namespace kind, NamespaceSource source, List<String> names) {
    if (source instanceof NamespaceSource.OfService shared) {
      Origin at = service.at("namespaces." + kind.key());
      String name = shared.service();
      if (name.equals(service.name())) {
        problems.error(at, "cycle", "a service cannot share its own namespace");
      } else if (!names.contains(name)) {
        problems.error(
            at,
            "unknown-service",
            "no service \"" + name + "\"" + Suggestion.among(name, names),
            "services: " + String.join(", ", names));
      }
    } else if (source instanceof NamespaceSource.Named word) {
      named(service.at("namespaces." + kind.key()), kind, word.name());
    }
  }

  private void named(Origin at, Namespace kind, String name) {
    NamedNamespace namespace = named.get(name);
    if (namespace == null) {
      List<String> known = new ArrayList<>(List.of("new", "host"));
      known.addAll(named.keySet());
      problems.error(
          at,
          "unknown-namespace",
          "no namespace \"" + name + "\"" + Suggestion.among(name, known),
          "write new, host, service:NAME or {path: ...}, or declare it at the top: namespaces: {"
              + name
              + ": "
              + kind
              + "}");
    } else if (namespace.type() != kind) {
      problems.error(
          at,
          "namespace-kind",
          "\""
              + name
              + "\" is a namespace of the kind "
              + namespace.type()
              + " (line "
              + namespace.origin().line()
              + "), not "
              + kind);
    }
  }

  /** Numbers that the container's user namespace does not have. */
  private void ids(Service service, Map<String, Service> services) {
    IdMap map = mapOf(service, services, 0);
    if (map == null || !IdMap.has(map.uids(), 0) || !IdMap.has(map.gids(), 0)) {
      return; // or a map that was refused itself
    }
    String user = service.user();
    int colon = user.indexOf(':');
    id(service, "user", colon < 0 ? user : user.substring(0, colon), map.uids());
    id(service, "user", colon < 0 ? "0" : user.substring(colon + 1), map.gids());
    for (int i = 0; i < service.groupAdd().size(); i++) {
      id(service, "group_add[" + i + "]", service.groupAdd().get(i), map.gids());
    }
    for (Mount mount : service.mounts()) {
      if (mount instanceof Mount.File file && file.owner().isEmpty()) {
        String key = file.origin().keyPath().substring(service.path().length() + 1);
        // The service's own user was looked at above.
        if (!isUser(service, file)) {
          id(service, key + ".uid", Long.toString(file.uid()), map.uids());
          id(service, key + ".gid", Long.toString(file.gid()), map.gids());
        }
      }
    }
  }

  /** The files of its limits are the machine's root's, and nothing else keeps it from them. */
  private void delegated(Service service, Map<String, Service> services) {
    if (service.cgroup().delegate() && mapOf(service, services, 0) == null) {
      problems.error(
          service.at("cgroup.delegate"),
          "conflict",
          "the machine's root could raise its own limits",
          "delegate to a service with a user namespace of its own, which is the default");
    }
  }

  private static boolean isUser(Service service, Mount.File file) {
    String both = file.uid() + ":" + file.gid();
    return service.user().equals(both) || (service.user() + ":0").equals(both);
  }

  /** Null where nobody can tell: the machine's ids, or those of a namespace by its path. */
  private @Nullable IdMap mapOf(Service service, Map<String, Service> services, int depth) {
    NamespaceSource source = service.namespaces().of(Namespace.USER);
    if (source instanceof NamespaceSource.Own) {
      IdMap written = service.namespaces().idMap();
      return written == null ? IdMap.block(0, IdMap.BLOCK) : written;
    }
    if (source instanceof NamespaceSource.Named name && named.containsKey(name.name())) {
      NamedNamespace namespace = named.get(name.name());
      IdMap written = namespace == null ? null : namespace.idMap();
      return written == null ? IdMap.block(0, IdMap.BLOCK) : written;
    }
    Service owner =
        source instanceof NamespaceSource.OfService shared ? services.get(shared.service()) : null;
    // Circles are another rule's to refuse.
    return owner == null || depth > services.size() ? null : mapOf(owner, services, depth + 1);
  }

  private void id(Service service, String key, String text, List<IdMap.Range> ranges) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return; // a name of the container's own /etc/passwd
      }
    }
    if (text.isEmpty() || text.length() > 10 || IdMap.has(ranges, Long.parseLong(text))) {
      return;
    }
    StringBuilder has = new StringBuilder();
    for (IdMap.Range range : ranges) {
      has.append(has.isEmpty() ? "" : ", ");
      has.append(range.inside()).append(" to ").append(range.inside() + range.count() - 1);
    }
    problems.error(
        service.at(key),
        "id",
        "id " + text + " is not in the container's user namespace, which has " + has,
        "take another, write a uid_map that has it, or namespaces: {user: host}");
  }

  /** Says each circle once, at the line that closes it. */
  private void noCircles(Map<String, Service> services) {
    Set<String> finished = new HashSet<>();
    for (String name : services.keySet()) {
      walk(name, services, new ArrayList<>(), finished);
    }
  }

  private void walk(
      String name, Map<String, Service> services, List<Next> way, Set<String> finished) {
    Service service = services.get(name);
    if (service == null || finished.contains(name)) {
      return;
    }
    for (Next next : next(service)) {
      int start = start(way, next.service());
      way.add(next);
      if (start < 0 && !next.service().equals(name)) {
        walk(next.service(), services, way, finished);
      } else if (start >= 0) {
        circle(way.subList(start, way.size()));
      }
      way.remove(way.size() - 1);
    }
    finished.add(name);
  }

  /** Where the way has left a service before; -1 when it has not. */
  private static int start(List<Next> way, String service) {
    for (int i = 0; i < way.size(); i++) {
      if (way.get(i).from().equals(service)) {
        return i;
      }
    }
    return -1;
  }

  private void circle(List<Next> circle) {
    boolean shares = false;
    StringBuilder names = new StringBuilder(circle.get(0).from());
    for (Next next : circle) {
      shares |= next.shares();
      names.append(" -> ").append(next.service());
    }
    if (shares) { // a circle of dependencies alone is said elsewhere
      problems.error(
          circle.get(circle.size() - 1).origin(),
          "cycle",
          "services wait for each other in a circle: " + names,
          "each has to start before the one that shares its namespaces or depends on it");
    }
  }

  private record Next(String from, String service, boolean shares, Origin origin) {}

  /** Whom it shares with, and, since those have to start first, too, whom it depends on. */
  private static List<Next> next(Service service) {
    List<Next> next = new ArrayList<>();
    service
        .namespaces()
        .sources()
        .forEach(
            (kind, source) -> {
              if (source instanceof NamespaceSource.OfService shared) {
                String at = "namespaces." + kind.key();
                next.add(new Next(service.name(), shared.service(), true, service.at(at)));
              }
            });
    for (Dependency dependency : service.dependsOn()) {
      next.add(new Next(service.name(), dependency.service(), false, dependency.origin()));
    }
    return next;
  }
}
