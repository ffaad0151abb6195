package jstack.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.linux.Namespace;
import jstack.program.Program;
import jstack.state.ContainerId;

/**
 * What the manifest asks for.
 *
 * @param programs the containers in the order of the file, each with all that is done to make it
 * @param needs for each service the services that have to be started first
 * @param shares for each service whose namespaces it is in, and of which kinds
 */
public record Desired(
    String project,
    Map<ContainerId, Program> programs,
    Map<String, List<String>> needs,
    Map<String, Map<String, List<Namespace>>> shares) {
  public Desired {
    shares = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(shares));
    programs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(programs));
    needs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(needs));
  }
}
