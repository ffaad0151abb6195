/** Actions to effects; decides nothing. */
@NullMarked
package jstack.engine;

import org.jspecify.annotations.NullMarked;
