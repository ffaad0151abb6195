package jstack.rootfs;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records of {@code LENGTH KEY=VALUE\n}, the length counting all of it; see pax(1). */
final class PaxRecords {
  static final PaxRecords NONE = new PaxRecords(Map.of());

  private static final String ATTRIBUTE = "SCHILY.xattr.";

  private final Map<String, byte[]> records;

  private PaxRecords(Map<String, byte[]> records) {
    this.records = records;
  }

  static PaxRecords parse(byte[] body) throws ArchiveException {
    Map<String, byte[]> records = new LinkedHashMap<>();
    int at = 0;
    while (at < body.length && body[at] != 0) {
      int space = indexOf(body, ' ', at, Math.min(body.length, at + 8));
      int end = at + length(body, at, space);
      int equals = indexOf(body, '=', space, Math.min(end, body.length));
      if (end <= at || end > body.length || body[end - 1] != '\n' || equals < 0) {
        throw malformed();
      }
      String key = new String(body, space + 1, equals - space - 1, StandardCharsets.UTF_8);
      records.put(key, Arrays.copyOfRange(body, equals + 1, end - 1));
      at = end;
    }
    return new PaxRecords(records);
  }

  private static int length(byte[] body, int at, int space) throws ArchiveException {
    if (space <= at) {
      throw malformed();
    }
    int length = 0;
    for (int i = at; i < space; i++) {
      if (body[i] < '0' || body[i] > '9') {
        throw malformed();
      }
      length = length * 10 + body[i] - '0';
    }
    return length;
  }

  private static ArchiveException malformed() {
    return new ArchiveException("a malformed pax header");
  }

  byte @Nullable [] get(String key) {
    return records.get(key);
  }

  boolean has(String key) {
    return records.containsKey(key);
  }

  /** A key of a global header that would change what an entry is, for every one that follows. */
  @Nullable String decisive() {
    for (String key : records.keySet()) {
      boolean decides =
          switch (key) {
            case "path", "linkpath", "size", "uid", "gid" -> true;
            default -> key.startsWith("GNU.sparse.") || key.startsWith("SCHILY.");
          };
      if (decides) {
        return key;
      }
    }
    return null;
  }

  /** A number, or the other value when there is no such record. */
  long number(String key, long otherwise) throws ArchiveException {
    byte[] digits = records.get(key);
    if (digits == null) {
      return otherwise;
    }
    long value = 0;
    for (byte digit : digits) {
      if (digit < '0' || digit > '9' || value > Long.MAX_VALUE / 10 - 9) {
        throw new ArchiveException("a malformed " + key);
      }
      value = value * 10 + digit - '0';
    }
    if (digits.length == 0) {
      throw new ArchiveException("a malformed " + key);
    }
    return value;
  }

  /** Whether the content begins with the map of a sparse file; see GNU tar, "Sparse Formats". */
  boolean mapLeadsContent() {
    byte[] major = records.get("GNU.sparse.major");
    return major != null && !Arrays.equals(major, new byte[] {'0'});
  }

  Map<String, byte[]> attributes() {
    Map<String, byte[]> attributes = new LinkedHashMap<>();
    records.forEach(
        (key, value) -> {
          if (key.startsWith(ATTRIBUTE)) {
            attributes.put(key.substring(ATTRIBUTE.length()), value);
          }
        });
    return attributes;
  }

  private static int indexOf(byte[] bytes, int wanted, int from, int to) {
    for (int i = Math.max(0, from); i < to; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }
}
