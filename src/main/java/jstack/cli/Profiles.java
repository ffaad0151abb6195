package jstack.cli;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.diag.Suggestion;
import jstack.manifest.Dependency;
import jstack.manifest.Manifest;
import jstack.manifest.Service;
import jstack.manifest.Sharing;

/**
 * Which services a verb is about: those that were named, or all that are no jobs and whose profile
 * is on; and what they depend on. As in Compose, who is named has its profiles on.
 */
final class Profiles {
  private static final String ALL = "*";

  private final Manifest manifest;
  private final List<String> on;

  /**
   * @param on the profiles that the user turned on
   */
  Profiles(Manifest manifest, List<String> on) {
    this.manifest = manifest;
    this.on = on;
  }

  /**
   * The same for every verb that can be given a profile, whether it makes a difference to it or
   * not.
   *
   * @throws DiagnosticException when there is no such profile
   */
  static void check(Manifest manifest, List<String> on) {
    Set<String> known = new TreeSet<>();
    manifest.services().values().forEach(service -> known.addAll(service.role().profiles()));
    for (String profile : on) {
      if (!profile.equals(ALL) && !known.contains(profile)) {
        throw new DiagnosticException(
            Failure.USAGE,
            Diagnostic.error(
                    Origin.NONE,
                    "unknown-profile",
                    "no profile " + profile + Suggestion.among(profile, known))
                .withHint(
                    known.isEmpty()
                        ? "no service of the manifest has profiles"
                        : "the profiles are " + String.join(", ", known)));
      }
    }
  }

  /** Whether all services are meant when none is named, and so nobody has to be told apart. */
  boolean areAllOn() {
    return manifest.services().values().stream()
        .allMatch(service -> !service.role().isJob() && isOn(service, Set.of()));
  }

  /** Those that nobody has to name, and the holders of namespaces. */
  Set<String> usual() {
    Set<String> usual = new LinkedHashSet<>();
    Sharing.holders(manifest).forEach(holder -> usual.add(holder.name()));
    for (Service service : manifest.services().values()) {
      if (!service.role().isJob() && isOn(service, Set.of())) {
        usual.add(service.name());
      }
    }
    return usual;
  }

  private boolean isOn(Service service, Set<String> more) {
    List<String> own = service.role().profiles();
    return own.isEmpty()
        || on.contains(ALL)
        || own.stream().anyMatch(profile -> on.contains(profile) || more.contains(profile));
  }

  /**
   * Services with all that they depend on.
   *
   * @throws DiagnosticException when they need one whose profile is not on
   */
  Set<String> withDependencies(Set<String> named) {
    Set<String> more = new LinkedHashSet<>();
    for (String name : named) {
      Service service = manifest.services().get(name);
      if (service != null) {
        more.addAll(service.role().profiles());
      }
    }
    Set<String> all = new LinkedHashSet<>(named);
    List<Diagnostic> off = new ArrayList<>();
    Deque<String> left = new ArrayDeque<>(named);
    while (!left.isEmpty()) {
      Service service = manifest.services().get(left.remove());
      if (service == null) {
        continue; // a holder, which needs nobody
      }
      Set<String> owners = Sharing.needs(service);
      for (String owner : owners) {
        if (all.add(owner)) {
          left.add(owner);
        }
      }
      for (Dependency dependency : service.dependsOn()) {
        Service other = manifest.services().get(dependency.service());
        if (other == null || all.contains(other.name())) {
          continue;
        }
        if (isOn(other, more)) {
          all.add(other.name());
          left.add(other.name());
        } else if (dependency.required()) {
          off.add(off(service, dependency, other));
        }
      }
    }
    if (!off.isEmpty()) {
      throw new DiagnosticException(Failure.USAGE, off);
    }
    return all;
  }

  private static Diagnostic off(Service service, Dependency dependency, Service other) {
    String profile = other.role().profiles().get(0);
    return Diagnostic.error(
            dependency.origin(),
            "profile-off",
            service.name() + " depends on " + other.name() + ", whose profile is not on")
        .withHint("jstack --profile " + profile + ", or required: false");
  }
}
