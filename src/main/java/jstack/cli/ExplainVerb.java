package jstack.cli;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.engine.DesiredState;
import jstack.manifest.HostPath;
import jstack.manifest.Service;
import jstack.manifest.load.LoadRequest;
import jstack.program.Masked;
import jstack.program.NetworkPrinter;
import jstack.program.NetworkProgram;
import jstack.program.Program;
import jstack.program.ShellPrinter;
import jstack.rootfs.PreparedRootfs;
import jstack.state.ContainerId;

final class ExplainVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithPolicy();
  private boolean showSecrets;
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about("Show what is done for a service, step by step, as commented shell.")
        .with(options)
        .flag(
            "--show-secrets",
            "Print the values of variables called secret, password, token ... as well.",
            on -> showSecrets = on)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> names = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.RUN);
    Set<String> all = session.manifest().services().keySet();
    DesiredState state = session.desiredState(false);
    List<String> asked = names.isEmpty() ? List.copyOf(all) : names;
    console.out().print(networks(session, asked));
    for (String name : asked) {
      Service service = session.service(name);
      Map<String, PreparedRootfs> here = session.present(Set.of(name));
      PreparedRootfs rootfs =
          here.getOrDefault(
              name,
              new PreparedRootfs(
                  HostPath.of(session.layout().rootfsStore().resolve("NOT-FETCHED-YET")),
                  "not-fetched-yet"));
      ContainerId id = ContainerId.of(session.project(), name, 1);
      Program program = state.compile(service, id, rootfs);
      console.out().print(OpenWalls.comments(service));
      console
          .out()
          .print(ShellPrinter.print(id.name(), showSecrets ? program : Masked.of(program)));
    }
    return ExitCode.DONE;
  }

  /** Of the namespaces only those of the services that were asked for. */
  private static String networks(Session session, List<String> services) {
    Set<ContainerId> all = new LinkedHashSet<>();
    List<String> shown = new ArrayList<>(session.manifest().namespaces().keySet());
    for (String name : session.manifest().services().keySet()) {
      ContainerId id = ContainerId.of(session.project(), name, 1);
      all.add(id);
      if (services.contains(name)) {
        shown.add(id.name());
      }
    }
    NetworkProgram program = session.network().compile(all);
    return NetworkPrinter.print(session.project(), program, shown);
  }
}
