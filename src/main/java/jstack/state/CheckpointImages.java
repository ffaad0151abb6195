package jstack.state;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import jstack.program.OutsideFiles;

/**
 * Two things that criu's images say of our containers and that its own restore cannot do, put right
 * in place; see crit(1) and criu.org/Images. An image is eight bytes of magic and then messages of
 * protocol buffers, each behind its length; those of pipes have the data behind the message.
 *
 * <ul>
 *   <li>The first process runs a file in memory (see main.c). As a program's file criu only knows
 *       those that have a path: it is named as one that the restore hands over.
 *   <li>What lay in the streams when criu looked has gone to the log. Brought back it would be
 *       there twice.
 * </ul>
 */
public final class CheckpointImages {
  private static final int MAGIC_BYTES = 8;

  /** Above all that criu counts up to. */
  private static final long SHIM_ID = 0x7fff_0001L;

  private static final int MM_EXE_FILE_ID = 12;
  private static final int PIPE_DATA_ID = 1;
  private static final int PIPE_DATA_BYTES = 2;
  private static final int REGULAR = 1;

  private final Path directory;

  public CheckpointImages(Path directory) {
    this.directory = directory;
  }

  /** May be called again after it was interrupted. */
  public void adapt(OutsideFiles outside) throws IOException {
    nameShim();
    dropStreams(Set.of(inode(outside.stdout()), inode(outside.stderr())));
  }

  /** A FIFO goes by the lower half of its inode. */
  private static long inode(String file) {
    String hex = file.substring(file.indexOf(':') + 1, file.length() - 1);
    return Long.parseUnsignedLong(hex, 16) & 0xffff_ffffL;
  }

  private void nameShim() throws IOException {
    Path memory = directory.resolve("mm-1.img"); // of process 1
    byte[] image = Files.readAllBytes(memory);
    Message message = new Messages(image).next();
    byte[] changed = withVarint(message.bytes(), MM_EXE_FILE_ID, SHIM_ID);
    if (java.util.Arrays.equals(changed, message.bytes())) {
      return;
    }
    Path files = directory.resolve("files.img");
    byte[] known = Files.readAllBytes(files);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (new String(known, StandardCharsets.ISO_8859_1).contains(OutsideFiles.SHIM)) {
      out.writeBytes(known);
    } else {
      out.writeBytes(known);
      add(out, shimFile());
    }
    AtomicFile.writeDurably(files, out.toByteArray());
    out.reset();
    out.write(image, 0, MAGIC_BYTES);
    add(out, changed);
    AtomicFile.writeDurably(memory, out.toByteArray());
  }

  /** A file_entry with a reg_file_entry in it: opened for reading, handed over from outside. */
  private static byte[] shimFile() {
    ByteArrayOutputStream owner = new ByteArrayOutputStream();
    for (int field = 1; field <= 5; field++) {
      varintField(owner, field, 0); // nobody gets signals of it
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    varintField(file, 1, SHIM_ID);
    varintField(file, 2, 0); // O_RDONLY
    varintField(file, 3, 0); // position
    bytesField(file, 5, owner.toByteArray());
    bytesField(file, 6, OutsideFiles.SHIM.getBytes(StandardCharsets.UTF_8));
    varintField(file, 9, 1); // external
    ByteArrayOutputStream entry = new ByteArrayOutputStream();
    varintField(entry, 1, REGULAR);
    varintField(entry, 2, SHIM_ID);
    bytesField(entry, 3, file.toByteArray());
    return entry.toByteArray();
  }

  private void dropStreams(Set<Long> streams) throws IOException {
    Path file = directory.resolve("fifo-data.img");
    if (!Files.exists(file)) {
      return;
    }
    byte[] image = Files.readAllBytes(file);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(image, 0, MAGIC_BYTES);
    Messages messages = new Messages(image);
    while (messages.hasNext()) {
      Message message = messages.next();
      byte[] data = messages.take((int) message.varint(PIPE_DATA_BYTES));
      if (!streams.contains(message.varint(PIPE_DATA_ID))) {
        add(out, message.bytes());
        out.writeBytes(data);
      }
    }
    if (out.size() != image.length) {
      AtomicFile.writeDurably(file, out.toByteArray());
    }
  }

  private static void add(ByteArrayOutputStream out, byte[] message) {
    ByteBuffer length = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    out.writeBytes(length.putInt(message.length).array());
    out.writeBytes(message);
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long left = value;
    while ((left & ~0x7fL) != 0) {
      out.write((int) ((left & 0x7f) | 0x80));
      left >>>= 7;
    }
    out.write((int) left);
  }

  private static void varintField(ByteArrayOutputStream out, int field, long value) {
    varint(out, (long) field << 3);
    varint(out, value);
  }

  private static void bytesField(ByteArrayOutputStream out, int field, byte[] value) {
    varint(out, ((long) field << 3) | 2);
    varint(out, value.length);
    out.writeBytes(value);
  }

  private static byte[] withVarint(byte[] message, int field, long value) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Field each : new Message(message).fields()) {
      if (each.number() == field) {
        varintField(out, field, value);
      } else {
        out.write(message, each.from(), each.to() - each.from());
      }
    }
    return out.toByteArray();
  }

  /**
   * @param from where its bytes begin in the message, its tag included
   * @param value of a number; 0 of anything else
   */
  private record Field(int number, int from, int to, long value) {}

  private record Message(byte[] bytes) {
    long varint(int field) throws IOException {
      for (Field each : fields()) {
        if (each.number() == field) {
          return each.value();
        }
      }
      throw new IOException("an image without its field " + field);
    }

    List<Field> fields() throws IOException {
      List<Field> fields = new ArrayList<>();
      Cursor cursor = new Cursor(bytes);
      while (cursor.at < bytes.length) {
        int from = cursor.at;
        long tag = cursor.varint();
        long value = 0;
        switch ((int) (tag & 7)) {
          case 0 -> value = cursor.varint();
          case 1 -> cursor.skip(8);
          case 2 -> cursor.skip(cursor.varint());
          case 5 -> cursor.skip(4);
          default -> throw new IOException("an image of another form");
        }
        fields.add(new Field((int) (tag >>> 3), from, cursor.at, value));
      }
      return fields;
    }
  }

  private static final class Cursor {
    private final byte[] bytes;
    private int at;

    Cursor(byte[] bytes) {
      this.bytes = bytes;
    }

    long varint() throws IOException {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        if (at >= bytes.length) {
          throw new IOException("an image that is cut off");
        }
        byte next = bytes[at++];
        value |= (long) (next & 0x7f) << shift;
        if (next >= 0) {
          return value;
        }
      }
      throw new IOException("an image of another form");
    }

    void skip(long count) throws IOException {
      if (count < 0 || count > bytes.length - at) {
        throw new IOException("an image that is cut off");
      }
      at += (int) count;
    }
  }

  private static final class Messages {
    private final byte[] image;
    private int at = MAGIC_BYTES;

    Messages(byte[] image) {
      this.image = image;
    }

    boolean hasNext() {
      return at < image.length;
    }

    Message next() throws IOException {
      byte[] length = take(4);
      return new Message(take(ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getInt()));
    }

    byte[] take(int count) throws IOException {
      if (count < 0 || count > image.length - at) {
        throw new IOException("an image that is cut off");
      }
      byte[] taken = java.util.Arrays.copyOfRange(image, at, at + count);
      at += count;
      return taken;
    }
  }
}
