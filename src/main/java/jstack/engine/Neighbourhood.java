package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Inputs;
import jstack.linux.Namespace;
import jstack.linux.NamespaceFile;
import jstack.manifest.HostPath;
import jstack.manifest.IdMap;
import jstack.manifest.Manifest;
import jstack.manifest.Mount;
import jstack.manifest.NamedNamespace;
import jstack.manifest.NamespaceSource;
import jstack.manifest.Service;
import jstack.manifest.Sharing;
import jstack.program.Surroundings;
import jstack.state.ContainerId;
import jstack.state.IdBlocks;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/** Finds for a container what it shares with others of its stack, and which ids are its own. */
final class Neighbourhood {
  private final StateLayout layout;
  private final Manifest manifest;
  private final boolean claims;
  private final IdBlocks blocks;
  private final Inputs inputs;
  private final Map<ContainerId, IdMap> found = new HashMap<>();
  private @Nullable WatchedContent watched;

  /**
   * @param claims whether blocks of user ids are taken for good, or only looked at
   * @param inputs is told of what was looked at
   */
  Neighbourhood(StateLayout layout, Manifest manifest, boolean claims, Inputs inputs) {
    this.inputs = inputs;
    this.layout = layout;
    this.manifest = manifest;
    this.claims = claims;
    this.blocks = new IdBlocks(layout);
  }

  Surroundings of(Service service, ContainerId id) {
    checkPaths(service);
    boolean attached = !service.networking().attachments().isEmpty();
    ContainerId files = filesOf(service, id);
    return new Surroundings(
        service.namespaces().isOwn(Namespace.USER) ? ids(service, id) : null,
        attached ? HostPath.of(StateLayout.NETNS.resolve(layout.networkNamespace(id))) : null,
        files == null ? null : HostPath.of(layout.hosts(files)),
        files == null ? null : HostPath.of(layout.resolvConf(files)),
        services(service),
        named(service),
        volumes(service),
        files(service, id),
        watched(service));
  }

  /** Read once for all containers; nothing at all where no mount asks for it. */
  private Map<String, String> watched(Service service) {
    boolean any =
        service.mounts().stream().anyMatch(m -> m instanceof Mount.Bind bind && bind.watched());
    if (!any) {
      return Map.of();
    }
    inputs.cannotAskAgain(); // it has a memory of its own
    WatchedContent known = watched;
    if (known == null) {
      known = new WatchedContent(layout, manifest.name(), claims);
      watched = known;
    }
    return known.of(service);
  }

  private Map<String, HostPath> files(Service service, ContainerId id) {
    boolean any = service.mounts().stream().anyMatch(Mount.File.class::isInstance);
    return any
        ? new StoredFiles(layout, claims, inputs).places(manifest, service, idsOf(service, id))
        : Map.of();
  }

  /** Of the user namespace that it is in; null when that is the machine's, or nobody knows. */
  private @Nullable IdMap idsOf(Service service, ContainerId id) {
    NamespaceSource source = service.namespaces().of(Namespace.USER);
    if (source instanceof NamespaceSource.Own) {
      return ids(service, id);
    }
    if (source instanceof NamespaceSource.OfService shared) {
      Service other = manifest.services().get(shared.service());
      return other == null ? null : idsOf(other, containerOf(other.name()));
    }
    if (source instanceof NamespaceSource.Named named) {
      NamedNamespace namespace = manifest.namespaces().get(named.name());
      ContainerId holder = containerOf(Sharing.holder(named.name()));
      IdMap written = namespace == null ? null : namespace.idMap();
      return written != null ? written : blockOf(holder);
    }
    return null;
  }

