/** From a file's name to a whole, checked manifest: it finds, reads, puts together and judges. */
@NullMarked
package jstack.manifest.load;

import org.jspecify.annotations.NullMarked;
