package jstack.manifest;

import java.util.List;
import jstack.diag.Diagnostic;

/** A good manifest and what is still to be said about it. */
public record LoadedManifest(Manifest manifest, List<Diagnostic> warnings) {
  public LoadedManifest {
    warnings = List.copyOf(warnings);
  }
}
