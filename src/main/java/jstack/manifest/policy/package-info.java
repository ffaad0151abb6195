/** What the owner of a machine allows manifests of others. */
@NullMarked
package jstack.manifest.policy;

import org.jspecify.annotations.NullMarked;
