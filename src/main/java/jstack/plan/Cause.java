package jstack.plan;

import jstack.diag.Origin;
import jstack.program.Change;

/**
 * Why something is done, as the piece of a sentence: {@code command: "sleep 1" -> "sleep 2"}.
 *
 * @param origin the line of the manifest that asks for it; {@link Origin#NONE} when none does
 */
public record Cause(String text, Origin origin) {
  public static Cause of(String text) {
    return new Cause(text, Origin.NONE);
  }

  /**
   * {@code memory.max 512m -> 1g}.
   *
   * @param drifted whether it was the machine that changed, and not the manifest
   */
  static Cause ofLimit(Change change, boolean drifted) {
    String text = change.key() + " " + change.before() + " -> " + change.after();
    return new Cause(drifted ? text + ", drifted" : text, change.origin());
  }

  @Override
  public String toString() {
    return origin.isKnown() ? text + " (" + origin.place() + ")" : text;
  }
}
