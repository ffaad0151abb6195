package jstack.rootfs;

import jstack.manifest.HostPath;

/**
 * A tree that is ready to be mounted, and that nobody writes to.
 *
 * @param digest names its content: of the archive, of a jail's parts, or of a directory's place
 */
public record PreparedRootfs(HostPath directory, String digest) {}
