package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import jstack.manifest.HostPath;
import jstack.program.HostView;
import jstack.state.FilterCache;
import org.jspecify.annotations.Nullable;

/** The machine that jstack runs on, as a compiler sees it. */
final class ThisHost implements HostView {
  private final FilterCache filters;

  ThisHost(FilterCache filters) {
    this.filters = filters;
  }

  @Override
  public HostPath real(HostPath path) {
    return path.real();
  }

  @Override
  public boolean isDirectory(HostPath path) {
    return Files.isDirectory(path.toPath());
  }

  @Override
  public @Nullable String read(HostPath file) {
    try {
      return Files.readString(file.toPath(), StandardCharsets.ISO_8859_1).stripTrailing();
    } catch (IOException e) {
      return null;
    }
  }

  @Override
  public @Nullable String filter(String name) {
    return filters.find(name);
  }

  @Override
  public void keepFilter(String name, String filter) {
    filters.keep(name, filter);
  }
}
