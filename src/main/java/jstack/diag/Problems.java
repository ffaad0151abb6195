package jstack.diag;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects what is wrong with a manifest, so that the user hears of everything at once. */
public final class Problems {
  /** More than this on one screen helps nobody. */
  static final int SHOWN = 20;

  private final List<Diagnostic> errors = new ArrayList<>();
  private final List<Diagnostic> warnings = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private final Set<String> repeated = new HashSet<>();

  public void error(Origin origin, String code, String message) {
    add(Diagnostic.error(origin, code, message));
  }

  public void error(Origin origin, String code, String message, String hint) {
    add(Diagnostic.error(origin, code, message).withHint(hint));
  }

  public void warning(Origin origin, String code, String message) {
    add(Diagnostic.warning(origin, code, message));
  }

  /** Adds it, unless the same was said of the same place (a merged mapping is bound twice). */
  public void add(Diagnostic diagnostic) {
    Origin origin = diagnostic.origin();
    boolean shared = origin.isKnown();
    String identity =
        (shared ? origin.place() : origin.keyPath()) + '\n' + diagnostic.code() + '\n';
    if (seen.add(identity + diagnostic.message())) {
      (diagnostic.isError() ? errors : warnings).add(diagnostic);
    } else {
      repeated.add(origin.keyPath());
    }
  }

  /** A key path is wrong because of another one, of which that has been said. */
  public void alreadySaid(String keyPath) {
    repeated.add(keyPath);
  }

  /** The key paths whose error was said already of the place that they share with others. */
  public Set<String> repeated() {
    return Collections.unmodifiableSet(repeated);
  }

  public boolean hasErrors() {
    return !errors.isEmpty();
  }

  public List<Diagnostic> errors() {
    return Collections.unmodifiableList(errors);
  }

  /** Sorted by place. */
  public List<Diagnostic> warnings() {
    List<Diagnostic> sorted = new ArrayList<>(warnings);
    Collections.sort(sorted);
    return sorted;
  }

  public void throwIfAny() {
    if (hasErrors()) {
      int more = Math.max(0, errors.size() - SHOWN);
      throw new DiagnosticException(Failure.MANIFEST, sorted(), more);
    }
  }

  private List<Diagnostic> sorted() {
    List<Diagnostic> all = new ArrayList<>(errors);
    all.addAll(warnings);
    Collections.sort(all);
    if (errors.size() <= SHOWN) {
      return all;
    }
    Collections.sort(errors);
    List<Diagnostic> shown = new ArrayList<>(errors.subList(0, SHOWN));
    int rest = errors.size() - SHOWN;
    List<String> details = List.of("and " + rest + " more error" + (rest == 1 ? "" : "s"));
    shown.add(shown.remove(SHOWN - 1).withDetails(details));
    return shown;
  }
}
