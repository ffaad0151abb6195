/** Desired and observed to actions; pure. */
@NullMarked
package jstack.plan;

import org.jspecify.annotations.NullMarked;
