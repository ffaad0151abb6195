package jstack.program;

import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.linux.Namespace;
import jstack.manifest.ContainerPath;
import org.jspecify.annotations.Nullable;

/**
 * One more command for a container that runs; null means as the service has it.
 *
 * @param namespaces those that are joined; empty is all, and the container's walls with them
 * @param cgroups where that process is, as /proc/PID/cgroup says; empty when nobody looked
 * @param pid the container's first process, and when it started: it must still be that one
 */
public record ExecRequest(
    long pid,
    long startTime,
    List<String> command,
    Map<String, String> environment,
    @Nullable String user,
    @Nullable ContainerPath workingDir,
    boolean terminal,
    boolean stdin,
    Set<Namespace> namespaces,
    String cgroups) {
  public ExecRequest {
    namespaces = Set.copyOf(namespaces);
    command = List.copyOf(command);
    environment = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(environment));
  }
}
