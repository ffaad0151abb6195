package jstack.engine;

import java.nio.charset.StandardCharsets;

/**
 * What a container is made from, for its receipts. No part of its program: a comment in the
 * manifest makes nobody anew.
 *
 * @param rootfsDigest empty when it has the tree of another
 * @param manifest of the text
 */
public record Provenance(String rootfsDigest, TextDigest manifest) {

  /** The lines that the supervisor takes over. */
  byte[] lines() {
    String rootfs = rootfsDigest.isEmpty() ? "" : "rootfs_digest=" + rootfsDigest + "\n";
    String text = rootfs + "manifest_digest=" + manifest.hex() + "\n";
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
