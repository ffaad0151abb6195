package jstack.manifest;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The SHA-256 digest of an archive or a text: 64 hexadecimal digits, kept in lower case. */
public record Sha256(String hex) {
  public Sha256 {
    hex = hex.toLowerCase(Locale.ROOT);
    if (hex.length() != 64) {
      throw new IllegalArgumentException(
          "must be 64 hexadecimal digits, got " + hex.length() + " characters");
    }
    for (int i = 0; i < hex.length(); i++) {
      if ("0123456789abcdef".indexOf(hex.charAt(i)) < 0) {
        throw new IllegalArgumentException(
            "must be 64 hexadecimal digits, got the character " + hex.charAt(i));
      }
    }
  }

  /** Accepts a leading {@code sha256:}. */
  public static Sha256 parse(String text) {
    return new Sha256(text.startsWith("sha256:") ? text.substring(7) : text);
  }

  /** That of a text in UTF-8. */
  public static Sha256 of(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return new Sha256(
          HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8))));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return hex;
  }

  /** By hand, because the generated one costs a short-lived JVM 15 ms at its first call. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Sha256 that && hex.equals(that.hex);
  }

  @Override
  public int hashCode() {
    return hex.hashCode();
  }
}
