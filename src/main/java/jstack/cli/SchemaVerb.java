package jstack.cli;

import jstack.manifest.load.ManifestLoader;

final class SchemaVerb implements Verb {
  @Override
  public void usage(Usage usage) {
    usage.about("Print the JSON Schema of manifests, for editors.");
  }

  @Override
  public int run(Console console) {
    console.out().print(ManifestLoader.schemaText());
    return ExitCode.DONE;
  }
}
