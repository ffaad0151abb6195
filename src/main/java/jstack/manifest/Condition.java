package jstack.manifest;

import java.util.ArrayList;
import java.util.List;

/** How far a service has to have come before those that depend on it start; as in Compose. */
public enum Condition {
  /** Its process runs. */
  STARTED("service_started"),
  /** Its health check has passed. */
  HEALTHY("service_healthy"),
  /** It has ended with exit code 0. */
  COMPLETED("service_completed_successfully");

  private final String word;

  Condition(String word) {
    this.word = word;
  }

  public static List<String> words() {
    List<String> words = new ArrayList<>();
    for (Condition each : values()) {
      words.add(each.word);
    }
    return words;
  }

  public static Condition parse(String word) {
    return values()[words().indexOf(word)];
  }

  @Override
  public String toString() {
    return word;
  }
}
