package jstack.rootfs;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;
import org.tukaani.xz.XZIOException;

/** Finds out by content how an archive is compressed; its name says nothing. */
final class Decompression {
  private static final int BUFFER = 1 << 17;
  private static final int MAGIC = 512;

  /** Twice what the strongest preset of xz asks for; a header can ask for gigabytes. */
  private static final int XZ_MEMORY_KIB = 128 << 10;

  private Decompression() {}

  /** The uncompressed bytes; members that follow one another are all read. */
  static InputStream open(InputStream raw) throws IOException {
    BufferedInputStream in = new BufferedInputStream(raw, BUFFER);
    in.mark(MAGIC);
    byte[] head = in.readNBytes(MAGIC);
    in.reset();
    if (head.length == 0) {
      throw new ArchiveException("the archive is empty");
    }
    if (starts(head, 0x1f, 0x8b)) {
      return new GzipMembers(in);
    }
    if (starts(head, 0xfd, '7', 'z', 'X', 'Z', 0)) {
      return xz(in);
    }
    if (ZstdFrames.begins(head)) {
      return new ZstdCompressorInputStream(new ZstdFrames(in));
    }
    if (starts(head, 'B', 'Z', 'h')) {
      return new BZip2CompressorInputStream(in, true);
    }
    refuse(head);
    return in;
  }

  private static InputStream xz(InputStream in) throws IOException {
    try {
      return XZCompressorInputStream.builder()
          .setInputStream(in)
          .setDecompressConcatenated(true)
          .setMemoryLimitKiB(XZ_MEMORY_KIB)
          .get();
    } catch (XZIOException e) {
      String message = "the compressed archive is damaged: " + e.getMessage();
      throw new ArchiveException(message, TarHeaderCheck.BEGINNING);
    } catch (EOFException e) {
      throw new ArchiveException("the compressed archive ends too early", TarHeaderCheck.BEGINNING);
    }
  }

  /** Says what a file is that is clearly no tar, before anybody tries to read it as one. */
  private static void refuse(byte[] head) throws ArchiveException {
    String what = null;
    if (starts(head, 'P', 'K', 3, 4)) {
      what = "a zip file";
    } else if (starts(head, 0x7f, 'E', 'L', 'F')) {
      what = "a program (ELF)";
    } else if (starts(head, '7', 'z', 0xbc, 0xaf)) {
      what = "a 7-zip file";
    } else if (starts(head, 4, 0x22, 0x4d, 0x18)) {
      what = "compressed with lz4";
    } else if (firstVisible(head) == '<') {
      what = "an HTML or XML page";
    } else if (firstVisible(head) == '{') {
      what = "JSON";
    }
    if (what != null) {
      throw new ArchiveException(
          "this is " + what + ", not a tarball (.tar, .gz, .xz, .zst or .bz2 are read)");
    }
  }

  /** Says what the first header is that should be a tar's. */
  static ArchiveException noTar(byte[] head) throws ArchiveException {
    if (starts(head, 0x1f, 0x8b)
        || starts(head, 0xfd, '7', 'z', 'X', 'Z', 0)
        || ZstdFrames.begins(head)
        || starts(head, 'B', 'Z', 'h')) {
      return new ArchiveException("this is compressed twice; only one layer is taken off");
    }
    refuse(head);
    return new ArchiveException("this is not a tar archive: its first header has no checksum");
  }

  private static int firstVisible(byte[] head) {
    for (byte b : head) {
      if (b > ' ') {
        return b;
      }
      if (b == 0) {
        return 0;
      }
    }
    return 0;
  }

  private static boolean starts(byte[] head, int... magic) {
    if (head.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((head[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }
}
