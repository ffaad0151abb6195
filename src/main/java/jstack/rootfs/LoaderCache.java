package jstack.rootfs;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code /etc/ld.so.cache} in the format that glibc writes since 2.2: library name to files; see
 * ldconfig(8).
 */
final class LoaderCache {
  private static final byte[] MAGIC = "glibc-ld.so.cache1.1".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADER = 48;
  private static final int ENTRY = 24;

  private final Map<String, List<Path>> files = new HashMap<>();

  /**
   * An empty one when the file is missing or of another format: the default directories are left.
   */
  static LoaderCache read(Path file) {
    LoaderCache cache = new LoaderCache();
    try {
      cache.parse(Files.readAllBytes(file));
    } catch (IOException | IndexOutOfBoundsException | BufferUnderflowException e) {
      return new LoaderCache();
    }
    return cache;
  }

  private void parse(byte[] bytes) {
    int start = indexOfMagic(bytes);
    if (start < 0) {
      return;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int count = buffer.getInt(start + MAGIC.length);
    for (int i = 0; i < count; i++) {
      int at = start + HEADER + i * ENTRY;
      String name = string(bytes, start + buffer.getInt(at + 4));
      String path = string(bytes, start + buffer.getInt(at + 8));
      files.computeIfAbsent(name, key -> new ArrayList<>()).add(Path.of(path));
    }
  }

  private static int indexOfMagic(byte[] bytes) {
    for (int i = 0; i + MAGIC.length < bytes.length; i += 4) {
      if (java.util.Arrays.equals(bytes, i, i + MAGIC.length, MAGIC, 0, MAGIC.length)) {
        return i;
      }
    }
    return -1;
  }

  private static String string(byte[] bytes, int from) {
    int end = from;
    while (bytes[end] != 0) {
      end++;
    }
    return new String(bytes, from, end - from, StandardCharsets.UTF_8);
  }

  List<Path> find(String library) {
    return files.getOrDefault(library, List.of());
  }
}
