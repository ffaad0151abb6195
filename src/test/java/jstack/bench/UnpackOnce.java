package jstack.bench;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import jstack.rootfs.TarUnpacker;
import jstack.rootfs.UnpackPolicy;

/** Unpacks one tarball in a fresh JVM, to be held against GNU tar as a whole process. */
public final class UnpackOnce {
  private UnpackOnce() {}

  public static void main(String[] args) throws Exception {
    try (InputStream in = Files.newInputStream(Path.of(args[0]))) {
      TarUnpacker.unpack(in, Path.of(args[1]), UnpackPolicy.DEFAULT, (entries, bytes) -> {});
    }
  }
}
