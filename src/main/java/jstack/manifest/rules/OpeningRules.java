package jstack.manifest.rules;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.linux.Capability;
import jstack.linux.Namespace;
import jstack.manifest.FileObject;
import jstack.manifest.HostPath;
import jstack.manifest.Mount;
import jstack.manifest.NamespaceSource;
import jstack.manifest.Opened;
import jstack.manifest.Opening;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Seccomp;
import jstack.manifest.Security;
import jstack.manifest.Service;
import jstack.manifest.Storage;
import jstack.manifest.files.HostFiles;
import jstack.manifest.files.HostPlaces;

/** Holds what services open against what they say may be open, and notes what is. */
public final class OpeningRules {
  private final Problems problems;
  private final HostFiles files;
  private final HostPlaces places;
  private final Map<String, Service> services;
  private final Storage storage;

  public OpeningRules(
      Problems problems,
      HostFiles files,
      HostPlaces places,
      Map<String, Service> services,
      Storage storage) {
    this.storage = storage;
    this.problems = problems;
    this.files = files;
    this.places = places;
    this.services = services;
  }

  /** Every service afterwards knows what it opens. */
  public void check() {
    for (Map.Entry<String, Service> entry : services.entrySet()) {
      Service service = entry.getValue();
      List<Opened> open = opened(service);
      judge(service, open);
      entry.setValue(service.withSecurity(service.security().withOpen(open)));
    }
  }

  private List<Opened> opened(Service service) {
    List<Opened> open = new ArrayList<>();
    if (!isWrong(service.path() + ".namespaces")) {
      for (Namespace kind : Namespace.values()) {
        namespace(service, kind, open);
      }
    }
    rootfs(service, open);
    for (Mount mount : service.mounts()) {
      if (mount instanceof Mount.Bind bind) {
        path(bind.real(), bind.origin(), open);
      } else if (mount instanceof Mount.File file) {
        FileObject object = storage.files(file.kind()).get(file.source());
        if (object != null && object.source() instanceof FileObject.Source.OfFile of) {
          path(of.real(), file.origin(), open);
        }
      }
    }
    if (service.security().privileged()) {
      open.add(new Opened(Opening.PRIVILEGED, service.at("privileged")));
    } else {
      process(service, open);
    }
    return open;
  }

  /** What a privileged one has anyway. */
  private static void process(Service service, List<Opened> open) {
    if (service.security().newPrivileges()) {
      Origin at = service.at("security_opt." + Security.NO_NEW_PRIVILEGES);
      open.add(new Opened(Opening.NEW_PRIVILEGES, at));
    }
    if (service.seccomp() instanceof Seccomp.Unconfined) {
      open.add(new Opened(Opening.SECCOMP_UNCONFINED, service.at("security_opt")));
    }
    capabilities(service, open);
  }

  /** Whether something was said of a key already: a misspelt word opens nothing on purpose. */
  private boolean isWrong(String path) {
    for (Diagnostic error : problems.errors()) {
      if (error.origin().keyPath().startsWith(path)) {
        return true;
      }
    }
    return false;
  }

  /** What a neighbour has that is the machine's, is the machine's here, too. */
  private void namespace(Service service, Namespace kind, List<Opened> open) {
    Service owner = service;
    NamespaceSource source = owner.namespaces().of(kind);
    if (source instanceof NamespaceSource.Own) {
      return; // nearly always
    }
    Origin at = service.at("namespaces." + kind.key());
    for (int i = 0; source instanceof NamespaceSource.OfService shared; i++) {
      owner = services.get(shared.service());
      if (owner == null || i > services.size()) {
        return; // said elsewhere
      }
      source = owner.namespaces().of(kind);
    }
    Opening host = Opening.of(kind);
    boolean foreign = source instanceof NamespaceSource.AtPath;
    boolean isHost =
        source instanceof NamespaceSource.Host
            || (source instanceof NamespaceSource.AtPath path && files.isOwn(path.path(), kind));
    if (foreign) {
      open.add(new Opened(Opening.NAMESPACE_PATH, at));
    }
    boolean joins = kind == Namespace.MOUNT && !owner.name().equals(service.name());
    if (joins && owner.security().privileged() && !service.security().privileged()) {
      open.add(new Opened(Opening.PRIVILEGED, at)); // its files are not masked, nor its devices
    }
    if (host != null && isHost) {
      open.add(new Opened(host, at));
    }
  }

