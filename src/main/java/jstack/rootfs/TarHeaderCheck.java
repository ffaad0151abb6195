package jstack.rootfs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Walks the raw headers of a tar on their way to the parser, and refuses what parsers read
 * differently or pay dearly for: bad checksums, extensions of any size, extensions that apply to
 * the wrong header, sizes on entries that have no body, an end that is missing. It also keeps what
 * a parser loses: names and attributes as bytes.
 *
 * <p>The format is that of tar(5) and pax(1), with the extensions of GNU.
 */
final class TarHeaderCheck extends InputStream {
  /** Before the first header. */
  static final String BEGINNING = "entry 1, byte 0";

  private static final int BLOCK = TarHeader.BLOCK;
  private static final int PIECES_IN_BLOCK = 21;

  /** The parser calls itself for each. */
  private static final int GLOBALS_IN_A_ROW = 100;

  private static final long LARGEST_ID = 0xfffffffeL;

  private final InputStream in;
  private final UnpackPolicy policy;
  private final byte[] block = new byte[BLOCK];
  private final TarHeader header = new TarHeader(block);
  private int filled;
  private long offset;
  private long entries;
  private long globals;
  private int inARow;
  private long globalBytes;
  private long headerOffset;
  private long bodyLeft;
  private boolean inSparseMap;
  private int sparseBlocks;
  private boolean mapLeads;
  private long pieces;
  private int zeroBlocks;
  private boolean followed;
  private byte bodyOf;
  private long extensionSize;
  private long sizeOfSparse;
  private @Nullable ByteArrayOutputStream capture;

  private byte @Nullable [] longName;
  private byte @Nullable [] longLink;
  private @Nullable PaxRecords extended;
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

  /** Where the entry begins that is being read: extensions count to the one that they extend. */
  String place() {
    return "entry " + Math.max(1, entries) + ", byte " + headerOffset;
  }

  /** Whether the two empty blocks that end a tar went by. */
  boolean hasEnded() {
    return zeroBlocks >= 2;
  }

  /** Whether it stopped in the middle of something. */
  boolean isCut() {
    return !hasEnded() && (filled > 0 || bodyLeft > 0 || inSparseMap || isExtended());
  }

  /** What to say of an archive that stopped. */
  ArchiveException cut() throws ArchiveException {
    return entries == 0 && filled > 0
        ? Decompression.noTar(block)
        : new ArchiveException("the archive ends too early: its closing blocks are missing");
  }

  /** Whether what comes behind the end looks like another archive. */
  boolean isFollowed() {
    return followed;
  }

  long entries() {
    return entries;
  }

  /** Bytes that went by, uncompressed. */
  long offset() {
    return offset;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int length) throws IOException {
    int count = in.read(bytes, from, length);
    if (count <= 0) {
      return count;
    }
    try {
      walk(bytes, from, count);
    } catch (ArchiveException e) {
      throw e.at("entry " + (entries + (isCounted ? 0 : 1)) + ", byte " + headerOffset);
    }
    return count;
  }

  /** Whether the header that is looked at is that of the entry counted last. */
  private boolean isCounted;

