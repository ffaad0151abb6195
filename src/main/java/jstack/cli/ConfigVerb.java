package jstack.cli;

import java.util.List;
import jstack.manifest.Manifest;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.print.ManifestPrinter;

final class ConfigVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithPolicy();
  private String format = "yaml";
  private boolean services;
  private boolean showSecrets;
  private boolean quiet;
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about("Print the manifest with variables, aliases and defaults filled in.")
        .with(options)
        .text("--format", "FORMAT", "yaml or json", value -> format = value)
        .flag("--services", "Only the names of the services.", on -> services = on)
        .flag(
            "--show-secrets",
            "Values of variables called secret, password or token too.",
            on -> showSecrets = on)
        .flag(
            "-q, --quiet",
            "Print nothing; the exit code says whether it is valid.",
            on -> quiet = on)
        .words("MANIFEST", list -> words = list);
  }

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
