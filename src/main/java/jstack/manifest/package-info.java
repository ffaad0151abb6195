/** Text to model. */
@NullMarked
package jstack.manifest;

import org.jspecify.annotations.NullMarked;
