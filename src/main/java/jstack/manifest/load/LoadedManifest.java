package jstack.manifest.load;

import java.util.List;
import jstack.diag.Diagnostic;
import jstack.manifest.Manifest;
import jstack.manifest.policy.HeldPolicy;

/**
 * A good manifest and what is still to be said about it.
 *
 * @param files the names of those that it was put together from, besides its own
 * @param policy what it was held against, for what is learnt later
 */
public record LoadedManifest(
    Manifest manifest, List<Diagnostic> warnings, List<String> files, HeldPolicy policy) {
  public LoadedManifest {
    files = List.copyOf(files);
    warnings = List.copyOf(warnings);
  }
}
