/** What the kernel calls things, and the few calls that Java makes itself. */
@NullMarked
package jstack.linux;

import org.jspecify.annotations.NullMarked;
