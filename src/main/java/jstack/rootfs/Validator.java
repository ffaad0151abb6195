package jstack.rootfs;

import java.util.List;
import java.util.Optional;

/**
 * What is known of an archive that was fetched: its digest, and what the server called this version
 * of it; see RFC 9110, section 8.8.
 */
record Validator(String digest, String etag, String lastModified) {
  /** Inverse of {@link #toString()}; empty for a torn or foreign text. */
  static Optional<Validator> parse(String text) {
    List<String> lines = text.lines().toList();
    boolean whole = lines.size() == 3 && lines.get(0).length() == 64 && text.endsWith("\n");
    return whole
        ? Optional.of(new Validator(lines.get(0), lines.get(1), lines.get(2)))
        : Optional.empty();
  }

  /** Whether it can prove that a part belongs to the same version: weak tags cannot. */
  boolean isStrong() {
    return !condition().isEmpty();
  }

  /** What If-Range takes. */
  String condition() {
    return !etag.isEmpty() && !etag.startsWith("W/") ? etag : lastModified;
  }

  @Override
  public String toString() {
    return digest + "\n" + etag + "\n" + lastModified + "\n";
  }
}
