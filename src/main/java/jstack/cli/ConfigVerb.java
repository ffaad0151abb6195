package jstack.cli;

import java.util.List;
import jstack.manifest.LoadRequest;
import jstack.manifest.Manifest;
import jstack.manifest.ManifestPrinter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "config",
    description = "Print the manifest with variables, aliases and defaults filled in.")
final class ConfigVerb implements Verb {
  @Mixin private final ManifestOptions options = new ManifestOptions.WithPolicy();

  @Option(names = "--format", paramLabel = "FORMAT", description = "yaml or json")
  private String format = "yaml";

  @Option(names = "--services", description = "Only the names of the services.")
  private boolean services;

  @Option(
      names = "--show-secrets",
      description = "Values of variables called secret, password or token too.")
  private boolean showSecrets;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print nothing; the exit code says whether it is valid.")
  private boolean quiet;

  @Parameters(arity = "0..*", paramLabel = "MANIFEST")
  private List<String> words = List.of();

  @Override
  public int run(Console console) {
    List<String> left = options.takeManifest(console, words);
    if (!left.isEmpty()) {
      throw Session.notAManifest(left.get(0));
    }
    Manifest manifest = new Session(console, options, LoadRequest.Purpose.VALIDATE).manifest();
    ManifestPrinter.Secrets secrets =
        showSecrets ? ManifestPrinter.Secrets.SHOWN : ManifestPrinter.Secrets.MASKED;
    if (quiet) {
      return ExitCode.DONE;
    }
    console.err().print(OpenWalls.text(manifest, manifest.services().keySet()));
    if (services) {
      manifest.services().keySet().forEach(console.out()::println);
    } else if (format.equals("yaml")) {
      console.out().print(ManifestPrinter.yaml(manifest, secrets));
    } else if (Formats.isJson(format)) {
      console.out().print(ManifestPrinter.json(manifest, secrets));
    }
    return ExitCode.DONE;
  }
}
