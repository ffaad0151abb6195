package jstack.manifest.bind;

import java.util.Map;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.manifest.HostPath;
import jstack.manifest.LockFile;
import jstack.manifest.ProfileMemory;
import jstack.manifest.Topology;
import jstack.manifest.fields.Values;
import jstack.manifest.files.HostFiles;
import jstack.manifest.files.HostPlaces;
import jstack.manifest.files.ReadableFile;
import jstack.manifest.policy.HeldPolicy;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * What every binder needs.
 *
 * @param directory relative host paths begin here
 * @param variables for ${...} inside env files
 * @param cpusOnline 0 when not known
 * @param topology which processors and memory nodes there are
 * @param places where mounts open walls; null for verbs that only stop or show what runs
 * @param folders where relative host paths of further files begin, by their names
 * @param origins filled with the places of values that were written under another key
 * @param lock what the urls are pinned to
 * @param policy which files may be read
 * @param profiles which seccomp profiles need not be read
 */
public record BindContext(
    Problems problems,
    HostPath directory,
    HostFiles files,
    Map<String, String> variables,
    int cpusOnline,
    Topology topology,
    @Nullable HostPlaces places,
    Map<String, Origin> origins,
    Map<String, HostPath> folders,
    LockFile lock,
    HeldPolicy policy,
    ProfileMemory profiles) {
  /** Of a manifest in one file. */
  public BindContext(
      Problems problems,
      HostPath directory,
      HostFiles files,
      Map<String, String> variables,
      int cpusOnline,
      Topology topology,
      @Nullable HostPlaces places,
      Map<String, Origin> origins) {
    this(
        problems,
        directory,
        files,
        variables,
        cpusOnline,
        topology,
        places,
        origins,
        Map.of(),
        LockFile.NONE,
        HeldPolicy.NONE,
        ProfileMemory.NONE);
  }

  /** A file that a node names, if it may be read; null when it may not, which has been said. */
  @Nullable ReadableFile mayRead(HostPath file, Node node, String path) {
    return policy.mayRead(file.toPath(), directory, node.origin().withKeyPath(path), problems);
  }

  Values values() {
    return new Values(problems, directory, folders);
  }

  /** Where relative paths of the file that a node was written in begin. */
  HostPath folder(Node node) {
    return folders.getOrDefault(node.origin().file(), directory);
  }
}
