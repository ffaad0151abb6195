package jstack.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.program.Program;
import jstack.state.ContainerId;

/**
 * What the manifest asks for.
 *
 * @param programs the containers in the order of the file, each with all that is done to make it
 * @param needs for each service the services that have to be started first
 */
public record Desired(
    String project, Map<ContainerId, Program> programs, Map<String, List<String>> needs) {
  public Desired {
    programs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(programs));
    needs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(needs));
  }
}
