package jstack.manifest.rules;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.linux.Namespace;
import jstack.manifest.Attachment;
import jstack.manifest.Manifest;
import jstack.manifest.Networking;
import jstack.manifest.Service;
import jstack.manifest.Sharing;

/** What several containers of one service cannot all have. */
public final class ScaleRules {
  public static final int MOST = 1000;

  private final Problems problems;

  public ScaleRules(Problems problems) {
    this.problems = problems;
  }

  public void check(Map<String, Service> services) {
    for (Service service : services.values()) {
      for (Map.Entry<String, List<Namespace>> owner : Sharing.owners(service).entrySet()) {
        Service other = services.get(owner.getKey());
        if (other != null && other.role().scale() != 1) {
          problems.error(
              service.at("namespaces"),
              "scale",
              other.name()
                  + " has "
                  + other.role().scale()
                  + " containers: whose "
                  + owner.getValue().get(0).key()
                  + " namespace is meant?",
              "share with a service of one container");
        }
      }
      if (service.role().scale() > 1) {
        several(service);
      }
    }
  }

  private void several(Service service) {
    Networking networking = service.networking();
    if (!networking.ports().isEmpty()) {
      onlyOne(service, networking.ports().get(0).origin(), "a port of the machine leads to one");
    }
    for (Attachment attachment : networking.attachments()) {
      if (attachment.address() != null || attachment.address6() != null) {
        onlyOne(service, attachment.origin(), "an address belongs to one");
      }
      if (attachment.mac() != null) {
        onlyOne(service, attachment.origin(), "a MAC address belongs to one");
      }
    }
  }

  private void onlyOne(Service service, Origin origin, String what) {
    problems.error(
        origin,
        "scale",
        what + ", and " + service.name() + " has " + service.role().scale() + " containers",
        "remove one of both");
  }

  /**
   * A manifest with other numbers of containers.
   *
   * @param scales by service; the names are known
   * @throws DiagnosticException when a service cannot have so many
   */
  public static Manifest scaled(Manifest manifest, Map<String, Integer> scales) {
    Map<String, Service> services = new LinkedHashMap<>(manifest.services());
    scales.forEach(
        (name, scale) ->
            services.computeIfPresent(
                name, (key, service) -> service.withRole(service.role().withScale(scale))));
    Problems problems = new Problems();
    new ScaleRules(problems).check(services);
    for (String name : scales.keySet()) {
      Service service = services.get(name);
      int scale = scales.getOrDefault(name, 1);
      boolean isJob = service != null && service.role().isJob();
      if (scale < 0 || scale > MOST || (scale != 1 && isJob)) {
        String most = isJob ? "a job has one container" : "at most " + MOST;
        throw new DiagnosticException(
            Failure.USAGE,
            Diagnostic.error(Origin.NONE, "usage", "--scale " + name + "=" + scale + ": " + most));
      }
    }
    problems.throwIfAny();
    return manifest.withServices(services);
  }
}
