package jstack.rootfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.diag.Inputs;
import jstack.manifest.HostPath;

/**
 * Every file that a program needs to start, found by reading headers as ld.so(8) would; nothing is
 * run, so a hostile program is only read.
 */
final class ElfClosure {
  private static final List<Path> DEFAULT_DIRECTORIES =
      List.of(
          Path.of("/lib/x86_64-linux-gnu"),
          Path.of("/usr/lib/x86_64-linux-gnu"),
          Path.of("/lib/aarch64-linux-gnu"),
          Path.of("/usr/lib/aarch64-linux-gnu"),
          Path.of("/lib64"),
          Path.of("/usr/lib64"),
          Path.of("/lib"),
          Path.of("/usr/lib"));

  private final LoaderCache cache;
  private final Inputs inputs;
  private final Map<Path, Optional<ElfFile>> read = new LinkedHashMap<>();
  private final List<String> missing = new ArrayList<>();

  /**
   * @param inputs is told of where libraries were looked for
   */
  ElfClosure(LoaderCache cache, Inputs inputs) {
    this.inputs = inputs;
    this.cache = cache;
  }

  /** Adds a program, its loader, its libraries and, for a script, its interpreter. */
  void add(Path program) throws IOException {
    Deque<Path> open = new ArrayDeque<>(List.of(program));
    while (!open.isEmpty()) {
      Path file = open.remove();
      if (read.containsKey(file)) {
        continue;
      }
      Optional<ElfFile> elf = ElfFile.read(file);
      read.put(file, elf);
      if (elf.isEmpty()) {
        scriptInterpreter(file).ifPresent(open::add);
        continue;
      }
      if (!elf.get().interpreter().isEmpty()) {
        open.add(Path.of(elf.get().interpreter()));
      }
      for (String library : elf.get().needed()) {
        Optional<Path> found = find(library, file, elf.get());
        if (found.isPresent()) {
          open.add(found.get());
        } else {
          missing.add(library + " (needed by " + file + ")");
        }
      }
    }
  }

  /** The files by the paths under which they are looked for; links among them are not resolved. */
  Set<Path> files() {
    return read.keySet();
  }

  /** Libraries that are nowhere on this machine. */
  List<String> missing() {
    return missing;
  }

  private Optional<Path> find(String library, Path needer, ElfFile elf) throws IOException {
    if (library.indexOf('/') >= 0) {
      boolean there = Files.exists(Path.of(library));
      inputs.note(Inputs.Kind.THERE, library, there);
      return there ? Optional.of(Path.of(library)) : Optional.empty();
    }
    List<Path> candidates = new ArrayList<>();
    String origin = String.valueOf(needer.toRealPath().getParent());
    for (String directory : elf.searched()) {
      String place = directory.replace("${ORIGIN}", origin).replace("$ORIGIN", origin);
      if (!place.isEmpty()) {
        candidates.add(Path.of(place).resolve(library).normalize());
      }
    }
    candidates.addAll(cache.find(library));
    DEFAULT_DIRECTORIES.forEach(directory -> candidates.add(directory.resolve(library)));
    for (Path candidate : candidates) {
      note(candidate);
      if (Files.isRegularFile(candidate)) {
        Optional<ElfFile> found = ElfFile.read(candidate);
        boolean fits =
            found.isPresent()
                && found.get().machine() == elf.machine()
                && found.get().wide() == elf.wide();
        if (fits) {
          return Optional.of(candidate);
        }
      }
    }
    return Optional.empty();
  }

  /** What lies there, also by way of a link that leads nowhere yet. */
  private void note(Path candidate) {
    HostPath path = HostPath.of(candidate);
    HostPath real = path.real();
    inputs.note(Inputs.Kind.REAL, path.value(), real.value());
    inputs.note(Inputs.Kind.FILE, real.value(), RootfsStore.identity(real.toPath()));
  }

  /** The first word behind #!; see execve(2). */
  private static Optional<Path> scriptInterpreter(Path file) throws IOException {
    byte[] head;
    try (var in = Files.newInputStream(file)) {
      head = in.readNBytes(256);
    }
    String text = new String(head, StandardCharsets.ISO_8859_1);
    if (!text.startsWith("#!")) {
      return Optional.empty();
    }
    String line = text.substring(2).lines().findFirst().orElse("").strip();
    int space = line.indexOf(' ');
    String word = space < 0 ? line : line.substring(0, space);
    return word.startsWith("/") ? Optional.of(Path.of(word)) : Optional.empty();
  }
}
