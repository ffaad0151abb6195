package jstack.cli;

import java.util.List;
import java.util.Set;
import jstack.engine.Executor;
import jstack.manifest.load.LoadRequest;
import jstack.plan.Action;
import jstack.plan.Plan;
import jstack.plan.PlanOptions;
import jstack.plan.StackLimits;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import jstack.state.RunState;

final class CreateVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithPolicy();
  private boolean noDependencies;
  private final QuietOption quiet = new QuietOption();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Make the containers that are not there yet, without starting them.",
            "Their rootfs is fetched, their layers and networks are made; start or up starts them."
                + " What is there already is left alone.")
        .with(options)
        .flag("--no-deps", "Not the services that the named ones need.", on -> noDependencies = on)
        .with(quiet)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.RUN);
    PlanOptions wanted = new PlanOptions(Set.copyOf(services), !noDependencies, false, true, false);
    StackRun.selected(session, wanted);
    try (ProjectLock lock = session.lock("create")) {
      StackRun run = StackRun.prepare(session, wanted, new FetchLines(console, quiet.isOn()));
      List<Action> made =
          run.plan().changes().stream().filter(action -> isNew(action, run)).toList();
      if (made.isEmpty()) {
        if (!quiet.isOn()) {
          console.err().println("nothing to do");
        }
        return ExitCode.DONE;
      }
      session.record(run.manifest());
      Executor executor = session.executor(lock, new UpProgress(console.err(), quiet.isOn()));
      Plan all = run.plan();
      Plan plan =
          new Plan(
              all.project(), made, all.startWaves(), List.of(), all.network(), StackLimits.SAME);
      executor.create(plan, run.observed(), run.layers(), run.connector(), null);
    } finally {
      session.releaseRootfs();
    }
    return ExitCode.DONE;
  }

  /** Not there, or made by an earlier create and not started: then it may have changed since. */
  private static boolean isNew(Action action, StackRun run) {
    if (action instanceof Action.Create) {
      return true;
    }
    RunState state =
        run.observed().find(action.id()).map(ObservedContainer::state).orElse(RunState.CREATED);
    boolean differs =
        action instanceof Action.Start start
            && run.observed()
                .find(action.id())
                .filter(container -> container.runs(start.program()))
                .isEmpty();
    return state == RunState.CREATED && differs;
  }
}
