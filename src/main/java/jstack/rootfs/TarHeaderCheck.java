package jstack.rootfs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Walks the raw 512-byte headers of a tar on their way to the parser, and refuses what parsers read
 * differently or pay dearly for: bad checksums, extensions of any size, extensions that apply to
 * the wrong header, sizes on entries that have no body, an end that is missing. It also keeps what
 * a parser loses: names and attributes as bytes.
 *
 * <p>The format is that of tar(5) and pax(1), with the extensions of GNU.
 */
final class TarHeaderCheck extends InputStream {
  private static final int BLOCK = 512;
  private static final int MOST_SPARSE_BLOCKS = 5000;

  private final InputStream in;
  private final UnpackPolicy policy;
  private final byte[] block = new byte[BLOCK];
  private int filled;
  private long offset;
  private long entries;
  private long bodyLeft;
  private boolean inSparseMap;
  private int sparseBlocks;
  private boolean ended;
  private int zeroBlocks;
  private byte bodyOf;
  private @Nullable ByteArrayOutputStream capture;

  private byte @Nullable [] longName;
  private byte @Nullable [] longLink;
  private @Nullable Map<String, byte[]> extended;
  private RawEntry current = new RawEntry((byte) 0, new byte[0], new byte[0], Map.of());

  /**
   * What the headers of one entry say, as bytes.
   *
   * @param kind the link flag of its header
   * @param attributes records of its pax header that name extended attributes
   */
  record RawEntry(byte kind, byte[] name, byte[] link, Map<String, byte[]> attributes) {}

  TarHeaderCheck(InputStream in, UnpackPolicy policy) {
    this.in = in;
    this.policy = policy;
  }

  /** The entry whose header went by last. */
  RawEntry current() {
    return current;
  }

  /** Whether the two empty blocks that end a tar went by. */
  boolean hasEnded() {
    return zeroBlocks >= 2;
  }

  long entries() {
    return entries;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int length) throws IOException {
    int count = in.read(bytes, from, length);
    if (count > 0) {
      walk(bytes, from, count);
    }
    return count;
  }

  private void walk(byte[] bytes, int from, int count) throws IOException {
    int at = from;
    int left = count;
    while (left > 0) {
      int taken;
      if (ended) {
        taken = left;
      } else if (bodyLeft > 0) {
        taken = (int) Math.min(left, bodyLeft);
        body(bytes, at, taken);
      } else {
        taken = Math.min(left, BLOCK - filled);
        System.arraycopy(bytes, at, block, filled, taken);
        filled += taken;
        if (filled == BLOCK) {
          filled = 0;
          header();
        }
      }
      offset += taken;
      at += taken;
      left -= taken;
    }
  }

  private void body(byte[] bytes, int at, int taken) throws IOException {
    if (capture != null) {
      capture.write(bytes, at, taken);
    }
    bodyLeft -= taken;
    if (bodyLeft == 0 && capture != null) {
      extension(bodyOf, capture.toByteArray());
      capture = null;
    }
  }

  private void header() throws IOException {
    if (inSparseMap) {
      sparseBlocks++;
      if (sparseBlocks > MOST_SPARSE_BLOCKS) {
        throw refuse("a sparse file with too many pieces");
      }
      inSparseMap = block[504] != 0;
      if (!inSparseMap) {
        bodyLeft = padded(sizeOfSparse);
      }
      return;
    }
    if (isZero(block)) {
      zeroBlocks++;
      ended = zeroBlocks == 2;
      return;
    }
    if (zeroBlocks > 0) {
      throw refuse("a header after the end of the archive");
    }
    entries++;
    checkSum();
    byte kind = block[156];
    switch (kind) {
      case 'x', 'X', 'g', 'L', 'K' -> beginExtension(kind);
      default -> entry(kind);
    }
  }

  private long extensionSize;
  private long sizeOfSparse;

  private void beginExtension(byte kind) throws IOException {
    boolean again =
        switch (kind) {
          case 'x', 'X' -> extended != null;
          case 'L' -> longName != null;
          case 'K' -> longLink != null;
          default -> false;
        };
    boolean misplaced = (kind == 'g' || kind == 'L' || kind == 'K') && extended != null;
    if (again || misplaced) {
      throw refuse("an extension header that applies to another extension header");
    }
    extensionSize = size();
    if (extensionSize > policy.maxExtension()) {
      throw refuse("an extension header of " + extensionSize + " bytes");
    }
    bodyOf = kind;
    bodyLeft = padded(extensionSize);
    capture = new ByteArrayOutputStream((int) bodyLeft);
    if (bodyLeft == 0) {
      extension(kind, new byte[0]);
      capture = null;
    }
  }

