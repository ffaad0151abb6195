package jstack.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.program.Change;
import jstack.program.ChangeClass;
import jstack.program.NetworkPart;
import jstack.program.NetworkProgram;
import jstack.state.NetworkRecord;

/** The networks that a stack wants against those that were made last, part by part. */
public final class NetworkChanges {
  private final NetworkProgram wanted;
  private final NetworkRecord record;

  NetworkChanges(NetworkProgram wanted, NetworkRecord record) {
    this.wanted = wanted;
    this.record = record;
  }

  /** What is connected differently from now on, by container; those need a new namespace. */
  public Map<String, List<Change>> byContainer() {
    Map<String, List<Change>> changes = new LinkedHashMap<>();
    for (NetworkPart part : wanted.parts()) {
      if (part.kind() != NetworkPart.Kind.NAMESPACE || NetworkRunner.isAsIs(part, record)) {
        continue;
      }
      List<Change> list =
          record
              .find(part.kind(), part.name())
              .map(entry -> changes(part, entry, ChangeClass.RECREATE))
              .orElse(List.of());
      Change lost =
          new Change(
              Origin.NONE, "networks", "its namespace is lost", "a new one", ChangeClass.RECREATE);
      changes.put(part.label(), list.isEmpty() ? List.of(lost) : list);
    }
    return changes;
  }

  /** What else is different: bridges and rules, which no container notices. */
  public List<Change> others() {
    List<Change> changes = new ArrayList<>();
    for (NetworkPart part : wanted.parts()) {
      NetworkRecord.Entry entry = record.find(part.kind(), part.name()).orElse(null);
      if (entry != null && part.kind() != NetworkPart.Kind.NAMESPACE) {
        changes.addAll(changes(part, entry, ChangeClass.LIVE));
      }
      boolean runs = record.find(NetworkPart.Kind.NAMESPACE, part.name()).isPresent();
      if (entry == null && part.kind() == NetworkPart.Kind.EGRESS && runs) {
        part.facts().forEach((k, f) -> changes.add(live(f.origin(), k, "", f.value())));
      }
    }
    for (NetworkRecord.Entry entry : record.entries()) {
      boolean stays = wanted.find(NetworkPart.Kind.NAMESPACE, entry.name()).isPresent();
      boolean wants = wanted.find(entry.kind(), entry.name()).isPresent();
      if (entry.kind() == NetworkPart.Kind.EGRESS && stays && !wants) {
        entry.facts().forEach((key, text) -> changes.add(live(Origin.NONE, key, text, "")));
      }
    }
    return changes;
  }

  private static Change live(Origin origin, String key, String before, String after) {
    return new Change(origin, key, before, after, ChangeClass.LIVE);
  }

  private static List<Change> changes(
      NetworkPart part, NetworkRecord.Entry entry, ChangeClass cost) {
    List<Change> changes = new ArrayList<>();
    part.facts()
        .forEach(
            (key, fact) -> {
              String before = entry.facts().getOrDefault(key, "");
              if (!before.equals(fact.value())) {
                changes.add(new Change(fact.origin(), key, before, fact.value(), cost));
              }
            });
    entry
        .facts()
        .forEach(
            (key, value) -> {
              if (!part.facts().containsKey(key)) {
                changes.add(new Change(Origin.NONE, key, value, "", cost));
              }
            });
    return changes;
  }
}
