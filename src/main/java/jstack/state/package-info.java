/** What is on disk and what the machine says. */
@NullMarked
package jstack.state;

import org.jspecify.annotations.NullMarked;
