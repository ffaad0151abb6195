package jstack.cli;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Bad manifests that are too large or too odd to be written down. */
final class BadManifests {
  private static final String GOOD = "services:\n  a:\n    rootfs: ./r.tar\n    command: x\n";

  private BadManifests() {}

  /** What the cases name on this machine. */
  static void furnish(Path folder) throws IOException, InterruptedException {
    Files.write(folder.resolve("r.tar"), new byte[1024]);
    Files.createDirectories(folder.resolve("dir"));
    Files.writeString(folder.resolve("dir/file"), "x");
    Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
    Files.createSymbolicLink(folder.resolve("outside"), Path.of("/usr"));
    Process made = new ProcessBuilder("mkfifo", folder.resolve("fifo").toString()).start();
    if (made.waitFor() != 0) {
      throw new IOException("mkfifo");
    }
    try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(folder.resolve("socket"))); // it outlives the channel
    }
  }

  static byte[] generate(String name) {
    return switch (name) {
      case "empty" -> new byte[0];
      case "4-mib" -> text(GOOD + "#" + "x".repeat(4 << 20));
      case "billion-laughs" -> text(laughs());
      case "doubling-39" -> text(doubling());
      case "100000-anchors" -> text(anchors());
      case "10000-brackets" -> text("services: " + "[".repeat(10_000));
      case "10000-brackets-closed" ->
          text("services: " + "[".repeat(10_000) + "]".repeat(10_000) + "\n");
      case "10000-indents" -> text(indents());
      case "900-kb-command" ->
          text("services:\n  a:\n    rootfs: ./r.tar\n    command: " + "x".repeat(900 << 10));
      case "900-kb-key" -> text(GOOD + "    " + "k".repeat(900 << 10) + ": 1\n");
      case "900-kb-duration" -> text(GOOD + "    stop_grace_period: " + "1s".repeat(450 << 10));
      case "900-kb-service-name" ->
          text("services:\n  " + "n".repeat(900 << 10) + ": {rootfs: ./r.tar, command: x}\n");
      case "5-kb-source" -> text(GOOD + "    mounts: [\"/" + "p/".repeat(2500) + ":/x\"]\n");
      case "300-component" -> text(GOOD + "    mounts: [\"./" + "p".repeat(300) + ":/x\"]\n");
      case "65-hostname" -> text(GOOD + "    hostname: " + "h".repeat(65) + "\n");
      case "64-hostname" -> text(GOOD + "    hostname: " + "h".repeat(64) + "\n");
      case "64-service-name" ->
          text("services:\n  " + "n".repeat(64) + ": {rootfs: ./r.tar, command: x}\n");
      case "400-id-ranges" -> text(idRanges());
      case "130-kib-variable" -> text(GOOD + "    environment: {A: " + "v".repeat(131072) + "}\n");
      case "3-mib-environment" -> text(environment());
      case "1000-errors" -> text(GOOD + "    wrong: 1\n    wrong".repeat(999) + ": 1\n");
      case "30-errors" -> text(errors());
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String laughs() {
    StringBuilder out =
        new StringBuilder("x-a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for (char c = 'b'; c <= 'i'; c++) {
      String before = "*" + (char) (c - 1);
      out.append("x-").append(c).append(": &").append(c).append(" [");
      out.append((before + ", ").repeat(8)).append(before).append("]\n");
    }
    return out + GOOD;
  }

  private static String doubling() {
    StringBuilder out = new StringBuilder("x-0: &n0 {a: 1}\n");
    for (int i = 1; i < 39; i++) {
      out.append("x-").append(i).append(": &n").append(i);
      out.append(" [*n").append(i - 1).append(", *n").append(i - 1).append("]\n");
    }
    return out + GOOD;
  }

  private static String anchors() {
    StringBuilder out = new StringBuilder("x-a:\n");
    for (int i = 0; i < 100_000; i++) {
      out.append("- &").append(Integer.toString(i, 36)).append('\n');
    }
    return out + GOOD;
  }

  private static String indents() {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < 1400; i++) { // about as deep as 1 MiB allows
      out.append(" ".repeat(i)).append("a:\n");
    }
    return out.toString();
  }

  private static String idRanges() {
    StringBuilder out = new StringBuilder(GOOD + "    namespaces: {user: {uid_map: [");
    for (int i = 0; i < 400; i++) {
      out.append(i == 0 ? "" : ", ").append('"').append(i).append(':').append(600_000 + 2 * i);
      out.append(":1\"");
    }
    return out + "]}}\n";
  }

  private static String environment() {
    StringBuilder out = new StringBuilder("x-v: &v " + "v".repeat(100_000) + "\n" + GOOD);
    out.append("    environment:\n");
    for (int i = 0; i < 30; i++) {
      out.append("      A").append(i).append(": *v\n");
    }
    return out.toString();
  }

  private static String errors() {
    StringBuilder out = new StringBuilder(GOOD);
    for (int i = 0; i < 30; i++) {
      out.append("    wrong").append(i).append(": 1\n");
    }
    return out.toString();
  }
}
