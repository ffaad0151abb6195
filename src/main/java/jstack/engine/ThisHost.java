package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import jstack.manifest.HostPath;
import jstack.program.HostView;
import jstack.state.FilterCache;
import org.jspecify.annotations.Nullable;

/**
 * The machine that jstack runs on, as a compiler sees it. What fifty services ask for is looked up
 * once: all programs of a stack are compiled for one and the same machine.
 */
final class ThisHost implements HostView {
  private final FilterCache filters;
  private final Map<HostPath, HostPath> real = new HashMap<>();
  private final Map<HostPath, Boolean> directories = new HashMap<>();
  private final Map<HostPath, Optional<String>> texts = new HashMap<>();

  ThisHost(FilterCache filters) {
    this.filters = filters;
  }

  @Override
  public HostPath real(HostPath path) {
    return real.computeIfAbsent(path, HostPath::real);
  }

  @Override
  public boolean isDirectory(HostPath path) {
    return directories.computeIfAbsent(path, p -> Files.isDirectory(p.toPath()));
  }

  @Override
  public @Nullable String read(HostPath file) {
    return texts.computeIfAbsent(file, ThisHost::text).orElse(null);
  }

  private static Optional<String> text(HostPath file) {
    try {
      String text = Files.readString(file.toPath(), StandardCharsets.ISO_8859_1);
      return Optional.of(text.stripTrailing());
    } catch (IOException e) {
      return Optional.empty();
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
