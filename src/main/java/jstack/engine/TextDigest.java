package jstack.engine;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** What sha256sum(1) says of a text: worked out when somebody asks, and once for all who do. */
public final class TextDigest {
  private final String text;
  private @Nullable String hex;

  public TextDigest(String text) {
    this.text = text;
  }

  String hex() {
    String known = hex;
    if (known == null) {
      known = sha256(text);
      hex = known;
    }
    return known;
  }

  private static String sha256(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
