package jstack.plan;

import jstack.diag.Origin;

/**
 * Something that is not as the manifest says.
 *
 * @param name of the container, or of the network
 * @param key of the manifest, below the service
 * @param origin the line that asks for it
 */
public record Drift(String name, String key, String wanted, String seen, Origin origin, Mend mend) {
  /** What makes it true again. */
  public enum Mend {
    UP("up mends it"),
    RECREATE("up --force-recreate mends it"),
    DOWN("down and up mend it"),
    SUPERVISOR("its supervisor starts it again");

    private final String text;

    Mend(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
