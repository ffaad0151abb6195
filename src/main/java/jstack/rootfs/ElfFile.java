package jstack.rootfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the headers of a program or library say that it needs; see elf(5).
 *
 * @param interpreter the loader, empty for libraries and static programs
 * @param searched directories of RUNPATH, or of RPATH where there is no RUNPATH
 */
public record ElfFile(
    int machine, boolean wide, String interpreter, List<String> needed, List<String> searched) {
  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int PT_INTERP = 3;
  private static final int DT_NEEDED = 1;
  private static final int DT_STRTAB = 5;
  private static final int DT_STRSZ = 10;
  private static final int DT_RPATH = 15;
  private static final int DT_RUNPATH = 29;
  private static final int LARGEST_TABLE = 16 << 20;

  private record Segment(int type, long offset, long address, long size) {}

  /** Empty when the file is no ELF file; throws when it is one and broken. */
  public static Optional<ElfFile> read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer ident = bytes(channel, 0, 16);
      if (ident.remaining() < 16 || ident.getInt(0) != 0x7f454c46) {
        return Optional.empty();
      }
      boolean wide = ident.get(4) == 2;
      ByteOrder order = ident.get(5) == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
      return Optional.of(read(channel, wide, order));
    } catch (IndexOutOfBoundsException e) {
      throw new ArchiveException(file + " is a damaged ELF file");
    }
  }

  private static ElfFile read(FileChannel channel, boolean wide, ByteOrder order)
      throws IOException {
    ByteBuffer head = bytes(channel, 0, 64).order(order);
    int machine = head.getShort(18) & 0xffff;
    List<Segment> segments = segments(channel, head, wide, order);
    String interpreter = "";
    List<String> needed = new ArrayList<>();
    List<String> rpath = new ArrayList<>();
    List<String> runpath = new ArrayList<>();
    for (Segment segment : segments) {
      if (segment.type() == PT_INTERP) {
        interpreter = string(bytes(channel, segment.offset(), segment.size()), 0);
      } else if (segment.type() == PT_DYNAMIC) {
        dynamic(channel, segment, segments, wide, order, needed, rpath, runpath);
      }
    }
    return new ElfFile(machine, wide, interpreter, needed, runpath.isEmpty() ? rpath : runpath);
  }

  private static List<Segment> segments(
      FileChannel channel, ByteBuffer head, boolean wide, ByteOrder order) throws IOException {
    long at = wide ? head.getLong(32) : Integer.toUnsignedLong(head.getInt(28));
    int size = head.getShort(wide ? 54 : 42) & 0xffff;
    int count = head.getShort(wide ? 56 : 44) & 0xffff;
    ByteBuffer table = bytes(channel, at, (long) size * count).order(order);
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int base = i * size;
      segments.add(
          wide
              ? new Segment(
                  table.getInt(base),
                  table.getLong(base + 8),
                  table.getLong(base + 16),
                  table.getLong(base + 32))
              : new Segment(
                  table.getInt(base),
                  Integer.toUnsignedLong(table.getInt(base + 4)),
                  Integer.toUnsignedLong(table.getInt(base + 8)),
                  Integer.toUnsignedLong(table.getInt(base + 16))));
    }
    return segments;
  }

  private static void dynamic(
      FileChannel channel,
      Segment segment,
      List<Segment> segments,
      boolean wide,
      ByteOrder order,
      List<String> needed,
      List<String> rpath,
      List<String> runpath)
      throws IOException {
    ByteBuffer table = bytes(channel, segment.offset(), segment.size()).order(order);
    int step = wide ? 16 : 8;
    long strings = 0;
    long stringsSize = 0;
    List<long[]> names = new ArrayList<>();
    for (int at = 0; at + step <= table.limit(); at += step) {
      long tag = wide ? table.getLong(at) : table.getInt(at);
      long value = wide ? table.getLong(at + 8) : Integer.toUnsignedLong(table.getInt(at + 4));
      if (tag == 0) {
        break;
      }
      if (tag == DT_STRTAB) {
        strings = value;
      } else if (tag == DT_STRSZ) {
        stringsSize = value;
      } else if (tag == DT_NEEDED || tag == DT_RPATH || tag == DT_RUNPATH) {
        names.add(new long[] {tag, value});
      }
    }
    ByteBuffer text = bytes(channel, fileOffset(strings, segments), stringsSize);
    for (long[] name : names) {
      String value = string(text, (int) name[1]);
      if (name[0] == DT_NEEDED) {
        needed.add(value);
      } else {
        List<String> into = name[0] == DT_RPATH ? rpath : runpath;
        into.addAll(List.of(value.split(":", -1)));
      }
    }
  }

  private static long fileOffset(long address, List<Segment> segments) {
    for (Segment segment : segments) {
      boolean inside = address >= segment.address() && address < segment.address() + segment.size();
      if (segment.type() == PT_LOAD && inside) {
        return address - segment.address() + segment.offset();
      }
    }
    return address;
  }

  private static ByteBuffer bytes(FileChannel channel, long at, long size) throws IOException {
    if (size < 0 || size > LARGEST_TABLE || at < 0) {
      throw new IndexOutOfBoundsException();
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) size);
    int count;
    do {
      count = channel.read(buffer, at + buffer.position());
    } while (count > 0 && buffer.hasRemaining());
    return buffer.flip();
  }

  private static String string(ByteBuffer bytes, int from) {
    int end = from;
    while (end < bytes.limit() && bytes.get(end) != 0) {
      end++;
    }
    return StandardCharsets.UTF_8.decode(bytes.slice(from, end - from)).toString();
  }
}
