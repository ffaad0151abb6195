/** Which keys a mapping may have, and what may be written as their values. */
@NullMarked
package jstack.manifest.fields;

import org.jspecify.annotations.NullMarked;
