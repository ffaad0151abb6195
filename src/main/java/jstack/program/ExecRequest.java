package jstack.program;

import java.util.List;
import java.util.Map;
import jstack.manifest.ContainerPath;
import org.jspecify.annotations.Nullable;

/**
 * One more command for a container that runs; null means as the service has it.
 *
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
    boolean stdin) {
  public ExecRequest {
    command = List.copyOf(command);
    environment = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(environment));
  }
}
