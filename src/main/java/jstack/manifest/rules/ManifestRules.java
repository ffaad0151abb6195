package jstack.manifest.rules;

import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.Suggestion;
import jstack.manifest.Condition;
import jstack.manifest.Dependency;
import jstack.manifest.Mount;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Service;
import jstack.manifest.yaml.Node;

/** What has to hold between keys and between services. */
public final class ManifestRules {
  private final Problems problems;

  public ManifestRules(Problems problems) {
    this.problems = problems;
  }

  /** {@code declared} has the broken services too, so that nobody is told that one is missing. */
  public void check(Map<String, Service> services, Node.Mapping declared) {
    List<String> names = new ArrayList<>();
    for (Node.Entry entry : declared.entries()) {
      names.add(entry.key().text());
    }
    for (Service service : services.values()) {
      distinctTargets(service);
      knownDependencies(service, names);
      healthIsChecked(service, declared);
    }
    noCycles(services);
    oneDigestPerUrl(services);
  }

  private void distinctTargets(Service service) {
    Map<String, Origin> first = new HashMap<>();
    for (Mount mount : service.mounts()) {
      Origin before = first.putIfAbsent(mount.target().value(), mount.origin());
      if (before != null) {
        String place = before.line() + ":" + before.column();
        problems.error(
            mount.origin(),
            "same-target",
            mount.target() + " is mounted twice, first at line " + place);
      }
    }
  }

  private void knownDependencies(Service service, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (Dependency dependency : service.dependsOn()) {
      String name = dependency.service();
      if (name.equals(service.name())) {
        problems.error(dependency.origin(), "cycle", "a service cannot depend on itself");
      } else if (!names.contains(name) && !dependency.required()) {
        problems.warning(
            dependency.origin(),
            "unknown-service",
            "no service \"" + name + "\", which is not required" + Suggestion.among(name, names));
      } else if (!names.contains(name)) {
        problems.error(
            dependency.origin(),
            "unknown-service",
            "no service \"" + name + "\"" + Suggestion.among(name, names),
            "services: " + String.join(", ", names));
      } else if (!seen.add(name)) {
        problems.error(dependency.origin(), "duplicate", "\"" + name + "\" is listed twice");
      }
    }
  }

  /** Nobody ever becomes healthy whose health is not looked at. */
  private void healthIsChecked(Service service, Node.Mapping declared) {
    for (Dependency dependency : service.dependsOn()) {
      Node.Entry other = declared.find(dependency.service());
      if (dependency.condition() == Condition.HEALTHY
          && other != null
          && other.value() instanceof Node.Mapping keys
          && !isChecked(keys)) {
        problems.error(
            service.at("depends_on." + dependency.service() + ".condition"),
            "no-healthcheck",
            dependency.service() + " has no healthcheck, so it never becomes healthy",
            "give it a healthcheck: {test: [...]}, or wait for service_started");
      }
    }
  }

  private static boolean isChecked(Node.Mapping service) {
    Node.Entry check = service.find("healthcheck");
    if (check == null || !(check.value() instanceof Node.Mapping keys)) {
      return check != null; // what is wrong with it has been said
    }
    Node.Entry disabled = keys.find("disable");
    return disabled == null
        || !(disabled.value() instanceof Node.Scalar scalar && scalar.text().equals("true"));
  }

  /** Says each cycle once, at the dependency that closes it. */
  private void noCycles(Map<String, Service> services) {
    Set<String> finished = new HashSet<>();
    for (String name : services.keySet()) {
      walk(name, services, new ArrayList<>(), finished);
    }
  }

  private void walk(
      String name, Map<String, Service> services, List<String> way, Set<String> finished) {
    Service service = services.get(name);
    if (service == null || finished.contains(name)) {
      return;
    }
    way.add(name);
    for (Dependency dependency : service.dependsOn()) {
      String next = dependency.service();
      int start = way.indexOf(next);
      if (start >= 0 && !next.equals(name)) {
        List<String> cycle = new ArrayList<>(way.subList(start, way.size()));
        cycle.add(next);
        problems.error(
            dependency.origin(),
            "cycle",
            "services depend on each other in a circle: " + String.join(" -> ", cycle));
      } else if (start < 0) {
        walk(next, services, way, finished);
      }
    }
    way.remove(way.size() - 1);
    finished.add(name);
  }

  private void oneDigestPerUrl(Map<String, Service> services) {
    Map<URI, RootfsSpec.Url> first = new HashMap<>();
    for (Service service : services.values()) {
      if (service.rootfs() instanceof RootfsSpec.Url url && url.sha256() != null) {
        RootfsSpec.Url before = first.putIfAbsent(url.url(), url);
        if (before != null && !url.sha256().equals(before.sha256())) {
          Origin origin = before.origin();
          problems.error(
              service.at("rootfs.sha256"),
              "two-digests",
              "another sha256 for the same URL than at line " + origin.line());
        }
      }
    }
  }
}
