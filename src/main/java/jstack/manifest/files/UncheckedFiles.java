package jstack.manifest.files;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import jstack.linux.MountInfo;
import jstack.linux.Namespace;
import jstack.manifest.BlockDevice;
import jstack.manifest.HostPath;

/** Looks at nothing, for verbs that only stop or show what runs. */
public record UncheckedFiles() implements HostFiles {
  @Override
  public Kind kind(HostPath path) {
    return Kind.UNKNOWN;
  }

  @Override
  public String namespaceAt(HostPath path) {
    return "?";
  }

  @Override
  public Duration uptime() {
    return Duration.ofSeconds(Long.MAX_VALUE);
  }

  @Override
  public HostPath real(HostPath path) {
    return path;
  }

  @Override
  public boolean isThere(HostPath path) {
    return false;
  }

  @Override
  public boolean isOwn(HostPath path, Namespace kind) {
    return false;
  }

  @Override
  public List<MountInfo> mounts() {
    return List.of();
  }

  @Override
  public BlockDevice blockDevice(HostPath path) {
    return new BlockDevice(path, 0, 0);
  }

  @Override
  public String text(ReadableFile file, String name) throws IOException {
    throw new NoSuchFileException(name);
  }
}
