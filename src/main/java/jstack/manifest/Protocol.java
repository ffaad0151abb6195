package jstack.manifest;

import java.util.Locale;

/** What ports belong to. */
public enum Protocol {
  TCP,
  UDP;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