  private IdMap blockOf(ContainerId id) {
    try {
      return found(id);
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "user-ids",
          "cannot get user ids for " + id.name() + ": " + e.getMessage(),
          "check " + layout.idBlocks() + ", or write namespaces: {user: host}");
    }
  }

  private Map<String, HostPath> volumes(Service service) {
    boolean any = service.mounts().stream().anyMatch(Mount.Volume.class::isInstance);
    return any ? new Volumes(layout).places(manifest, service, claims, inputs) : Map.of();
  }

  /** What is no namespace is said before anything is made. */
  private void checkPaths(Service service) {
    List<Diagnostic> problems = new ArrayList<>();
    for (Map.Entry<Namespace, NamespaceSource> source : service.namespaces().sources().entrySet()) {
      if (source.getValue() instanceof NamespaceSource.AtPath at) {
        inputs.cannotAskAgain();
        String mounts = StackNetwork.read(Path.of("/proc/self/mountinfo"));
        String problem = NamespaceFile.problem(at.path().toPath(), source.getKey(), mounts);
        if (!problem.isEmpty()) {
          problems.add(
              Diagnostic.error(
                      service.at("namespaces." + source.getKey().key()), "no-namespace", problem)
                  .withHint("such as /proc/PID/ns/net of a process, or /run/netns/NAME"));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, problems);
    }
  }

  /**
   * Whose /etc/hosts and /etc/resolv.conf the container has: its own, or those of the owner of its
   * network; null when it has no network that names could lead to.
   */
  private @Nullable ContainerId filesOf(Service service, ContainerId id) {
    Service owner = service;
    ContainerId container = id;
    // The manifest's rules have refused circles; the count only makes that visible here.
    for (int i = 0; i <= manifest.services().size(); i++) {
      if (owner.namespaces().isHost(Namespace.NETWORK)
          || !owner.networking().attachments().isEmpty()) {
        return container;
      }
      Service next =
          owner.namespaces().service(Namespace.NETWORK).map(manifest.services()::get).orElse(null);
      if (next == null) {
        return null;
      }
      owner = next;
      container = containerOf(next.name());
    }
    return null;
  }

  private ContainerId containerOf(String service) {
    return ContainerId.of(manifest.name(), service, 1);
  }

  private IdMap ids(Service service, ContainerId id) {
    IdMap written = service.namespaces().idMap();
    if (written != null) {
      return written;
    }
    return blockOf(id);
  }

  private Map<String, HostPath> services(Service service) {
    Map<String, HostPath> places = new LinkedHashMap<>();
    for (NamespaceSource source : service.namespaces().sources().values()) {
      if (source instanceof NamespaceSource.OfService shared) {
        places.put(shared.service(), HostPath.of(layout.container(containerOf(shared.service()))));
      }
    }
    return places;
  }

  private Map<String, HostPath> named(Service service) {
    Map<String, HostPath> places = new LinkedHashMap<>();
    service
        .namespaces()
        .sources()
        .forEach(
            (kind, source) -> {
              if (source instanceof NamespaceSource.Named named) {
                places.put(named.name(), place(kind, named.name()));
              }
            });
    return places;
  }

  private HostPath place(Namespace kind, String name) {
    return kind == Namespace.NETWORK
        ? HostPath.of(
            StateLayout.NETNS.resolve(layout.namedNetworkNamespace(manifest.name(), name)))
        : HostPath.of(layout.container(containerOf(Sharing.holder(name))));
  }

  /**
   * The name of the layer in which a container writes on a rootfs: files carry the ids of those who
   * wrote them, so each mapping of ids has layers of its own.
   */
  String layer(Service service, ContainerId id, String digest) {
    String ids = owner(service, id);
    return ids.isEmpty() ? digest : digest + "-" + ids;
  }

  private String owner(Service service, ContainerId id) {
    NamespaceSource source = service.namespaces().of(Namespace.USER);
    if (source instanceof NamespaceSource.Own) {
      return text(ids(service, id));
    }
    if (source instanceof NamespaceSource.OfService shared) {
      Service other = manifest.services().get(shared.service());
      return other == null ? "" : owner(other, containerOf(other.name()));
    }
    if (source instanceof NamespaceSource.Named named) {
      NamedNamespace namespace = manifest.namespaces().get(named.name());
      IdMap written = namespace == null ? null : namespace.idMap();
      return written == null ? block(containerOf(Sharing.holder(named.name()))) : text(written);
    }
    return source instanceof NamespaceSource.AtPath at ? hash(at.path().value()) : "";
  }

  private String block(ContainerId id) {
    try {
      return text(found(id));
    } catch (IOException e) {
      return hash(id.toString());
    }
  }

  /** Looked for once. */
  private IdMap found(ContainerId id) throws IOException {
    IdMap known = found.get(id);
    if (known == null) {
      known = claims ? blocks.claim(id) : blocks.look(id);
      found.put(id, known);
      inputs.note(Inputs.Kind.LINK, blocks.claim(known).toString(), id.toString());
    }
    return known;
  }

  private static String text(IdMap ids) {
    boolean plain = ids.uids().size() == 1 && ids.uids().equals(ids.gids());
    return plain && ids.uids().get(0).inside() == 0
        ? Long.toString(ids.uids().get(0).outside())
        : hash(ids.toString());
  }

  private static String hash(String text) {
    CRC32 crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }
}