  /**
   * A directory of the machine as a root, and what of it a jail copies. An archive is read, too:
   * the kernel's log would be one that never ends.
   */
  private void rootfs(Service service, List<Opened> open) {
    if (service.rootfs() instanceof RootfsSpec.Local local) {
      if (files.kind(local.path()) == HostFiles.Kind.DIRECTORY) {
        path(local.real(), local.origin(), open);
      } else {
        archive(local.real(), local.origin(), open);
      }
    } else if (service.rootfs() instanceof RootfsSpec.Url url
        && "file".equalsIgnoreCase(url.url().getScheme())) {
      archive(files.real(new HostPath(url.url().getPath())), url.origin(), open);
    } else if (service.rootfs() instanceof RootfsSpec.Host host) {
      for (HostPath directory : host.directories()) {
        path(files.real(directory), service.at("rootfs.host.directories"), open);
      }
    }
  }

  private void archive(HostPath real, Origin at, List<Opened> open) {
    for (Opening opening : places.opens(real)) {
      if (opening == Opening.MOUNT_PROC || opening == Opening.MOUNT_SYS) {
        open.add(new Opened(opening, at));
      }
    }
  }

  private void path(HostPath real, Origin at, List<Opened> open) {
    for (Opening opening : places.opens(real)) {
      open.add(new Opened(opening, at));
    }
  }

  private static void capabilities(Service service, List<Opened> open) {
    Origin at = service.at("cap_add");
    Set<Capability> has = service.security().capabilities();
    if (has.size() == Capability.values().length) {
      open.add(new Opened(Opening.CAP_ALL, at));
      return;
    }
    long mask = Capability.mask(has);
    if (mask == Capability.USUAL) {
      return; // none of them opens anything
    }
    for (Capability capability : Capability.of(mask)) { // in the kernel's order
      Opening opening = Opening.of(capability);
      if (opening != null) {
        open.add(new Opened(opening, service.at("cap_add." + capability)));
      }
    }
  }

  private void judge(Service service, List<Opened> open) {
    List<Opening> allow = service.security().allow();
    Map<Origin, List<Opening>> missing = new LinkedHashMap<>();
    List<Opening> used = new ArrayList<>();
    for (Opened each : open) {
      used.add(each.opening());
      if (!allow.contains(each.opening())) {
        List<Opening> here =
            missing.computeIfAbsent(line(each.origin(), missing), key -> new ArrayList<>());
        if (!here.contains(each.opening())) {
          here.add(each.opening());
        }
      }
    }
    for (Map.Entry<Origin, List<Opening>> entry : missing.entrySet()) {
      refuse(service, entry.getKey(), entry.getValue());
    }
    for (int i = 0; i < allow.size(); i++) {
      if (!used.contains(allow.get(i))) {
        problems.warning(
            service.at("security.allow[" + i + "]"),
            "unused-opening",
            "nothing of this service needs " + allow.get(i));
      }
    }
  }

  /** What one word of the manifest opens is said once, as with a list that leaves kinds out. */
  private static Origin line(Origin origin, Map<Origin, List<Opening>> said) {
    for (Origin known : said.keySet()) {
      if (known.isKnown() && known.place().equals(origin.place())) {
        return known;
      }
    }
    return origin;
  }

  private void refuse(Service service, Origin at, List<Opening> openings) {
    StringBuilder words = new StringBuilder();
    List<String> details = new ArrayList<>();
    for (Opening opening : openings) {
      words.append(words.isEmpty() ? "" : ", ").append(opening.word());
      details.add(opening.word() + ": " + opening.means());
    }
    boolean listed = !service.security().allow().isEmpty();
    String hint =
        listed
            ? "if that is meant, add "
                + words
                + " to security.allow (line "
                + service.at("security.allow").line()
                + ")"
            : "if that is meant, write security: {allow: [" + words + "]} in " + service.name();
    problems.add(
        Diagnostic.error(at, "opening", "opens a wall, and `security.allow` does not name it")
            .withDetails(details)
            .withHint(hint));
  }
}
