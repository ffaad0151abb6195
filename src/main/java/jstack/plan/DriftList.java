package jstack.plan;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Origin;
import jstack.program.Step;

/** Collects what differs in one container. */
final class DriftList {
  private final String name;
  private final List<Drift> drifts = new ArrayList<>();

  DriftList(String name) {
    this.name = name;
  }

  void add(String key, String wanted, String seen, Origin origin, Drift.Mend mend) {
    drifts.add(new Drift(name, key, wanted, seen, origin, mend));
  }

  /** Of what only a new container can have. */
  void add(String key, String wanted, String seen, Step step) {
    add(key, wanted, seen, step.origin(), Drift.Mend.RECREATE);
  }

  List<Drift> toList() {
    return List.copyOf(drifts);
  }
}
