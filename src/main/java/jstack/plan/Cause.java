package jstack.plan;

import jstack.diag.Origin;
import jstack.program.Change;
import jstack.program.ChangeClass;

/**
 * Why something is done, as the piece of a sentence: {@code command: "sleep 1" -> "sleep 2"}.
 *
 * @param key of the manifest, below its service; empty when no key changed
 * @param before empty when there was nothing, or no key changed
 * @param after likewise
 * @param cost what this alone would take
 * @param origin the line of the manifest that asks for it; {@link Origin#NONE} when none does
 */
public record Cause(
    String text, String key, String before, String after, ChangeClass cost, Origin origin) {
  /** Something that happened, where no key changed. */
  public static Cause of(String text, ChangeClass cost) {
    return new Cause(text, "", "", "", cost, Origin.NONE);
  }

  /** A changed key. */
  static Cause of(Change change) {
    return of(change, change.toString());
  }

  private static Cause of(Change change, String text) {
    return new Cause(
        text, change.key(), change.before(), change.after(), change.cost(), change.origin());
  }

  /**
   * {@code memory.max 512m -> 1g}.
   *
   * @param drifted whether it was the machine that changed, and not the manifest
   */
  static Cause ofLimit(Change change, boolean drifted) {
    String text = change.key() + " " + change.before() + " -> " + change.after();
    return of(change, drifted ? text + ", drifted" : text);
  }

  @Override
  public String toString() {
    return origin.isKnown() ? text + " (" + origin.place() + ")" : text;
  }
}
