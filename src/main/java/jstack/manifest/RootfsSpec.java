package jstack.manifest;

import java.net.URI;
import java.util.List;
import jstack.diag.Origin;
import org.jspecify.annotations.Nullable;

/**
 * Where a service's files come from.
 *
 * <pre>
 * rootfs: {url: "https://example.org/rootfs.tar.gz", sha256: "9f86..."}
 * rootfs: ./rootfs.tar.xz
 * rootfs: {host: {binaries: [/bin/bash]}}
 * </pre>
 */
public sealed interface RootfsSpec {
  RootfsMode mode();

  Origin origin();

  /**
   * A tarball to fetch (http, https, file), known by the digest of the archive when it is given.
   */
  record Url(
      URI url,
      @Nullable Sha256 sha256,
      int stripComponents,
      RootfsLimits limits,
      PullPolicy pullPolicy,
      RootfsMode mode,
      Origin origin)
      implements RootfsSpec {}

  /**
   * A tarball or a directory of this machine.
   *
   * @param real the path without links, as it was judged and as it will be used
   */
  record Local(
      HostPath path,
      HostPath real,
      @Nullable Sha256 sha256,
      int stripComponents,
      RootfsLimits limits,
      RootfsMode mode,
      Origin origin)
      implements RootfsSpec {}

  /** A jail made from this machine's own programs and the libraries that they need. */
  record Host(
      List<HostPath> binaries,
      List<HostPath> files,
      List<HostPath> directories,
      RootfsMode mode,
      Origin origin)
      implements RootfsSpec {
    public Host {
      binaries = List.copyOf(binaries);
      files = List.copyOf(files);
      directories = List.copyOf(directories);
    }
  }

  /**
   * The tree of the mount namespace that the service joins: nothing is mounted, and what the host
   * or another container has is what this one sees.
   */
  record Shared(Origin origin) implements RootfsSpec {
    @Override
    public RootfsMode mode() {
      return RootfsMode.READONLY; // no layer of its own
    }
  }
}
