/** What must hold between values that are each right by themselves. */
@NullMarked
package jstack.manifest.rules;

import org.jspecify.annotations.NullMarked;
