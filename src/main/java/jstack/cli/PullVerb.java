package jstack.cli;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import jstack.manifest.load.LoadRequest;

final class PullVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithPolicy();
  private final QuietOption quiet = new QuietOption();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about("Fetch and unpack the rootfs of services as up would, and start nothing.")
        .with(options)
        .with(quiet)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.RUN);
    services.forEach(session::service);
    session.requireRoot();
    Set<String> wanted =
        services.isEmpty() ? session.manifest().services().keySet() : new LinkedHashSet<>(services);
    boolean here = session.present(wanted).keySet().containsAll(session.withTree(wanted));
    session.prepare(wanted, new FetchLines(console, quiet.isOn()));
    if (here && !quiet.isOn()) {
      console.err().println("nothing to do");
    }
    return ExitCode.DONE;
  }
}
