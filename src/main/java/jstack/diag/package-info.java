/** How anything is said to the user. */
@NullMarked
package jstack.diag;

import org.jspecify.annotations.NullMarked;
