package jstack.cli;

import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.manifest.load.LoadRequest;
import jstack.plan.PlanFile;
import jstack.plan.PlanOptions;
import jstack.state.ProjectLock;

final class ApplyVerb implements Verb {
  private final LockOptions locking = new LockOptions();
  private boolean yes;
  private final StopOptions stopping = new StopOptions();
  private final QuietOption quiet = new QuietOption();
  private Path file = Path.of("");

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Carry out a plan that `plan -o FILE` has written.",
            "Refused when the manifest, the containers or the networks have moved since: it does"
                + " what was read, or nothing. On a terminal it shows the plan and asks first.")
        .with(locking)
        .flag("-y, --yes", "Do not ask.", on -> yes = on)
        .with(stopping)
        .with(quiet)
        .word("1", "PLAN", "", value -> file = Path.of(value));
  }

  @Override
  public int run(Console console) throws IOException {
    Path from = console.workingDirectory().resolve(file);
    PlanFile planned = SavedPlan.read(from);
    Session session =
        new Session(console, SavedPlan.options(console, from, planned), LoadRequest.Purpose.RUN);
    if (!PlanFile.digestOf(session.manifestText()).equals(planned.digest())) {
      throw moved(List.of("the manifest's text is another"));
    }
    PlanOptions wanted = SavedPlan.wanted(planned);
    try (ProjectLock lock = session.lock("apply", locking)) {
      StackRun run = StackRun.prepare(session, wanted, new FetchLines(console, quiet.isOn()));
      StackChange change = new StackChange(session, run);
      List<String> none = List.of();
      PlanFile now = SavedPlan.of(session, none, wanted, none, run);
      List<String> moved = planned.movedSince(now);
      if (!moved.isEmpty()) {
        change.giveBackIds();
        throw moved(moved);
      }
      if (run.plan().isEmpty()) {
        say(console, "nothing to do");
        return ExitCode.DONE;
      }
      if (!yes && console.stdinIsTerminal() && !agrees(console, run)) {
        change.giveBackIds();
        console.err().println("nothing was changed");
        return ExitCode.CANCELLED;
      }
      try {
        UpProgress progress = new UpProgress(console.err(), quiet.isOn());
        change.execute(lock, progress, stopping.grace(), null);
        change.sweepFiles();
      } catch (DiagnosticException e) {
        change.giveBackIds();
        throw e;
      }
    }
    return ExitCode.DONE;
  }

  private static boolean agrees(Console console, StackRun run) throws IOException {
    console.err().print(PlanPrinter.text(run.plan()));
    console.err().print("do it? [y/N] ");
    console.err().flush();
    int answer = new InputStreamReader(System.in, Charset.defaultCharset()).read();
    return answer == 'y' || answer == 'Y';
  }

  private void say(Console console, String text) {
    if (!quiet.isOn()) {
      console.err().println(text);
    }
  }

  private static DiagnosticException moved(List<String> moved) {
    return new DiagnosticException(
        Failure.OPERATION,
        Diagnostic.error(Origin.NONE, "plan-moved", "something has moved since this plan was made")
            .withDetails(moved)
            .withHint("nothing was changed; jstack plan -o FILE makes another one"));
  }
}