  private void walk(byte[] bytes, int from, int count) throws IOException {
    int at = from;
    int left = count;
    while (left > 0) {
      int taken;
      if (bodyLeft > 0) {
        taken = (int) Math.min(left, bodyLeft);
        body(bytes, at, taken);
      } else {
        taken = Math.min(left, BLOCK - filled);
        System.arraycopy(bytes, at, block, filled, taken);
        filled += taken;
        if (filled == BLOCK) {
          filled = 0;
          block(offset + taken - BLOCK);
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
    if (mapLeads) {
      countPieces(bytes, at, taken);
    }
    bodyLeft -= taken;
    if (bodyLeft == 0 && capture != null) {
      byte[] body = Arrays.copyOf(capture.toByteArray(), (int) extensionSize);
      capture = null;
      extension(bodyOf, body);
    }
  }

  /** The first line of such a map says how many pieces follow; the parser would believe it. */
  private void countPieces(byte[] bytes, int at, int taken) throws ArchiveException {
    for (int i = at; i < at + taken && mapLeads; i++) {
      if (bytes[i] < '0' || bytes[i] > '9') {
        mapLeads = false;
        return;
      }
      pieces = pieces * 10 + bytes[i] - '0';
      requireFewPieces();
    }
  }

  private void requireFewPieces() throws ArchiveException {
    if (pieces > policy.maxPieces()) {
      throw new ArchiveException("a sparse file of more than " + policy.maxPieces() + " pieces");
    }
  }

  private void block(long at) throws IOException {
    if (inSparseMap) {
      sparseBlocks++;
      pieces = (long) sparseBlocks * PIECES_IN_BLOCK;
      requireFewPieces();
      inSparseMap = header.mapBlockGoesOn();
      if (!inSparseMap) {
        bodyLeft = padded(sizeOfSparse);
      }
      return;
    }
    if (hasEnded()) {
      followed |= !header.isZero() && header.hasCheckSum();
      return;
    }
    if (!isExtended()) {
      headerOffset = at;
      isCounted = false;
    }
    if (header.isZero()) {
      zeroBlocks++;
      if (isExtended()) {
        throw new ArchiveException("an extension header that nothing follows");
      }
      return;
    }
    if (zeroBlocks > 0) {
      throw new ArchiveException("a header after the end of the archive");
    }
    if (!header.hasCheckSum()) {
      throw entries == 0 && !isExtended() && globals == 0
          ? Decompression.noTar(block)
          : new ArchiveException("a header with a wrong checksum");
    }
    byte kind = header.kind();
    switch (kind) {
      case 'x', 'X', 'g', 'L', 'K' -> beginExtension(kind);
      default -> entry(kind);
    }
  }

  private boolean isExtended() {
    return extended != null || longName != null || longLink != null;
  }

  private void count() throws ArchiveException {
    if (entries + globals >= policy.maxEntries()) {
      throw new ArchiveException("more than " + policy.maxEntries() + " entries");
    }
  }

  private void beginExtension(byte kind) throws IOException {
    boolean again =
        switch (kind) {
          case 'x', 'X' -> extended != null;
          case 'L' -> longName != null;
          case 'K' -> longLink != null;
          default -> isExtended();
        };
    boolean misplaced = (kind == 'L' || kind == 'K') && extended != null;
    if (again || misplaced) {
      throw new ArchiveException("an extension header that applies to another extension header");
    }
    extensionSize = size(header.size());
    if (kind == 'g') {
      count();
      globals++;
      inARow++;
      if (inARow > GLOBALS_IN_A_ROW) {
        throw new ArchiveException("more than " + GLOBALS_IN_A_ROW + " global headers in a row");
      }
      globalBytes += extensionSize;
    }
    if (Math.max(extensionSize, kind == 'g' ? globalBytes : 0) > policy.maxExtension()) {
      throw new ArchiveException(
          "an extension header of more than " + policy.maxExtension() + " bytes");
    }
    bodyOf = kind;
    bodyLeft = padded(extensionSize);
    if (bodyLeft == 0) {
      extension(kind, new byte[0]);
      return;
    }
    capture = new ByteArrayOutputStream((int) bodyLeft);
  }

  private void extension(byte kind, byte[] body) throws IOException {
    switch (kind) {
      case 'L' -> longName = untilZero(body);
      case 'K' -> longLink = untilZero(body);
      case 'g' -> {
        String key = PaxRecords.parse(body).decisive();
        if (key != null) {
          throw new ArchiveException("a global header that sets " + key + " for every entry");
        }
      }
      default -> extended = PaxRecords.parse(body);
    }
  }

  private void entry(byte kind) throws IOException {
    count();
    entries++;
    inARow = 0;
    isCounted = true;
    if (kind == 'M' || kind == 'D' || kind == 'Z' || kind == 'N') {
      throw new ArchiveException("an entry of the unknown kind " + (char) kind);
    }
    PaxRecords records = extended == null ? PaxRecords.NONE : extended;
    byte[] path = records.get("path");
    if (longName != null && path != null && !Arrays.equals(longName, path)) {
      throw new ArchiveException("two different long names for one entry");
    }
    byte[] name = first(records.get("GNU.sparse.name"), longName, path, header.name());
    byte[] link = first(null, longLink, records.get("linkpath"), header.link());
    extended = null;
    longName = null;
    longLink = null;
    checkName(name, "name");
    checkName(link, "link target");
    checkId(records.number("uid", header.uid()));
    checkId(records.number("gid", header.gid()));
    long size = size(records.has("size") ? records.number("size", 0) : header.size());
    if (kind >= '1' && kind <= '6' && size != 0) {
      throw new ArchiveException("a size on an entry that has no content");
    }
    if (size > policy.maxFile()) {
      throw new ArchiveException(
          "a file of " + size + " bytes; at most " + policy.maxFile() + " are taken");
    }
    current = new RawEntry(kind, name, link, records.attributes());
    inSparseMap = kind == 'S' && header.mapGoesOn();
    sparseBlocks = 0;
    pieces = 0;
    mapLeads = records.mapLeadsContent();
    sizeOfSparse = size;
    bodyLeft = inSparseMap ? 0 : padded(size);
  }

  private static byte[] first(
      byte @Nullable [] first, byte @Nullable [] second, byte @Nullable [] third, byte[] fallback) {
    if (first != null) {
      return first;
    }
    if (second != null) {
      return second;
    }
    return third != null ? third : fallback;
  }

  private void checkName(byte[] name, String what) throws ArchiveException {
    for (byte b : name) {
      if (b == 0) {
        throw new ArchiveException("a " + what + " with a NUL in it");
      }
    }
    if (name.length > policy.maxPath()) {
      throw new ArchiveException("a " + what + " of " + name.length + " bytes");
    }
  }

  private static void checkId(long id) throws ArchiveException {
    if (id < 0 || id > LARGEST_ID) {
      throw new ArchiveException("an owner that no system has: " + id);
    }
  }

  private static long size(long size) throws ArchiveException {
    if (size < 0) {
      throw new ArchiveException("a negative size");
    }
    return size;
  }

  private static byte[] untilZero(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return Arrays.copyOf(bytes, end);
  }

  private static long padded(long size) {
    return (size + BLOCK - 1) / BLOCK * BLOCK;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
