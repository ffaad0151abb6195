package jstack.program;

import java.util.Map;
import jstack.manifest.HostPath;
import org.jspecify.annotations.Nullable;

/** A machine of texts: whatever does not end in .txt is a directory. */
record FakeHost(Map<String, String> files) implements HostView {
  @Override
  public HostPath real(HostPath path) {
    return path;
  }

  @Override
  public boolean isDirectory(HostPath path) {
    return !path.value().endsWith(".txt");
  }

  @Override
  public @Nullable String read(HostPath file) {
    return files.get(file.value());
  }
}
