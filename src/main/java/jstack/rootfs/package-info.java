/** A spec to a directory that may be mounted. */
@NullMarked
package jstack.rootfs;

import org.jspecify.annotations.NullMarked;
