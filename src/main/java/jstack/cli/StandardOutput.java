package jstack.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The way to the standard output that remembers why it broke: a {@code PrintStream} above it keeps
 * the fact alone, and data that a full disk has swallowed must not end in exit code 0.
 */
final class StandardOutput extends FilterOutputStream {
  private @Nullable IOException broken;

  StandardOutput(OutputStream to) {
    super(to);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      broken = broken == null ? e : broken;
      throw e;
    }
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  /**
   * Why data was lost, or null. A reader that has seen enough ({@code | head}, EPIPE) lost nothing.
   */
  @Nullable String loss() {
    if (broken == null) {
      return null;
    }
    String why = String.valueOf(broken.getMessage());
    return why.contains("Broken pipe") ? null : why;
  }
}
