package jstack.engine;

/**
 * What a container is made from, for its receipts. No part of its program: a comment in the
 * manifest makes nobody anew.
 *
 * @param rootfsDigest empty when it has the tree of another
 * @param manifest of the text
 */
public record Provenance(String rootfsDigest, TextDigest manifest) {

  /** The lines that the supervisor takes over. */
  String lines() {
    String rootfs = rootfsDigest.isEmpty() ? "" : "rootfs_digest=" + rootfsDigest + "\n";
    return rootfs + "manifest_digest=" + manifest.hex() + "\n";
  }
}
