package jstack.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.engine.LogRecord;
import jstack.engine.LogTail;
import jstack.manifest.Service;
import jstack.manifest.Sharing;
import jstack.manifest.load.LoadRequest;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.Receipt;
import jstack.state.Receipts;

final class ReportVerb implements Verb {
  private static final int LAST_WORDS = 50;
  private final ManifestOptions options = new ManifestOptions();
  private boolean all;
  private String format = "text";
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Show the receipts of runs that are over: how each ended and what it used.",
            "They are held against `expect` of the manifest as it is now; exit code 2 when one"
                + " failed.",
            "As junit, a run that ended by itself with another code than 0 is a failure, too.",
            "A dash, or null, is what this kernel does not count. down takes the receipts away.")
        .with(options)
        .flag(
            "-a, --all",
            "Earlier runs too: the last ten of each container are kept.",
            on -> all = on)
        .text("--format", "FORMAT", "text, json or junit", value -> format = value)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    List<String> names = options.takeManifest(console, words);
    boolean junit = format.equals("junit");
    boolean json = !junit && Formats.isJson(format);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    Map<String, Service> services = services(console, session);
    List<Run> runs = runs(session, names, services);
    List<Diagnostic> failures = new ArrayList<>();
    runs.forEach(run -> failures.addAll(run.failures()));
    failures.addAll(unwritten(session, names, services));
    if (junit) {
      console.out().print(ReceiptJunit.of(session.project(), runs, run -> lastWords(session, run)));
    } else if (json) {
      runs.forEach(run -> console.out().println(ReceiptJson.of(run)));
    } else if (runs.isEmpty()) {
      console.err().println("no run is over");
    } else {
      console.out().print(ReceiptTable.of(runs, Instant.now()));
    }
    console.out().flush();
    if (!failures.isEmpty()) {
      console.print(failures);
    }
    return failures.isEmpty() ? ExitCode.DONE : ExitCode.BUDGET;
  }

  /** Of runs that are over and that nobody lived to write a receipt of. */
  private static List<Diagnostic> unwritten(
      Session session, List<String> names, Map<String, Service> services) {
    List<Diagnostic> failures = new ArrayList<>();
    for (ObservedContainer container : session.select(session.observed(), names)) {
      Service service = services.get(container.id().service());
      boolean over = container.state().isOver() && !container.id().isOneOff();
      if (service != null && over && container.receipt().isEmpty()) {
        failures.addAll(Budgets.failures(service, container.id().name(), null));
      }
    }
    return failures;
  }

  /** With the name of a project alone there may be no manifest; then nobody is held to anything. */
  private static Map<String, Service> services(Console console, Session session) {
    try {
      return session.manifest().services();
    } catch (DiagnosticException e) {
      if (session.hasManifest() || e.failure() != Failure.NO_MANIFEST) {
        throw e;
      }
      String message = "there is no manifest here, so no budget is checked";
      console.print(Diagnostic.warning(Origin.NONE, "no-manifest", message));
      return Map.of();
    }
  }

  private List<Run> runs(Session session, List<String> names, Map<String, Service> services) {
    List<Run> runs = new ArrayList<>();
    for (ObservedContainer container : session.select(session.observed(), names)) {
      ContainerId id = container.id();
      if (Sharing.isHolder(id.service())) {
        continue;
      }
      List<Receipt> kept = Receipts.of(session.layout(), id);
      int last = kept.size() - 1;
      for (int i = all ? 0 : Math.max(0, last); i < kept.size(); i++) {
        Service service = id.isOneOff() ? null : services.get(id.service());
        runs.add(Run.of(id, kept.get(i), i == last, service));
      }
    }
    return runs;
  }

  /** The end of its output: a run has what was written from its start until the next one's. */
  private static List<String> lastWords(Session session, Run run) {
    List<Receipt> kept = Receipts.of(session.layout(), run.id());
    Instant begin = run.receipt().started();
    Instant end =
        kept.stream()
            .map(Receipt::started)
            .filter(start -> start.isAfter(begin))
            .findFirst()
            .orElse(Instant.MAX);
    Deque<LogRecord> last = new ArrayDeque<>();
    try (LogTail log = new LogTail(session.layout().log(run.id()))) {
      log.poll(
          record -> {
            if (!record.at().isBefore(begin) && record.at().isBefore(end)) {
              last.add(record);
              if (last.size() > LAST_WORDS) {
                last.remove();
              }
            }
          });
    } catch (IOException e) {
      return List.of("its log cannot be read: " + e.getMessage());
    }
    return last.stream().map(record -> new String(record.text(), StandardCharsets.UTF_8)).toList();
  }
}
