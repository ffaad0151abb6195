package jstack.cli;

import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.engine.DesiredState;
import jstack.manifest.HostPath;
import jstack.manifest.LoadRequest;
import jstack.manifest.Service;
import jstack.program.ShellPrinter;
import jstack.rootfs.PreparedRootfs;
import jstack.state.ContainerId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "explain",
    description = "Show what is done for a service, step by step, as commented shell.")
final class ExplainVerb implements Verb {
  @Mixin private final ManifestOptions options = new ManifestOptions.WithShortName();

  @Parameters(arity = "0..*", paramLabel = "SERVICE")
  private List<String> words = List.of();

  @Override
  public int run(Console console) {
    List<String> names = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.RUN);
    Set<String> all = session.manifest().services().keySet();
    DesiredState state = session.desiredState(false);
    for (String name : names.isEmpty() ? List.copyOf(all) : names) {
      Service service = session.service(name);
      Map<String, PreparedRootfs> here = session.present(Set.of(name));
      PreparedRootfs rootfs =
          here.getOrDefault(
              name,
              new PreparedRootfs(
                  HostPath.of(session.layout().rootfsStore().resolve("NOT-FETCHED-YET")),
                  "not-fetched-yet"));
      ContainerId id = ContainerId.of(session.project(), name, 1);
      console.out().print(ShellPrinter.print(id.name(), state.compile(service, id, rootfs)));
    }
    return ExitCode.DONE;
  }
}
