package jstack.plan;

import jstack.diag.Origin;

/**
 * Why something is done, as the piece of a sentence: {@code command: "sleep 1" -> "sleep 2"}.
 *
 * @param origin the line of the manifest that asks for it; {@link Origin#NONE} when none does
 */
public record Cause(String text, Origin origin) {
  public static Cause of(String text) {
    return new Cause(text, Origin.NONE);
  }

  @Override
  public String toString() {
    return origin.isKnown() ? text + " (" + origin.place() + ")" : text;
  }
}
