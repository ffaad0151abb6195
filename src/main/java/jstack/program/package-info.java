/** Model to instructions; pure. */
@NullMarked
package jstack.program;

import org.jspecify.annotations.NullMarked;
