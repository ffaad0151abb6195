/** Text to nodes that know their place: YAML, the variables in it, and files of variables. */
@NullMarked
package jstack.manifest.yaml;

import org.jspecify.annotations.NullMarked;
