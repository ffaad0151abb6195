package jstack.program;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.linux.Namespace;
import jstack.manifest.ContainerPath;
import jstack.manifest.Expect;
import jstack.manifest.NamespaceSource;
import jstack.manifest.Namespaces;
import jstack.manifest.Networking;
import jstack.manifest.Service;
import org.jspecify.annotations.Nullable;

/**
 * What {@code jstack run} says differently from the manifest; null and empty mean as the service
 * has it.
 */
public record RunOverrides(
    List<String> command,
    Map<String, String> environment,
    @Nullable String user,
    @Nullable ContainerPath workingDir,
    boolean terminal,
    @Nullable String share,
    Set<Namespace> kinds) {
  public RunOverrides {
    kinds = Set.copyOf(kinds);
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }

  /** The service with the changes: a terminal as the caller has one, and stdin open. */
  public Service apply(Service s) {
    Map<String, String> merged = new LinkedHashMap<>(s.environment());
    merged.putAll(environment);
    return new Service(
        s.name(),
        s.rootfs(),
        s.entrypoint(),
        command.isEmpty() ? s.command() : command,
        workingDir == null ? s.workingDir() : workingDir,
        merged,
        user == null ? s.user() : user,
        s.groupAdd(),
        s.umask(),
        s.hostname(),
        s.domainname(),
        namespaces(s.namespaces()),
        share != null && kinds.contains(Namespace.NETWORK) ? Networking.NONE : s.networking(),
        s.mounts(),
        s.shmSize(),
        s.readOnly(),
        terminal,
        true,
        s.seccomp(),
        s.cgroup(),
        s.dependsOn(),
        s.stopSignal(),
        s.stopGracePeriod(),
        s.logging(),
        command.isEmpty() ? s.expect() : Expect.NONE, // of the service's own command
        s.security(),
        command.isEmpty() ? s.lifecycle() : s.lifecycle().ofOneCall(),
        s.origins(),
        s.role(),
        s.labels());
  }

  private Namespaces namespaces(Namespaces own) {
    String owner = share;
    if (owner == null) {
      return own;
    }
    Map<Namespace, NamespaceSource> sources = new LinkedHashMap<>(own.sources());
    kinds.forEach(kind -> sources.put(kind, new NamespaceSource.OfService(owner)));
    return new Namespaces(sources, own.idMap(), own.timeOffsets());
  }
}
