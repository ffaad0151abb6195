package jstack.cli;

import jstack.manifest.ManifestLoader;
import picocli.CommandLine.Command;

@Command(name = "schema", description = "Print the JSON Schema of manifests, for editors.")
final class SchemaVerb implements Verb {
  @Override
  public int run(Console console) {
    console.out().print(ManifestLoader.schemaText());
    return ExitCode.DONE;
  }
}
