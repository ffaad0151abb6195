package jstack.engine;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.MountInfo;
import jstack.manifest.HostPath;
import jstack.program.CheckpointRefusals;
import jstack.program.OutsideFiles;
import jstack.program.Program;
import jstack.program.RestoreCompiler;
import jstack.state.Checkpoint;
import jstack.state.CheckpointStore;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.StateLayout;
import jstack.state.Status;

/**
 * Keeps containers in images and ends them. Each goes on as if nothing had been until its images
 * are whole; then they count, by one rename, and only then criu ends it.
 */
public final class Checkpointer {
  /** Where the first process of every container has them; see init.c. */
  private static final int EXIT = 100;

  private static final int STDOUT = 101;
  private static final int STDERR = 102;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final StateLayout layout;
  private final CheckpointStore store;
  private final Executor executor;
  private final Criu criu;

  /**
   * @param environment to look for criu with
   * @throws DiagnosticException that there is none
   */
  public Checkpointer(StateLayout layout, Executor executor, Map<String, String> environment) {
    this.layout = layout;
    this.store = new CheckpointStore(layout);
    this.executor = executor;
    this.criu = Criu.find(environment);
  }

  /** All of them can be kept, or none is touched. */
  public void require(List<ObservedContainer> containers) {
    // What is wrong with a service is so with each of its containers, and said once.
    Set<Diagnostic> problems = new LinkedHashSet<>();
    for (ObservedContainer container : containers) {
      String name = container.id().name();
      if (container.state() != RunState.RUNNING) {
        problems.add(
            problem(name + " is " + container.state() + ": only what runs is checkpointed")
                .withHint(
                    container.state() == RunState.PAUSED
                        ? "jstack unpause " + name
                        : "jstack up -d puts it right"));
      } else if (container.id().isOneOff()) {
        problems.add(problem("cannot checkpoint " + name + ", which jstack run holds"));
      }
      problems.addAll(refusals(container));
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, List.copyOf(problems));
    }
  }

  private static List<Diagnostic> refusals(ObservedContainer container) {
    Path tmp = Path.of("/proc", Long.toString(container.pid()), "root/tmp");
    boolean there = Files.isDirectory(tmp, LinkOption.NOFOLLOW_LINKS);
    return container
        .program()
        .map(program -> CheckpointRefusals.of(program, there))
        .orElse(List.of());
  }

  private static Diagnostic problem(String message) {
    return Diagnostic.error(Origin.NONE, CheckpointRefusals.CODE, message);
  }

  /** Keeps one container and waits for its end. */
  public void checkpoint(ObservedContainer container) {
    String name = container.id().name();
    Program program = container.program().orElseThrow();
    Status status = container.status().orElseThrow();
    try {
      // One that counts is of an earlier life: this container goes on since then.
      store.setAside(container.id());
      Path images = store.begin(container.id());
      OutsideFiles outside =
          new OutsideFiles(
              open(status.pid(), EXIT),
              open(status.pid(), STDOUT),
              open(status.pid(), STDERR),
              open(status.supervisorPid(), 0),
              program(status.pid()));
      new CheckpointFiles(layout).keep(container.id().project(), program, images);
      Checkpoint.write(images, container.encodedProgram(), outside);
      Path whole = store.next(container.id());
      Path script = executable(images, commit(images, whole));
      Path mounts = Path.of("/proc", Long.toString(status.pid()), "mountinfo");
      List<String> words =
          RestoreCompiler.dump(
              program,
              MountInfo.parseAll(Files.readString(mounts, StandardCharsets.UTF_8)),
              outside,
              status.pid(),
              new HostPath(images.toString()),
              new HostPath(script.toString()));
      boolean kept;
      try {
        kept =
            criu.run(
                status.pid(),
                words,
                process -> {
                  executor.note(process);
                  hold(container, process, whole);
                });
      } catch (DiagnosticException e) {
        if (e.failure() == Failure.TIMEOUT) {
          store.setAside(container.id());
          store.tidy(container.id());
        }
        throw e;
      }
      if (!kept) {
        DiagnosticException why =
            criu.failed(
                Diagnostic.error(
                        CheckpointRefusals.origin(program),
                        CheckpointRefusals.CODE,
                        "cannot checkpoint " + name + ", which goes on")
                    .withHint("see criu(8) for what it can keep"),
                log(images, whole));
        // Whole as it may be, its container goes on.
        store.setAside(container.id());
        store.tidy(container.id());
        throw why;
      }
      executor.stop(List.of(container), List.of(), Duration.ZERO);
      store.tidy(container.id());
    } catch (IOException e) {
      throw DiagnosticException.operation(
          CheckpointRefusals.CODE,
          "cannot checkpoint " + name + ": " + e.getMessage(),
          "jstack ps says whether it runs; check the free space of JSTACK_HOME");
    }
  }

  /**
   * While criu lives no check of its supervisor is in the way, and an end by it is no end.
   *
   * @param whole where the checkpoint is then
   */
  private void hold(ObservedContainer container, ProcessHandle criu, Path whole)
      throws IOException {
    String request = "hold " + criu.pid() + " " + whole;
    Path socket = layout.control(container.id());
    ShimClient supervisor;
    try {
      supervisor = ShimClient.send(socket, request);
    } catch (IOException e) {
      throw new IOException("its supervisor " + ShimClient.whyUnsent(socket), e);
    }
    try (ShimClient client = supervisor) {
      String answer = client.await(PATIENCE).orElse("");
      if (!answer.equals("ok")) {
        throw new IOException(
            answer.equals("error")
                ? "its supervisor is at a hook of it"
                : "its supervisor does not answer");
      }
    }
  }

  /** It has moved with the images when criu failed behind their commit. */
  private static Path log(Path images, Path whole) {
    Path first = images.resolve("dump.log");
    return Files.exists(first) ? first : whole.resolve("dump.log");
  }

  /** A file of a process as criu names it. */
  private static String open(long pid, int descriptor) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    String number = Integer.toString(descriptor);
    Path file = process.resolve("fd").resolve(number);
    return OutsideFiles.name(mount(process, number), (long) Files.getAttribute(file, "unix:ino"));
  }

  private static int mount(Path process, String descriptor) throws IOException {
    for (String line : Files.readAllLines(process.resolve("fdinfo").resolve(descriptor))) {
      if (line.startsWith("mnt_id:")) {
        return Integer.parseInt(line.substring("mnt_id:".length()).strip());
      }
    }
    throw new IOException("no mount of descriptor " + descriptor);
  }

  /** The same of the file that it runs: of one in memory only a descriptor tells the mount. */
  private static String program(long pid) throws IOException {
    Path file = Path.of("/proc", Long.toString(pid), "exe");
    String name = Files.readSymbolicLink(file).toString();
    long inode = (long) Files.getAttribute(file, "unix:ino");
    try (FileChannel held = FileChannel.open(file);
        DirectoryStream<Path> own = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path each : own) {
        if (Files.isSymbolicLink(each) && Files.readSymbolicLink(each).toString().equals(name)) {
          return OutsideFiles.name(mount(Path.of("/proc/self"), fileName(each)), inode);
        }
      }
      throw new IOException("no descriptor of " + name + " of " + held.size() + " bytes");
    }
  }

  private static String fileName(Path path) {
    return String.valueOf(path.getFileName());
  }

  /** What criu runs at each of its stages; at one, the last before it ends the container. */
  private static String commit(Path images, Path whole) {
    String from = quote(images);
    return "#!/bin/sh\n"
        + "[ \"$CRTOOLS_SCRIPT_ACTION\" != post-dump ] ||\n"
        + ("{ sync -f " + from + " && exec mv -T " + from + " " + quote(whole) + "; }\n");
  }

  private static Path executable(Path images, String text) throws IOException {
    Path script = images.resolve("commit");
    Files.writeString(script, text);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script;
  }

  private static String quote(Path path) {
    return "'" + path.toString().replace("'", "'\\''") + "'";
  }
}