  private void extension(byte kind, byte[] padded) throws IOException {
    byte[] body = Arrays.copyOf(padded, (int) extensionSize);
    switch (kind) {
      case 'L' -> longName = untilZero(body);
      case 'K' -> longLink = untilZero(body);
      case 'g' -> {
        Map<String, byte[]> records = paxRecords(body);
        for (String key : new String[] {"path", "linkpath", "size"}) {
          if (records.containsKey(key)) {
            throw refuse("a global header that sets " + key + " for every entry");
          }
        }
      }
      default -> extended = paxRecords(body);
    }
  }

  private void entry(byte kind) throws IOException {
    if (kind == 'M' || kind == 'D' || kind == 'Z' || kind == 'N') {
      throw refuse("an entry of the unknown kind " + (char) kind);
    }
    Map<String, byte[]> records = extended == null ? Map.of() : extended;
    extended = null;
    byte[] name = pick(longName, records.get("GNU.sparse.name"), records.get("path"), headerName());
    byte[] link = pick(longLink, null, records.get("linkpath"), untilZero(slice(157, 100)));
    byte[] path = records.get("path");
    if (longName != null && path != null && !Arrays.equals(longName, path)) {
      throw refuse("two different long names for one entry");
    }
    longName = null;
    longLink = null;
    checkName(name, "name");
    checkName(link, "link target");
    checkIds();
    long size = records.containsKey("size") ? decimal(records.get("size")) : size();
    boolean bodyless = kind >= '1' && kind <= '6';
    if (bodyless && size != 0) {
      throw refuse("a size on an entry that has no content");
    }
    if (size > policy.maxFile()) {
      throw refuse("a file of " + size + " bytes; at most " + policy.maxFile() + " are taken");
    }
    current = new RawEntry(kind, name, link, attributes(records));
    inSparseMap = kind == 'S' && block[482] != 0;
    sparseBlocks = 0;
    sizeOfSparse = size;
    bodyLeft = inSparseMap ? 0 : padded(size);
  }

  private static byte[] pick(
      byte @Nullable [] first, byte @Nullable [] second, byte @Nullable [] third, byte[] fallback) {
    if (second != null) {
      return second;
    }
    if (first != null) {
      return first;
    }
    return third != null ? third : fallback;
  }

  private byte[] headerName() {
    byte[] name = untilZero(slice(0, 100));
    boolean posix = block[257] == 'u' && block[262] == 0;
    byte[] prefix = posix ? untilZero(slice(345, 155)) : new byte[0];
    if (prefix.length == 0) {
      return name;
    }
    byte[] whole = Arrays.copyOf(prefix, prefix.length + 1 + name.length);
    whole[prefix.length] = '/';
    System.arraycopy(name, 0, whole, prefix.length + 1, name.length);
    return whole;
  }

  private void checkName(byte[] name, String what) throws ArchiveException {
    for (byte b : name) {
      if (b == 0) {
        throw refuse("a " + what + " with a NUL in it");
      }
    }
    if (name.length > policy.maxPath()) {
      throw refuse("a " + what + " of " + name.length + " bytes");
    }
  }

  private void checkIds() throws ArchiveException {
    for (int at : new int[] {108, 116}) {
      long id = number(at, 8);
      if (id < 0 || id > 0xfffffffeL) {
        throw refuse("an owner that no system has: " + id);
      }
    }
  }

  private static Map<String, byte[]> attributes(Map<String, byte[]> records) {
    Map<String, byte[]> attributes = new LinkedHashMap<>();
    records.forEach(
        (key, value) -> {
          if (key.startsWith("SCHILY.xattr.")) {
            attributes.put(key.substring("SCHILY.xattr.".length()), value);
          }
        });
    return attributes;
  }

