/** A checked manifest as a tree again, for config. */
@NullMarked
package jstack.manifest.print;

import org.jspecify.annotations.NullMarked;
