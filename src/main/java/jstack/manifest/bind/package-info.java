/** Nodes to values, key by key, each with its line. */
@NullMarked
package jstack.manifest.bind;

import org.jspecify.annotations.NullMarked;
