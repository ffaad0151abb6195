package jstack.engine;

import java.time.Instant;
import java.util.Optional;

/**
 * One line of a container's output as its log keeps it, in the format of CRI: {@code
 * 2026-01-02T03:04:05.123456789Z stdout F text}. The text is bytes; nothing is decoded.
 *
 * @param stream {@code stdout}, {@code stderr}, or the supervisor's own {@code jstack}
 * @param partial the line goes on in the next record of the same stream
 */
public record LogRecord(String timestamp, String stream, boolean partial, byte[] text) {

  /** Reads the bytes of one line without its newline; empty when the line is torn. */
  static Optional<LogRecord> parse(byte[] bytes, int from, int to) {
    int first = indexOfSpace(bytes, from, to);
    int second = first < 0 ? -1 : indexOfSpace(bytes, first + 1, to);
    int third = second < 0 ? -1 : indexOfSpace(bytes, second + 1, to);
    if (third < 0) {
      return Optional.empty();
    }
    String timestamp = ascii(bytes, from, first);
    String stream = ascii(bytes, first + 1, second);
    boolean partial = bytes[second + 1] == 'P';
    byte[] text = java.util.Arrays.copyOfRange(bytes, third + 1, to);
    return Optional.of(new LogRecord(timestamp, stream, partial, text));
  }

  private static int indexOfSpace(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == ' ') {
        return i;
      }
    }
    return -1;
  }

  private static String ascii(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, java.nio.charset.StandardCharsets.US_ASCII);
  }

  /** When it was written. */
  public Instant at() {
    return Instant.parse(timestamp);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LogRecord that
        && timestamp.equals(that.timestamp)
        && stream.equals(that.stream)
        && partial == that.partial
        && java.util.Arrays.equals(text, that.text);
  }

  @Override
  public int hashCode() {
    return timestamp.hashCode();
  }
}
