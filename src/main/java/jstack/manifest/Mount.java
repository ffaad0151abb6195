package jstack.manifest;

import jstack.diag.Origin;
import org.jspecify.annotations.Nullable;

/**
 * Something to be seen inside a container at a path of its own.
 *
 * <pre>
 * mounts:
 *   - ./site:/www:ro
 *   - data:/data
 *   - {type: tmpfs, target: /tmp, size: 64m}
 * </pre>
 */
public sealed interface Mount {
  ContainerPath target();

  boolean readOnly();

  Origin origin();

  /**
   * A file or directory of the host; {@code readOnly} covers everything mounted below it.
   *
   * @param real the source without links, as it was judged and as it will be opened
   * @param watched whether other content of it is a change
   */
  record Bind(
      HostPath source,
      HostPath real,
      ContainerPath target,
      boolean readOnly,
      boolean recursive,
      Propagation propagation,
      boolean createHostPath,
      boolean watched,
      Origin origin)
      implements Mount {}

  /**
   * A volume of the top level.
   *
   * @param volume what the manifest calls it
   */
  record Volume(String volume, ContainerPath target, boolean readOnly, Origin origin)
      implements Mount {}

  /**
   * A secret or a config of the top level, always read-only.
   *
   * @param source what the manifest calls it
   * @param uid of the container, as {@code gid}
   * @param owner a user by name, and perhaps a group, whose it is instead; empty for numbers
   */
  record File(
      FileObject.Kind kind,
      String source,
      ContainerPath target,
      long uid,
      long gid,
      int mode,
      String owner,
      Origin origin)
      implements Mount {
    /** Where secrets lie, on a file system in memory. */
    public static final String SECRETS = "/run/secrets";

    @Override
    public boolean readOnly() {
      return true;
    }
  }

  /** A file system in memory; {@code size} null means the kernel's default of half the memory. */
  record Tmpfs(
      ContainerPath target, boolean readOnly, @Nullable ByteSize size, int mode, Origin origin)
      implements Mount {}
}
