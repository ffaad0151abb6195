/** argv in, text and exit code out. */
@NullMarked
package jstack.cli;

import org.jspecify.annotations.NullMarked;
