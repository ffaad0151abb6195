package jstack.manifest.yaml;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Variables by their names. It says which names were asked for, whether there is one or not. */
public final class Variables extends HashMap<String, String> {
  private static final long serialVersionUID = 1;

  private final transient Consumer<String> asked;

  /**
   * None yet.
   *
   * @param asked is told each name
   */
  public Variables(Consumer<String> asked) {
    this.asked = asked;
  }

  /** None yet, and whoever is told of the others is told of these. */
  public static Map<String, String> like(Map<String, String> others) {
    return others instanceof Variables known ? new Variables(known.asked) : new HashMap<>();
  }

  @Override
  public @Nullable String get(Object name) {
    asked.accept((String) name);
    return super.get(name);
  }

  @Override
  public boolean containsKey(Object name) {
    asked.accept((String) name);
    return super.containsKey(name);
  }

  @Override
  public String getOrDefault(Object name, String fallback) {
    asked.accept((String) name);
    return super.getOrDefault(name, fallback);
  }
}
