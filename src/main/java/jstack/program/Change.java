package jstack.program;

import jstack.diag.Origin;

/**
 * One difference between what is and what is wanted, in the words of the manifest.
 *
 * @param key such as {@code command} or {@code environment.PORT}
 * @param before empty when there was nothing
 * @param after empty when there is nothing any more
 * @param cost what it takes to make it true
 */
public record Change(Origin origin, String key, String before, String after, ChangeClass cost) {
  @Override
  public String toString() {
    if (key.endsWith("] content")) {
      return before.isEmpty()
          ? key + " is watched"
          : after.isEmpty() ? key + " is not watched any more" : key + " changed";
    }
    if (key.startsWith("secret ") || key.startsWith("config ")) {
      // Values are hashes of the content, and tell nobody anything.
      String what = before.isEmpty() ? "added" : after.isEmpty() ? "removed" : "content changed";
      return key + ": " + what;
    }
    if (before.isEmpty()) {
      return key + " added: " + after;
    }
    return after.isEmpty() ? key + " removed: " + before : key + ": " + before + " -> " + after;
  }
}