  /** Records of {@code LENGTH KEY=VALUE\n}, the length counting all of it; see pax(1). */
  private Map<String, byte[]> paxRecords(byte[] body) throws ArchiveException {
    Map<String, byte[]> records = new LinkedHashMap<>();
    int at = 0;
    while (at < body.length && body[at] != 0) {
      int space = indexOf(body, ' ', at, Math.min(body.length, at + 8));
      if (space <= at) {
        throw refuse("a malformed pax header");
      }
      int length = 0;
      for (int i = at; i < space; i++) {
        if (body[i] < '0' || body[i] > '9') {
          throw refuse("a malformed pax header");
        }
        length = length * 10 + body[i] - '0';
      }
      int end = at + length;
      int equals = indexOf(body, '=', space, Math.min(end, body.length));
      if (length <= 0 || end > body.length || body[end - 1] != '\n' || equals < 0) {
        throw refuse("a malformed pax header");
      }
      String key = new String(body, space + 1, equals - space - 1, StandardCharsets.UTF_8);
      records.put(key, Arrays.copyOfRange(body, equals + 1, end - 1));
      at = end;
    }
    return records;
  }

  private long decimal(byte @Nullable [] text) throws ArchiveException {
    long value = 0;
    byte[] digits = text == null ? new byte[0] : text;
    for (byte digit : digits) {
      if (digit < '0' || digit > '9' || value > Long.MAX_VALUE / 10 - 9) {
        throw refuse("a malformed size");
      }
      value = value * 10 + digit - '0';
    }
    if (digits.length == 0) {
      throw refuse("a malformed size");
    }
    return value;
  }

  private long size() throws ArchiveException {
    long size = number(124, 12);
    if (size < 0) {
      throw refuse("a negative size");
    }
    return size;
  }

  /** Octal digits, or GNU's base 256 when the first bit is set. */
  private long number(int at, int length) throws ArchiveException {
    if ((block[at] & 0x80) != 0) {
      return binary(at, length);
    }
    long value = 0;
    boolean digits = false;
    for (int i = at; i < at + length; i++) {
      byte b = block[i];
      if (b == ' ' && !digits) {
        continue;
      }
      if (b == 0 || b == ' ') {
        break;
      }
      if (b < '0' || b > '7') {
        throw refuse("a number that is none");
      }
      digits = true;
      value = value * 8 + b - '0';
    }
    return value;
  }

  private long binary(int at, int length) throws ArchiveException {
    boolean negative = (block[at] & 0x40) != 0;
    long value = negative ? -1 : 0;
    for (int i = at; i < at + length; i++) {
      long next = i == at ? (block[i] & 0x3f) | (negative ? ~0x3fL : 0) : block[i] & 0xff;
      if (i > at && value != (value << 8 >> 8)) {
        throw refuse("a number too large");
      }
      value = i == at ? next : value << 8 | next;
    }
    return value;
  }

  private void checkSum() throws ArchiveException {
    int sum = 0;
    int signed = 0;
    for (int i = 0; i < BLOCK; i++) {
      int value = i >= 148 && i < 156 ? ' ' : block[i];
      sum += value & 0xff;
      signed += value;
    }
    boolean right = hasCheckSum(sum) || hasCheckSum(signed);
    if (!right) {
      throw entries == 1
          ? new ArchiveException("this is not a tar archive: its first header has no checksum")
          : refuse("a header with a wrong checksum");
    }
  }

  /** Octal digits, then zeros or spaces, in whatever order tars have written them. */
  private boolean hasCheckSum(int sum) {
    long value = 0;
    for (int i = 148; i < 156; i++) {
      byte b = block[i];
      if (b >= '0' && b <= '7') {
        value = value * 8 + b - '0';
      } else if (b != ' ' && b != 0) {
        return false;
      }
    }
    return value == sum;
  }

  private ArchiveException refuse(String what) {
    return new ArchiveException(
        what + " (entry " + entries + ", byte " + (offset / BLOCK * BLOCK) + ")");
  }

  private byte[] slice(int from, int length) {
    return Arrays.copyOfRange(block, from, from + length);
  }

  private static byte[] untilZero(byte[] bytes) {
    int end = indexOf(bytes, 0, 0, bytes.length);
    return end < 0 ? bytes : Arrays.copyOf(bytes, end);
  }

  private static int indexOf(byte[] bytes, int wanted, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isZero(byte[] bytes) {
    for (byte b : bytes) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private static long padded(long size) {
    return (size + BLOCK - 1) / BLOCK * BLOCK;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
