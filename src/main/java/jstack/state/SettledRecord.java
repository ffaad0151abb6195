package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.diag.Inputs;
import jstack.linux.SmallFile;

/**
 * What an up saw that found nothing to do, a line for each: what it was asked to do, the containers
 * it found, and what the machine answered it. The last line says that it is whole.
 *
 * @param request with which words, by which jstack, where
 * @param containers each as {@link #container} has it, in order
 */
public record SettledRecord(
    String request, List<String> containers, Map<Inputs.Question, String> answers) {
  private static final String REQUEST = "request";
  private static final String CONTAINER = "container";
  private static final String END = "end";

  /** A container in the state that it was found in, with the program that it was made from. */
  public static String container(ObservedContainer container) {
    String digest = Inputs.digest(container.encodedProgram());
    return container.id().name()
        + " "
        + container.state()
        + " "
        + container.exitCode()
        + " "
        + digest;
  }

  public void write(StateLayout layout, String project) throws IOException {
    StringBuilder text = new StringBuilder();
    line(text, REQUEST, request);
    containers.forEach(each -> line(text, CONTAINER, each));
    answers.forEach(
        (question, answer) ->
            line(text, question.kind().name(), question.subject() + "\t" + answer));
    line(text, END, "");
    AtomicFile.write(layout.settled(project), text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void line(StringBuilder text, String key, String value) {
    text.append(key).append('\t').append(value).append('\n');
  }

  /**
   * The record of a project; empty when there is none that is whole, or it is another version's.
   */
  public static Optional<SettledRecord> read(StateLayout layout, String project) {
    try {
      return parse(SmallFile.text(layout.settled(project).toString(), StandardCharsets.UTF_8));
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      return Optional.empty(); // torn
    }
  }

  private static Optional<SettledRecord> parse(String text) {
    String request = null;
    List<String> containers = new ArrayList<>();
    Map<Inputs.Question, String> answers = new LinkedHashMap<>();
    int end;
    for (int at = 0; (end = text.indexOf('\n', at)) >= 0; at = end + 1) {
      int tab = text.indexOf('\t', at);
      String key = text.substring(at, Math.min(tab, end));
      if (key.equals(END)) {
        return request == null
            ? Optional.empty()
            : Optional.of(new SettledRecord(request, containers, answers));
      }
      String value = text.substring(tab + 1, end);
      if (key.equals(REQUEST)) {
        request = value;
      } else if (key.equals(CONTAINER)) {
        containers.add(value);
      } else {
        int next = value.indexOf('\t');
        Inputs.Kind kind = Inputs.Kind.valueOf(key);
        answers.put(new Inputs.Question(kind, value.substring(0, next)), value.substring(next + 1));
      }
    }
    return Optional.empty();
  }
}
