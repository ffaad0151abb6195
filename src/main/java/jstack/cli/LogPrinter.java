package jstack.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.engine.LogRecord;
import jstack.state.ContainerId;

/**
 * Prints records of logs, each line behind the name of its container. Piped, the bytes of the
 * container come out as they went in; on a terminal its control sequences are made visible, so that
 * a container cannot drive the reader's screen.
 */
final class LogPrinter {
  private static final String[] COLOURS = {"36", "33", "32", "35", "34", "96", "93", "92"};
  private static final byte[] REPLACEMENT = "\uFFFD".getBytes(StandardCharsets.UTF_8);

  private static final byte[] PLAIN = "\u001b[0m".getBytes(StandardCharsets.US_ASCII);

  private final PrintStream out;
  private final boolean prefixed;
  private final boolean timestamps;
  private final boolean colour;
  private final boolean terminal;
  private final int width;
  private final Map<ContainerId, byte[]> prefixes = new HashMap<>();
  private final Set<ContainerId> insideLine = new HashSet<>();

  /**
   * @param names those that may appear: they decide how wide the column of names is
   */
  LogPrinter(
      PrintStream out,
      List<ContainerId> names,
      boolean prefixed,
      boolean timestamps,
      boolean colour,
      boolean terminal) {
    this.out = out;
    this.prefixed = prefixed;
    this.timestamps = timestamps;
    this.colour = colour;
    this.terminal = terminal;
    this.width = names.stream().mapToInt(id -> id.name().length()).max().orElse(0);
    names.forEach(this::prefix);
  }

  void print(ContainerId id, LogRecord record) {
    ByteArrayOutputStream line = new ByteArrayOutputStream(record.text().length + 64);
    if (!insideLine.contains(id)) {
      if (prefixed) {
        line.writeBytes(prefix(id));
      }
      if (timestamps) {
        line.writeBytes((record.timestamp() + " ").getBytes(StandardCharsets.US_ASCII));
      }
    }
    if (terminal) {
      if (writeVisible(line, record.text())) {
        line.writeBytes(PLAIN); // hidden text would go on in the lines of others
      }
    } else {
      line.writeBytes(record.text());
    }
    if (record.partial() && !prefixed) {
      insideLine.add(id);
    } else {
      insideLine.remove(id);
      line.write('\n');
    }
    out.write(line.toByteArray(), 0, line.size());
  }

  void flush() {
    out.flush();
  }

  /**
   * Tabs and the sequences for colour and weight pass; what moves the cursor, sets titles or turns
   * the direction of writing does not.
   *
   * @return whether a colour or weight passed
   */
  private static boolean writeVisible(ByteArrayOutputStream line, byte[] text) {
    int i = 0;
    boolean coloured = false;
    while (i < text.length) {
      int graphic = text[i] == 0x1b ? graphicRendition(text, i) : 0;
      int value = text[i] & 0xff;
      if (graphic > 0) {
        line.write(text, i, graphic);
        i += graphic;
        coloured = true;
      } else if (turnsDirection(text, i)) {
        line.writeBytes(REPLACEMENT);
        i += 3;
      } else {
        boolean lastReturn = value == '\r' && i == text.length - 1;
        boolean c1 = value == 0xc2 && i + 1 < text.length && (text[i + 1] & 0xe0) == 0x80;
        if (c1) {
          line.writeBytes(REPLACEMENT);
          i++;
        } else if (value == 0x7f || (value < 0x20 && value != '\t' && !lastReturn)) {
          line.writeBytes(REPLACEMENT);
        } else if (!lastReturn) {
          line.write(value);
        }
        i++;
      }
    }
    return coloured;
  }

  /** U+202A to U+202E and U+2066 to U+2069: what follows would be read in another order. */
  private static boolean turnsDirection(byte[] text, int at) {
    if (at + 2 >= text.length || (text[at] & 0xff) != 0xe2) {
      return false;
    }
    int last = text[at + 2] & 0xff;
    return switch (text[at + 1] & 0xff) {
      case 0x80 -> last >= 0xaa && last <= 0xae;
      case 0x81 -> last >= 0xa6 && last <= 0xa9;
      default -> false;
    };
  }

  /** The length of an SGR sequence (ESC [ digits and semicolons m), 0 when it is something else. */
  private static int graphicRendition(byte[] text, int at) {
    if (at + 1 >= text.length || text[at + 1] != '[') {
      return 0;
    }
    for (int i = at + 2; i < text.length && i < at + 32; i++) {
      if (text[i] == 'm') {
        return i - at + 1;
      }
      if ((text[i] < '0' || text[i] > '9') && text[i] != ';') {
        return 0;
      }
    }
    return 0;
  }

  private byte[] prefix(ContainerId id) {
    return prefixes.computeIfAbsent(id, this::newPrefix);
  }

  private byte[] newPrefix(ContainerId id) {
    String name = id.name() + " ".repeat(Math.max(0, width - id.name().length()));
    String plain = name + "  | ";
    String code = COLOURS[prefixes.size() % COLOURS.length];
    String text = colour ? "\u001b[" + code + "m" + plain + "\u001b[0m" : plain;
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
