package jstack.linux;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads files of a page or so, of the kernel or our own, that may be gone at any time. A verb that
 * looks at many containers reads hundreds of them in a JVM that has just begun: a channel, or an
 * exception for each that is missing, would cost more than all the reading.
 */
public final class SmallFile {
  /** As much as the JVM reads without a buffer of its own in between. */
  private static final int PIECE = 8192;

  /** A new one for each file would cost the kernel a page or two each time. */
  private static byte[] scratch = new byte[2 * PIECE];

  private SmallFile() {}

  /** All of it; nothing when it is not there or cannot be read. */
  public static byte[] bytes(Path file) {
    return bytes(file.toString());
  }

  /**
   * The same of a file that others wrote, and may have put one of the kernel's in its place that
   * never ends: such one says that it is empty.
   */
  public static byte[] written(String name) {
    return new File(name).length() == 0 ? new byte[0] : bytes(name);
  }

  /** The same of a name that nobody needs a Path of. */
  public static synchronized byte[] bytes(String name) {
    int length = read(name); // Reading may make the scratch anew.
    return Arrays.copyOf(scratch, length);
  }

  private static int read(String name) {
    File file = new File(name);
    if (!file.isFile()) { // a pipe in its place would hold whoever opens it
      return 0;
    }
    try (FileInputStream in = new FileInputStream(file)) {
      int length = 0;
      for (int read; (read = in.read(scratch, length, PIECE)) > 0; ) {
        length += read;
        if (length + PIECE > scratch.length) {
          scratch = Arrays.copyOf(scratch, 2 * scratch.length);
        }
      }
      return length;
    } catch (IOException e) {
      return 0; // It went meanwhile.
    }
  }

  /**
   * A file of our own that is to be opened otherwise: of a pipe, a directory or a device that lies
   * in its place it is said that it is none, before anybody waits for its other end.
   */
  public static void requireFile(Path file) throws IOException {
    if (!Files.isRegularFile(file) && Files.exists(file)) {
      throw new IOException(file + " is no file");
    }
  }

  /** A text of the kernel: a byte is a character. */
  public static String text(Path file) {
    return text(file.toString());
  }

  public static String text(String name) {
    return text(name, StandardCharsets.ISO_8859_1);
  }

  public static synchronized String text(String name, Charset charset) {
    int length = read(name); // Reading may make the scratch anew.
    return new String(scratch, 0, length, charset);
  }
}
