package jstack.manifest;

import java.io.IOException;
import java.nio.file.NoSuchFileException;

/** Looks at nothing, for verbs that only stop or show what runs. */
record UncheckedFiles() implements HostFiles {
  @Override
  public Kind kind(HostPath path) {
    return Kind.UNKNOWN;
  }

  @Override
  public String namespaceAt(HostPath path) {
    return "?";
  }

  @Override
  public BlockDevice blockDevice(HostPath path) {
    return new BlockDevice(path, 0, 0);
  }

  @Override
  public String text(HostPath path, String name) throws IOException {
    throw new NoSuchFileException(name);
  }
}
