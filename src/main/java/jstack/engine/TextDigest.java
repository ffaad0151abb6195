package jstack.engine;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * What sha256sum(1) says of a text: worked out when somebody asks, and once for all who do. The
 * first of a JVM takes long, whatever its text: all that can be asked for digests is set up then.
 */
public final class TextDigest {
  private final FutureTask<String> hex;

  public TextDigest(String text) {
    this.hex = new FutureTask<>(() -> sha256(text));
  }

  /** Has it worked out meanwhile, for somebody who is going to ask. */
  void begin() {
    Thread thread = new Thread(hex, "digest");
    thread.setDaemon(true);
    thread.start();
  }

  String hex() {
    hex.run(); // nothing is done twice
    try {
      return hex.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Waiting.cancelled();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the digest of a text", e.getCause());
    }
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
