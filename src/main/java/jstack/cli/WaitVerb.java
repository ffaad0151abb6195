package jstack.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.engine.EndWaiter;
import jstack.manifest.Durations;
import jstack.manifest.Sharing;
import jstack.manifest.load.LoadRequest;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import org.jspecify.annotations.Nullable;

final class WaitVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private @Nullable String timeout;
  private boolean any;
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Wait until containers end, and print the exit code of each.",
            "The exit code is the first that is not 0; 124 when the time is over.")
        .with(options)
        .text(
            "-t, --timeout",
            "TIME",
            "How long at most, such as 30s or 1m30s; for ever if not given.",
            value -> timeout = value)
        .flag("--any", "Only until the first of them ends.", on -> any = on)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    List<String> services = options.takeManifest(console, words);
    Optional<Duration> patience = patience();
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    List<ObservedContainer> chosen =
        session.select(session.observed(), services).stream()
            .filter(container -> !Sharing.isHolder(container.id().service()))
            .toList();
    requireStarted(services, chosen);
    List<ContainerId> ids = chosen.stream().map(ObservedContainer::id).toList();
    List<Integer> codes = new ArrayList<>();
    List<ContainerId> left =
        new EndWaiter(session.layout(), session.observer())
            .await(
                ids,
                patience,
                container -> {
                  console.out().println(name(container.id(), ids) + " " + how(container));
                  console.out().flush();
                  codes.add(code(container));
                  return !any;
                });
    if (!left.isEmpty() && (codes.isEmpty() || !any)) {
      throw new DiagnosticException(
          Failure.TIMEOUT,
          Diagnostic.error(
                  Origin.NONE,
                  "wait-timeout",
                  String.join(", ", left.stream().map(ContainerId::name).toList())
                      + " did not end within "
                      + Durations.toString(patience.orElse(Duration.ZERO)))
              .withHint("jstack ps shows what runs, jstack logs what it says"));
    }
    return codes.stream().filter(code -> code != 0).findFirst().orElse(ExitCode.DONE);
  }

  private Optional<Duration> patience() {
    try {
      return Optional.ofNullable(timeout).map(Durations::parse);
    } catch (IllegalArgumentException e) {
      throw ExecVerb.usage("--timeout " + e.getMessage(), "such as 30s");
    }
  }

  /** Who was never started would be waited for in vain. */
  private static void requireStarted(List<String> services, List<ObservedContainer> chosen) {
    for (ObservedContainer container : chosen) {
      if (container.state() == RunState.CREATED) {
        throw DiagnosticException.operation(
            "not-started",
            container.id().name() + " was not started",
            "jstack start " + container.id().service() + " starts it");
      }
    }
    for (String service : services) {
      if (chosen.stream().noneMatch(c -> Session.matches(c, service))) {
        throw DiagnosticException.operation(
            "not-started", service + " has no container", "jstack up -d " + service);
      }
    }
  }

  /** The service, unless it has more than one container. */
  private static String name(ContainerId id, List<ContainerId> all) {
    long same = all.stream().filter(other -> other.service().equals(id.service())).count();
    return same == 1 && !id.isOneOff() ? id.service() : id.name();
  }

  private static String how(ObservedContainer container) {
    return switch (container.state()) {
      case EXITED -> container.isCheckpointed() ? "checkpointed" : "exited " + container.exitCode();
      case FAILED -> "failed";
      default -> "lost, its exit code is not known";
    };
  }

  private static int code(ObservedContainer container) {
    return switch (container.state()) {
      case EXITED -> container.isCheckpointed() ? ExitCode.FAILED : container.exitCode();
      case FAILED -> 125;
      default -> ExitCode.FAILED;
    };
  }
}
