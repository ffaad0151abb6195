package jstack.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import jstack.diag.DiagnosticException;
import jstack.manifest.HostPath;
import jstack.program.Program;
import jstack.program.UnpackCompiler;
import jstack.program.UnpackCompiler.Shown;
import jstack.rootfs.ElfFile;
import jstack.rootfs.FetchListener;
import jstack.rootfs.TreeRemover;
import jstack.rootfs.UnpackAnswer;
import jstack.rootfs.UnpackPolicy;
import jstack.rootfs.UnpackReport;
import jstack.rootfs.Unpacker;
import jstack.state.ContainerId;
import jstack.state.StateLayout;

/** Unpacks in a process that sees nothing but the archive and its tree. */
public final class UnpackRoom implements Unpacker {
  private static final ContainerId ID = ContainerId.of("jstack", "unpack", 1);

  /** Where libraries lie that a Java is linked with; those that are there are shown to it. */
  private static final List<String> LIBRARIES =
      List.of("/usr", "/lib", "/lib64", "/nix/store", "/gnu/store");

  private static final int LONGEST_LINE = 4000;

  private final Path shim;
  private final String main;
  private final UnaryOperator<Program> change;

  /**
   * @param main the class that unpacks
   */
  public UnpackRoom(Path shim, String main) {
    this(shim, main, program -> program);
  }

  /**
   * @param change what becomes of the program: a test takes walls away
   */
  UnpackRoom(Path shim, String main, UnaryOperator<Program> change) {
    this.change = change;
    this.shim = shim;
    this.main = main;
  }

  @Override
  public UnpackReport unpack(Path archive, Path tree, UnpackPolicy policy, FetchListener listener)
      throws IOException {
    UnpackAnswer answer = new UnpackAnswer();
    int code = run(archive, tree, policy.toString(), line -> answer.add(line, listener));
    return answer.end(code);
  }

  /**
   * Runs the class that unpacks to its end.
   *
   * @param said takes what it says, line by line
   * @return its exit code, or 128 and the signal
   */
  int run(Path archive, Path tree, String policy, Consumer<String> said) throws IOException {
    // Beside the tree, so that whoever sweeps after a killed run finds both.
    Path place = Files.createDirectory(tree.resolveSibling("room"));
    try {
      StateLayout layout = new StateLayout(place, place);
      Program program = change.apply(program(layout, archive, tree, policy));
      RunDirectory.unseen(layout).prepare(ID, program, null);
      int code = run(layout.container(ID), said);
      Foreground.checkFailure(ID, program, layout.failure(ID), code);
      return code;
    } catch (DiagnosticException e) {
      throw new IOException("cannot make a room to unpack in: " + e.getMessage(), e);
    } finally {
      TreeRemover.remove(place);
    }
  }

  private int run(Path directory, Consumer<String> said) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(ShimLauncher.command(shim, "run", directory));
    ShimLauncher.clear(builder.environment());
    builder.redirectErrorStream(true);
    Process process = builder.start();
    try (Reader out = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)) {
      lines(new BufferedReader(out), said);
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** However long a line is that comes from in there, no more than its beginning is kept. */
  private static void lines(Reader from, Consumer<String> said) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c; (c = from.read()) >= 0; ) {
      if (c == '\n') {
        said.accept(line.toString());
        line.setLength(0);
      } else if (line.length() < LONGEST_LINE) {
        line.append((char) c);
      }
    }
  }

  private Program program(StateLayout layout, Path archive, Path tree, String policy)
      throws IOException {
    Path home = Path.of(System.getProperty("java.home")).toRealPath();
    Set<Path> needed = new LinkedHashSet<>();
    needed.add(home);
    // Debian keeps the settings of a Java in /etc, where links of its home lead.
    Path settings = home.resolve("lib/jvm.cfg");
    if (Files.exists(settings)) {
      needed.add(settings.toRealPath().getParent());
    }
    List<String> classPath = new ArrayList<>();
    for (String element : System.getProperty("java.class.path").split(":", -1)) {
      if (Files.exists(Path.of(element))) {
        Path real = Path.of(element).toRealPath();
        classPath.add(real.toString());
        needed.add(real);
      }
    }
    List<String> command = new ArrayList<>();
    Path java = home.resolve("bin/java");
    command.add(java.toString());
    Path archived = Path.of(System.getProperty("jstack.archive", ""));
    if (Files.isRegularFile(archived)) {
      needed.add(archived.toRealPath());
      command.add("-XX:SharedArchiveFile=" + archived.toRealPath());
    }
    command.addAll(
        List.of(
            "-Xshare:auto",
            "-Xlog:disable",
            "-Xlog:all=off",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1", // it is over before the second compiler pays
            "-Xmx256m",
            "-Xss1m",
            "-XX:-UsePerfData",
            "-Djava.io.tmpdir=/tmp",
            "-cp",
            String.join(":", classPath),
            main,
            UnpackCompiler.ARCHIVE.value(),
            UnpackCompiler.TREE.value(),
            policy));
    return UnpackCompiler.compile(
        new UnpackCompiler.Request(
            HostPath.of(archive.toRealPath()),
            HostPath.of(tree.toRealPath()),
            HostPath.of(layout.root(ID)),
            shown(needed),
            executed(java),
            command));
  }

  /** A program is executed by its loader, which the kernel executes. */
  private static List<String> executed(Path program) throws IOException {
    List<String> executed = new ArrayList<>(List.of(program.toString()));
    ElfFile.read(program)
        .map(ElfFile::interpreter)
        .filter(loader -> !loader.isEmpty())
        .ifPresent(executed::add);
    return executed;
  }

  private static List<Shown> shown(Set<Path> needed) throws IOException {
    List<Shown> shown = new ArrayList<>();
    for (String library : LIBRARIES) {
      if (Files.isDirectory(Path.of(library))) {
        shown.add(shown(new HostPath(library), true));
      }
    }
    for (Path path : needed) {
      if (shown.stream().noneMatch(r -> path.startsWith(r.path().toPath()))) {
        shown.add(shown(HostPath.of(path), Files.isDirectory(path)));
      }
    }
    return shown;
  }

  private static Shown shown(HostPath path, boolean directory) {
    return new Shown(path, path.real(), directory);
  }
}
