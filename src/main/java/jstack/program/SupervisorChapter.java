package jstack.program;

import java.util.Map;
import jstack.diag.Origin;
import jstack.manifest.Service;

/** How the container is watched: log, stop, streams, the socket to speak to. */
final class SupervisorChapter {
  /** Before any container, after what the machine itself needs; see oom_score_adj in proc(5). */
  private static final String OOM_SCORE = "-250";

  private SupervisorChapter() {}

  static void write(StepList steps, Service service, Target target) {
    steps.add(
        Phase.SUPERVISE,
        service.at("logging"),
        new SupervisorInstruction.LogLimit(
            service.logging().maxSize().bytes(), service.logging().maxFile()));
    steps.add(
        Phase.SUPERVISE,
        service.at("stop_signal"),
        new SupervisorInstruction.Stop(
            service.stopSignal().number(), service.stopGracePeriod().toMillis()));
    steps.add(
        Phase.SUPERVISE, service.at("tty"), new SupervisorInstruction.Terminal(service.tty()));
    steps.add(
        Phase.SUPERVISE,
        service.at("stdin_open"),
        new SupervisorInstruction.Stdin(service.stdinOpen()));
    steps.add(
        Phase.SUPERVISE, service.at(""), new SupervisorInstruction.Control(target.controlSocket()));
    steps.add(Phase.SUPERVISE, service.at(""), new SupervisorInstruction.OomScore(OOM_SCORE));
    notes(steps, service, "labels", SupervisorInstruction.Note.LABEL, service.labels().labels());
    notes(
        steps,
        service,
        "annotations",
        SupervisorInstruction.Note.ANNOTATION,
        service.labels().annotations());
  }

  private static void notes(
      StepList steps, Service service, String key, String kind, Map<String, String> words) {
    for (Map.Entry<String, String> word : words.entrySet()) {
      Origin origin = service.at(key + "." + word.getKey());
      Instruction note = new SupervisorInstruction.Note(kind, word.getKey(), word.getValue());
      steps.add(Phase.SUPERVISE, origin.isKnown() ? origin : service.at(key), note);
    }
  }
}
