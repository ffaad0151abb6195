package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Archives that chance has changed: refused, or unpacked inside; and no decompressor dies of one.
 */
class ArchiveFuzzIT extends ArchiveSuite {
  private static final long SEED = Long.getLong("jstack.fuzz.seed", System.nanoTime());
  private static final long NANOS = Integer.getInteger("jstack.fuzz.seconds", 8) * 1_000_000_000L;

  static List<Archive> archives() {
    return List.of(accepted("F", "the one that is changed", good(), tree()));
  }

  private static byte[] good() {
    return tar()
        .directory("d")
        .directory("victim")
        .pax('x', "path", "d/long", "mtime", "1000000000.5")
        .file("x", "content")
        .symlink("l", "../victim")
        .file("l/secret", "y")
        .hardLink("h", "d/long")
        .gnu('L', "d/" + "n".repeat(120))
        .file("y", "z")
        .end();
  }

  private static String[] tree() {
    return new String[] {
      "d d755",
      "victim d755",
      "d/long f644 7",
      "l -> ../victim",
      "victim/secret f644 1",
      "h f644 7",
      "d/" + "n".repeat(120) + " f644 1"
    };
  }

  /** Some bytes, or a whole field of a header, whose sum is then mended half of the time. */
  private static byte[] mutate(byte[] good, Random random) {
    byte[] bytes = good.clone();
    for (int edits = 0; edits < 1 + random.nextInt(4); edits++) {
      int at = random.nextInt(bytes.length);
      int length = random.nextInt(4) == 0 ? 12 : 1;
      for (int i = at; i < Math.min(bytes.length, at + length); i++) {
        bytes[i] = (byte) (random.nextBoolean() ? random.nextInt(256) : "0/.7".charAt(i % 4));
      }
      int block = at / 512 * 512;
      if (random.nextInt(3) > 0) {
        mend(bytes, block);
      }
    }
    return random.nextInt(20) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  private static void mend(byte[] bytes, int block) {
    int sum = 8 * ' ';
    for (int i = 0; i < 512; i++) {
      sum += i >= 148 && i < 156 ? 0 : bytes[block + i] & 0xff;
    }
    byte[] text = String.format("%06o\0 ", sum).getBytes();
    System.arraycopy(text, 0, bytes, block + 148, 8);
  }

  @Test
  void aChangedArchiveIsRefusedOrUnpackedInsideAndNothingElse() throws IOException {
    System.out.println("fuzz of tars: -Djstack.fuzz.seed=" + SEED);
    Random random = new Random(SEED);
    byte[] good = good();
    Path memory = Files.createTempDirectory(Path.of("/dev/shm"), "jstack-fuzz");
    long tried = 0;
    long refused = 0;
    long slowest = 0;
    for (long end = System.nanoTime() + NANOS; System.nanoTime() < end; tried++) {
      byte[] bytes = mutate(good, random);
      Path into = Files.createDirectory(memory.resolve("m" + tried));
      long began = System.nanoTime();
      try {
        TarUnpacker.unpack(
            new ByteArrayInputStream(bytes), into, UnpackPolicy.DEFAULT, (e, b) -> {});
      } catch (ArchiveException e) {
        refused++;
      }
      slowest = Math.max(slowest, System.nanoTime() - began);
      TreeRemover.remove(into);
    }
    TreeRemover.remove(memory);
    Tally.TRIED.addAndGet(tried);
    Tally.REFUSED.addAndGet(refused);
    System.out.println("changed tars " + tried + ", refused " + refused);
    assertThat(tried).isGreaterThan(20);
    assertThat(refused).isBetween(tried / 20, tried - 1);
    assertThat(slowest).isLessThan(5_000_000_000L);
  }

  @Test
  void aChangedCompressedStreamIsReadOrRefusedAndTheJvmLivesOn() throws IOException {
    System.out.println("fuzz of decompressors: -Djstack.fuzz.seed=" + SEED);
    Random random = new Random(SEED);
    byte[] plain = new byte[20_000];
    for (int i = 0; i < plain.length; i++) {
      plain[i] = (byte) (random.nextInt(4) * (i / 1000));
    }
    List<byte[]> packed = HostileCompressionIT.packed(plain);
    byte[] buffer = new byte[1 << 16];
    long tried = 0;
    long refused = 0;
    for (long end = System.nanoTime() + NANOS; System.nanoTime() < end; tried++) {
      byte[] bytes = packed.get((int) (tried % packed.size())).clone();
      boolean noise = random.nextInt(4) == 0;
      int keep = Math.min(bytes.length, 8);
      for (int edits = noise ? bytes.length : 1 + random.nextInt(8); edits > 0; edits--) {
        bytes[keep + random.nextInt(bytes.length - keep)] = (byte) random.nextInt(256);
      }
      try (InputStream in = Decompression.open(new ByteArrayInputStream(bytes))) {
        long out = 0;
        for (int count; out < 10 << 20 && (count = in.read(buffer)) >= 0; ) {
          out += count;
        }
      } catch (IOException | RuntimeException e) {
        refused++;
      }
    }
    System.out.println("changed streams " + tried + ", refused " + refused);
    assertThat(tried).isGreaterThan(20);
    assertThat(refused).isGreaterThan(tried / 2);
  }
}
