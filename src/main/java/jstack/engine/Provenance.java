package jstack.engine;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a container is made from, for its receipts. No part of its program: a comment in the
 * manifest makes nobody anew.
 *
 * @param rootfsDigest empty when it has the tree of another
 * @param manifest the text; its digest is worked out only when somebody starts
 */
public record Provenance(String rootfsDigest, String manifest) {

  /** The lines that the supervisor takes over. The manifest's digest is that of sha256sum(1). */
  byte[] lines() {
    String rootfs = rootfsDigest.isEmpty() ? "" : "rootfs_digest=" + rootfsDigest + "\n";
    String text = rootfs + "manifest_digest=" + sha256(manifest) + "\n";
    return text.getBytes(StandardCharsets.UTF_8);
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
