package jstack.cli;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import jstack.manifest.LoadRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "pull",
    description = "Fetch and unpack the rootfs of services as up would, and start nothing.")
final class PullVerb implements Verb {
  @Mixin private final ManifestOptions options = new ManifestOptions.WithPolicy();

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress.")
  private boolean quiet;

  @Parameters(arity = "0..*", paramLabel = "SERVICE")
  private List<String> words = List.of();

  @Override
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.RUN);
    services.forEach(session::service);
    session.requireRoot();
    Set<String> wanted =
        services.isEmpty() ? session.manifest().services().keySet() : new LinkedHashSet<>(services);
    boolean here = session.present(wanted).keySet().containsAll(session.withTree(wanted));
    session.prepare(wanted, new FetchLines(console, quiet));
    if (here && !quiet) {
      console.err().println("nothing to do");
    }
    return ExitCode.DONE;
  }
}
