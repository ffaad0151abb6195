package jstack.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.manifest.Manifest;
import jstack.manifest.load.LoadRequest;
import jstack.plan.PlanOptions;
import jstack.rootfs.PreparedRootfs;
import org.jspecify.annotations.Nullable;

final class PlanVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithPolicy();
  private boolean exitCode;
  private String format = "text";
  private @Nullable Path output;
  private boolean removeOrphans;
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about("Show what up would do, and why; change nothing.")
        .with(options)
        .flag("--exit-code", "Exit with 2 when something would change.", on -> exitCode = on)
        .text("--format", "FORMAT", "text or json", value -> format = value)
        .path(
            "-o, --output", "FILE", "Write the plan to a file, for apply.", value -> output = value)
        .flag("--remove-orphans", "As with up.", on -> removeOrphans = on)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    List<String> services = options.takeManifest(console, words);
    boolean json = Formats.isJson(format);
    Session session = new Session(console, options, LoadRequest.Purpose.RUN);
    Manifest manifest = session.manifest();
    PlanOptions wanted = new PlanOptions(Set.copyOf(services), true, false, false, removeOrphans);
    Set<String> selected = StackRun.selected(session, wanted);
    Map<String, PreparedRootfs> here = session.present(selected);
    StackRun run = StackRun.dry(session, wanted, here);
    List<String> missing =
        selected.stream()
            .filter(name -> !here.containsKey(name))
            .filter(name -> Session.hasTree(session.service(name)))
            .toList();
    Path file = output;
    if (file != null) {
      List<String> carried = SavedPlan.words(session, options, console.workingDirectory());
      SavedPlan.write(
          console.workingDirectory().resolve(file),
          SavedPlan.of(session, carried, wanted, missing, run));
    }
    if (json) {
      console.out().print(PlanJson.of(run.plan(), missing) + OpenWalls.json(manifest, selected));
    } else {
      for (String name : missing) {
        console.out().println("+   " + name + "-1  fetch its rootfs, then create or recreate it");
      }
      console.out().print(OpenWalls.text(manifest, selected));
      if (missing.isEmpty() || !run.plan().isEmpty()) {
        console.out().print(PlanPrinter.text(run.plan()));
      }
      run.orphanNames()
          .forEach(name -> console.err().println(name + " is not in the manifest (orphan)"));
    }
    boolean changes = !missing.isEmpty() || !run.plan().isEmpty();
    return exitCode && changes ? ExitCode.CHANGES : ExitCode.DONE;
  }
}
