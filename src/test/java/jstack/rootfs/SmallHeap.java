package jstack.rootfs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import jstack.rootfs.TarFixture.Header;

/** Archives that ask for more memory than there is; a process of its own, with little of it. */
public final class SmallHeap {
  private SmallHeap() {}

  public static void main(String[] arguments) throws IOException {
    Map<String, InputStream> archives = new LinkedHashMap<>();
    archives.put("a long name of 300 MB", endless(big('L'), new byte[512]));
    archives.put("a pax header of 300 MB", endless(big('x'), "12 path=abc\n".getBytes()));
    byte[] global = new TarFixture().pax('g', "k", "v".repeat(100_000)).withoutEnd();
    archives.put("global headers without an end", endless(global, global));
    archives.put("global headers of nothing", endless(header('g'), header('g')));
    byte[] sparse =
        new Header("s", 'S', 3).text(257, 8, "ustar  \0").bytes(482, 1).octal(483, 12, 3).summed();
    byte[] more = new byte[512];
    more[504] = 1;
    archives.put("a map without an end", endless(sparse, more));
    byte[] pieces =
        new TarFixture()
            .pax('x', "GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.realsize", "9")
            .add(new Header("s", '0', 300 << 20))
            .withoutEnd();
    archives.put(
        "a map of three million pieces",
        endless(join(pieces, "3000000\n".getBytes()), "0\n1\n".getBytes()));
    byte[] file = new TarFixture().directory("d").withoutEnd();
    archives.put("directories without an end", endless(file, file));
    UnpackPolicy policy =
        UnpackPolicy.DEFAULT.with(
            0,
            false,
            new jstack.manifest.RootfsLimits(
                50_000,
                jstack.manifest.RootfsLimits.DEFAULT.size(),
                jstack.manifest.RootfsLimits.DEFAULT.file(),
                200));
    for (Map.Entry<String, InputStream> archive : archives.entrySet()) {
      try {
        TarUnpacker.unpack(archive.getValue(), Path.of(arguments[0]), policy, (e, b) -> {});
        System.out.println("unpacked: " + archive.getKey());
      } catch (ArchiveException e) {
        System.out.println("refused: " + archive.getKey() + ": " + e.getMessage());
      }
    }
  }

  private static byte[] big(char kind) {
    return new Header("x", kind, 300 << 20).summed();
  }

  private static byte[] header(char kind) {
    return new Header("x", kind, 0).summed();
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] both = java.util.Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** The beginning, then the rest again and again. */
  private static InputStream endless(byte[] start, byte[] rest) {
    return new InputStream() {
      private byte[] now = start;
      private int at;

      @Override
      public int read() {
        if (at == now.length) {
          now = rest;
          at = 0;
        }
        return now[at++] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int from, int length) {
        for (int i = 0; i < length; i++) {
          bytes[from + i] = (byte) read();
        }
        return length;
      }
    };
  }
}
