package jstack.cli;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import jstack.diag.DiagnosticException;
import jstack.program.SupervisorInstruction;
import jstack.state.ObservedContainer;
import jstack.state.RunState;

/**
 * Which containers or volumes are meant, in Docker's words: {@code --filter label=tier=front}.
 * Filters of one key are alternatives, except labels; those of different keys all have to hold.
 */
final class Filters {
  private final Map<String, List<String>> wanted = new LinkedHashMap<>();

  /**
   * @param texts as they were given
   * @param known the keys that make sense here
   */
  Filters(List<String> texts, List<String> known) {
    for (String text : texts) {
      int equals = text.indexOf('=');
      String key = equals < 0 ? text : text.substring(0, equals);
      String value = equals < 0 ? "" : text.substring(equals + 1);
      if (!known.contains(key)) {
        throw ExecVerb.usage("no filter " + key, "there are " + String.join(", ", known));
      }
      if (value.isEmpty()) {
        throw ExecVerb.usage("the filter " + key + " has no value", "--filter " + key + "=VALUE");
      }
      check(key, value);
      wanted.computeIfAbsent(key, k -> new ArrayList<>()).add(value);
    }
  }

  private static void check(String key, String value) {
    if (key.equals("status")) {
      status(value);
    } else if (key.equals("health")
        && !List.of("starting", "healthy", "unhealthy", "none").contains(value)) {
      throw ExecVerb.usage(
          "no health is called " + value, "starting, healthy, unhealthy or none (no check)");
    } else if (key.equals("dangling") && !List.of("true", "false").contains(value)) {
      throw ExecVerb.usage("dangling is true or false, not " + value, "--filter dangling=true");
    } else if (key.equals("exited") && !value.matches("[0-9]{1,3}")) {
      throw ExecVerb.usage(value + " is no exit code", "--filter exited=0");
    }
  }

  private static void status(String word) {
    List<String> words = new ArrayList<>();
    for (RunState state : RunState.values()) {
      words.add(state.toString());
    }
    if (!words.contains(word)) {
      throw unknownStatus(word, words);
    }
  }

  private static DiagnosticException unknownStatus(String word, List<String> words) {
    return ExecVerb.usage("no status is called " + word, "there are " + String.join(", ", words));
  }

  /** Whether they ask for such as run no more, which are not listed otherwise. */
  boolean asksForEnded() {
    return wanted.containsKey("status") || wanted.containsKey("exited");
  }

  boolean accepts(ObservedContainer container) {
    return any("status", value -> container.state().toString().equals(value))
        && any("name", value -> container.id().name().contains(value))
        && any("service", value -> container.id().service().equals(value))
        && any("health", value -> PsVerb.health(container).orElse("none").equals(value))
        && any("exited", value -> exited(container, value))
        && all(
            "label", value -> hasLabel(labels(container, SupervisorInstruction.Note.LABEL), value));
  }

  /** Whether a project with these containers is meant. */
  boolean accepts(String project, List<ObservedContainer> containers) {
    return any("name", project::contains)
        && any("status", v -> containers.stream().anyMatch(c -> c.state().toString().equals(v)))
        && (!wanted.containsKey("label")
            || containers.stream()
                .map(c -> labels(c, SupervisorInstruction.Note.LABEL))
                .anyMatch(labels -> all("label", value -> hasLabel(labels, value))));
  }

  /** Whether a volume is meant. */
  boolean accepts(String name, Map<String, String> labels, boolean used) {
    return any("name", name::contains)
        && any("dangling", value -> used != Boolean.parseBoolean(value))
        && all("label", value -> hasLabel(labels, value));
  }

  private static boolean exited(ObservedContainer container, String code) {
    return container.state() == RunState.EXITED
        && container.exitCode() == Integer.parseInt(code, 10);
  }

  /** {@code NAME} or {@code NAME=VALUE}. */
  private static boolean hasLabel(Map<String, String> labels, String wanted) {
    int equals = wanted.indexOf('=');
    return equals < 0
        ? labels.containsKey(wanted)
        : wanted.substring(equals + 1).equals(labels.get(wanted.substring(0, equals)));
  }

  private boolean any(String key, Predicate<String> test) {
    List<String> values = wanted.getOrDefault(key, List.of());
    return values.isEmpty() || values.stream().anyMatch(test);
  }

  private boolean all(String key, Predicate<String> test) {
    return wanted.getOrDefault(key, List.of()).stream().allMatch(test);
  }

  /** What the manifest said of a container when it was made or changed last. */
  static Map<String, String> labels(ObservedContainer container, String kind) {
    Map<String, String> labels = new TreeMap<>();
    // Most have none, and a program is long: decoding it for nothing would show in a long list.
    if (!new String(container.encodedProgram(), StandardCharsets.ISO_8859_1).contains("note")) {
      return labels;
    }
    container
        .program()
        .ifPresent(
            program ->
                program
                    .all(SupervisorInstruction.Note.class)
                    .filter(note -> note.kind().equals(kind))
                    .forEach(note -> labels.put(note.name(), note.value())));
    return labels;
  }

  /** A status as a filter of its own flag. */
  static List<String> with(List<String> filters, List<String> states) {
    List<String> all = new ArrayList<>(filters);
    states.forEach(state -> all.add("status=" + state.toLowerCase(Locale.ROOT)));
    return all;
  }
}
