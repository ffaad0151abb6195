package jstack.manifest.load;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jstack.manifest.HostPath;
import jstack.manifest.ProfileMemory;
import jstack.manifest.Topology;
import jstack.manifest.files.HostPlaces;
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
 * @param state the directories of jstack's own
 * @param policy what the manifest is held against, as the user named it; null is nothing
 * @param locking what the lock beside the manifest counts for
 * @param profiles which seccomp profiles need not be read
 */
public record LoadRequest(
    @Nullable Path file,
    Path workingDirectory,
    @Nullable String projectName,
    List<Path> envFiles,
    Map<String, String> environment,
    Purpose purpose,
    int cpusOnline,
    Topology topology,
    List<HostPath> state,
    @Nullable Path policy,
    Locking locking,
    ProfileMemory profiles) {

  /** What the manifest is loaded for. */
  public enum Purpose {
    /** To start something: the files of this machine that it names must be there. */
    RUN,
    /** As RUN, and the JSON Schema is asked too: for {@code validate} and {@code config}. */
    VALIDATE,
    /** To stop or look at something: a bind source that has gone is no reason not to. */
    STOP
  }

  /** What {@code jstack.lock} counts for. */
  public enum Locking {
    /** A url that it has is pinned to it. */
    PINNED,
    /** And one that it does not have is an error: {@code up --locked}. */
    REQUIRED,
    /** Nothing, since it is about to be written or compared. */
    IGNORED
  }

  public LoadRequest {
    envFiles = List.copyOf(envFiles);
    environment = Map.copyOf(environment);
    state = List.copyOf(state);
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
        Topology.UNKNOWN,
        HostPlaces.USUAL_STATE,
        null,
        Locking.PINNED,
        ProfileMemory.NONE);
  }

  public LoadRequest withPurpose(Purpose other) {
    return with(other, cpusOnline, topology, state, policy, locking, profiles);
  }

  public LoadRequest withCpusOnline(int cpus) {
    return with(purpose, cpus, topology, state, policy, locking, profiles);
  }

  public LoadRequest withTopology(Topology machine) {
    return with(purpose, cpusOnline, machine, state, policy, locking, profiles);
  }

  /** With directories of jstack's own that are elsewhere; those of the FHS are always ones. */
  public LoadRequest withState(List<HostPath> directories) {
    List<HostPath> all = new ArrayList<>(HostPlaces.USUAL_STATE);
    all.addAll(directories);
    return with(purpose, cpusOnline, topology, all, policy, locking, profiles);
  }

  public LoadRequest withPolicy(@Nullable Path other) {
    return with(purpose, cpusOnline, topology, state, other, locking, profiles);
  }

  public LoadRequest withLocking(Locking other) {
    return with(purpose, cpusOnline, topology, state, policy, other, profiles);
  }

  public LoadRequest withProfiles(ProfileMemory known) {
    return with(purpose, cpusOnline, topology, state, policy, locking, known);
  }

  private LoadRequest with(
      Purpose toDo,
      int cpus,
      Topology machine,
      List<HostPath> directories,
      @Nullable Path rules,
      Locking locks,
      ProfileMemory known) {
    return new LoadRequest(
        file,
        workingDirectory,
        projectName,
        envFiles,
        environment,
        toDo,
        cpus,
        machine,
        directories,
        rules,
        locks,
        known);
  }
}
