package jstack.manifest.policy;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.SourceTexts;

/** Says what a policy refuses: with the manifest's line, and the policy's beside it. */
final class Refusals {
  private final Policy policy;
  private final Problems problems;
  private final SourceTexts texts;

  Refusals(Policy policy, Problems problems, SourceTexts texts) {
    this.policy = policy;
    this.problems = problems;
    this.texts = texts;
  }

  /** That a variable is not set is only what the manifest sees. */
  Diagnostic withholds(Diagnostic unset) {
    List<String> variables = policy.variables() == null ? List.of() : policy.variables();
    String says = variables.isEmpty() ? "none" : joined(variables);
    return unset
        .withDetails(beside("variables", says))
        .withHint("the policy withholds it: a manifest may read only those");
  }

  static String joined(List<?> words) {
    StringBuilder out = new StringBuilder();
    for (Object word : words) {
      out.append(out.isEmpty() ? "" : ", ").append(word);
    }
    return out.toString();
  }

  void refuse(Origin at, String message, String key, String says, String hint) {
    Diagnostic refused = Diagnostic.error(at, "policy", message).withHint(hint);
    problems.add(refused.withDetails(beside(key, says)));
  }

  /** The line of the policy, for below that of the manifest. */
  private List<String> beside(String key, String says) {
    Origin beside = policy.origins().at(key);
    List<String> details = new ArrayList<>();
    details.add(beside.place() + ": " + key + ": " + says);
    new DiagnosticPrinter(texts::linesOf).source(beside).lines().forEach(details::add);
    return details;
  }
}
