package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import jstack.diag.Inputs;
import jstack.manifest.HostPath;
import jstack.manifest.files.DiskFiles;
import jstack.manifest.files.HostFiles;
import jstack.program.HostView;
import jstack.state.FilterCache;
import org.jspecify.annotations.Nullable;

/**
 * The machine that jstack runs on, as a compiler sees it. What fifty services ask for is looked up
 * once: all programs of a stack are compiled for one and the same machine.
 */
final class ThisHost implements HostView {
  private final FilterCache filters;
  private final Inputs inputs;
  private final Map<HostPath, HostPath> real = new HashMap<>();
  private final Map<HostPath, Boolean> directories = new HashMap<>();
  private final Map<HostPath, Optional<String>> texts = new HashMap<>();

  /**
   * @param inputs is told of what was looked up
   */
  ThisHost(FilterCache filters, Inputs inputs) {
    this.inputs = inputs;
    this.filters = filters;
  }

  @Override
  public HostPath real(HostPath path) {
    return real.computeIfAbsent(path, this::follow);
  }

  @Override
  public boolean isDirectory(HostPath path) {
    return directories.computeIfAbsent(path, this::look);
  }

  @Override
  public @Nullable String read(HostPath file) {
    return texts.computeIfAbsent(file, this::text).orElse(null);
  }

  private HostPath follow(HostPath path) {
    HostPath found = path.real();
    inputs.note(Inputs.Kind.REAL, path.value(), found.value());
    return found;
  }

  private boolean look(HostPath path) {
    HostFiles.Kind kind = DiskFiles.kindOf(path);
    inputs.note(Inputs.Kind.KIND, path.value(), kind.name());
    return kind == HostFiles.Kind.DIRECTORY;
  }

  private Optional<String> text(HostPath file) {
    try {
      byte[] bytes = Files.readAllBytes(file.toPath());
      inputs.text(file.value(), bytes);
      return Optional.of(new String(bytes, StandardCharsets.ISO_8859_1).stripTrailing());
    } catch (IOException e) {
      inputs.note(Inputs.Kind.THERE, file.value(), file.toPath().toFile().exists());
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
