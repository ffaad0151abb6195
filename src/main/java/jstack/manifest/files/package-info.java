/** The machine's files as a manifest sees them: which may be read, how, and what they open. */
@NullMarked
package jstack.manifest.files;

import org.jspecify.annotations.NullMarked;
