package jstack.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Function;
import jstack.diag.Diagnostic;
import jstack.state.Receipt;
import jstack.state.Status;

/**
 * Receipts as the XML of JUnit, which CI servers show: a run is a test case. It fails when it did
 * not hold its budgets, or ended by itself with a code that is neither 0 nor expected.
 */
final class ReceiptJunit {
  private ReceiptJunit() {}

  /**
   * @param log the last words of a run
   */
  static String of(String project, List<Run> runs, Function<Run, List<String>> log) {
    StringBuilder out = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    long failed = runs.stream().filter(run -> !complaints(run).isEmpty()).count();
    long wall = runs.stream().mapToLong(run -> Math.max(0, run.receipt().wall())).sum();
    out.append("<testsuites>\n<testsuite");
    attribute(out, "name", project);
    attribute(out, "tests", Integer.toString(runs.size()));
    attribute(out, "failures", Long.toString(failed));
    attribute(out, "errors", "0");
    attribute(out, "skipped", "0");
    attribute(out, "time", seconds(wall));
    runs.stream()
        .map(run -> run.receipt().started())
        .min(Instant::compareTo)
        .ifPresent(first -> attribute(out, "timestamp", timestamp(first)));
    out.append(">\n");
    for (Run run : runs) {
      testcase(out, project, run, log.apply(run));
    }
    return out.append("</testsuite>\n</testsuites>\n").toString();
  }

  private static void testcase(StringBuilder out, String project, Run run, List<String> log) {
    String when = run.isLast() ? "" : " " + run.receipt().started();
    out.append("<testcase");
    attribute(out, "classname", project + "." + run.id().service());
    attribute(out, "name", run.id().name() + when);
    attribute(out, "time", seconds(Math.max(0, run.receipt().wall())));
    out.append(">\n");
    List<String> complaints = complaints(run);
    if (!complaints.isEmpty()) {
      out.append("<failure");
      attribute(out, "type", run.failures().isEmpty() ? "exit_code" : run.failedKeys().get(0));
      attribute(out, "message", complaints.get(0));
      out.append('>').append(escape(String.join("\n", complaints))).append("</failure>\n");
    }
    out.append("<system-out>").append(escape(ReceiptJson.of(run))).append('\n');
    log.forEach(line -> out.append(escape(line)).append('\n'));
    out.append("</system-out>\n</testcase>\n");
  }

  private static List<String> complaints(Run run) {
    Receipt receipt = run.receipt();
    if (!run.failures().isEmpty()) {
      return run.failures().stream().map(Diagnostic::headline).toList();
    }
    boolean good =
        receipt.exitCode() == 0 || receipt.stopped() || receipt.endedBy().equals(Status.CHECKPOINT);
    return good || run.expect().exitCode() != null ? List.of() : List.of(end(run));
  }

  private static String end(Run run) {
    Receipt receipt = run.receipt();
    return receipt.exitCode() == Receipt.UNKNOWN
        ? run.id().name() + " ended with a code that nobody saw" + OutOfMemory.of(receipt)
        : run.id().name() + " exited with code " + receipt.exitCode() + OutOfMemory.of(receipt);
  }

  /** Seconds with a point, to the microsecond. */
  private static String seconds(long nanos) {
    String micros = Long.toString(1_000_000 + nanos / 1000 % 1_000_000).substring(1);
    return nanos / 1_000_000_000 + "." + micros;
  }

  /** In UTC and without a zone, as JUnit's readers want it. */
  private static String timestamp(Instant instant) {
    String text = instant.truncatedTo(ChronoUnit.SECONDS).toString();
    return text.substring(0, text.length() - 1);
  }

  private static void attribute(StringBuilder out, String name, String value) {
    out.append(' ').append(name).append("=\"").append(escape(value)).append('"');
  }

  /** XML 1.0 has no way to write most control characters: they become U+FFFD. */
  static String escape(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\r' -> out.append("&#13;");
                default -> out.appendCodePoint(isCharacter(c) ? c : 0xfffd);
              }
            });
    return out.toString();
  }

  /** The production Char of XML 1.0. */
  private static boolean isCharacter(int c) {
    return c == '\t'
        || c == '\n'
        || (c >= 0x20 && c < 0xd800)
        || (c >= 0xe000 && c < 0xfffe)
        || c >= 0x10000;
  }
}
