package jstack.manifest;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which manifest to load, and what it may know.
 *
 * @param file the manifest as the user named it; null looks for one here and above; {@code -} is
 *     standard input
 * @param projectName from the command line; null takes the manifest's or the folder's
 * @param envFiles instead of {@code .env} beside the manifest; later ones win
 * @param environment the caller's variables, which win over all files
 * @param purpose how thoroughly to judge
 * @param cpusOnline 0 when not known
 * @param topology which processors and memory nodes there are
 */
public record LoadRequest(
    @Nullable Path file,
    Path workingDirectory,
    @Nullable String projectName,
    List<Path> envFiles,
    Map<String, String> environment,
    Purpose purpose,
    int cpusOnline,
    Topology topology) {

  /** What the manifest is loaded for. */
  public enum Purpose {
    /** To start something: the files of this machine that it names must be there. */
    RUN,
    /** As RUN, and the JSON Schema is asked too: for {@code validate} and {@code config}. */
    VALIDATE,
    /** To stop or look at something: a bind source that has gone is no reason not to. */
    STOP
  }

  public LoadRequest {
    envFiles = List.copyOf(envFiles);
    environment = Map.copyOf(environment);
  }

  /** A request to RUN, on a machine with any number of processors. */
  public LoadRequest(
      @Nullable Path file,
      Path workingDirectory,
      @Nullable String projectName,
      List<Path> envFiles,
      Map<String, String> environment) {
    this(
        file,
        workingDirectory,
        projectName,
        envFiles,
        environment,
        Purpose.RUN,
        0,
        Topology.UNKNOWN);
  }

  public LoadRequest withPurpose(Purpose other) {
    return new LoadRequest(
        file, workingDirectory, projectName, envFiles, environment, other, cpusOnline, topology);
  }

  public LoadRequest withCpusOnline(int cpus) {
    return new LoadRequest(
        file, workingDirectory, projectName, envFiles, environment, purpose, cpus, topology);
  }

  public LoadRequest withTopology(Topology machine) {
    return new LoadRequest(
        file, workingDirectory, projectName, envFiles, environment, purpose, cpusOnline, machine);
  }
}
