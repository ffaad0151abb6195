package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import jstack.program.OutsideFiles;
import jstack.program.Program;
import jstack.program.ProgramCodec;

/**
 * What is kept of a container that was checkpointed, beside the images of criu.
 *
 * @param directory of the images
 * @param program that the container was started with
 */
public record Checkpoint(
    ContainerId id, Path directory, Program program, OutsideFiles outside, Instant at) {
  private static final String RECORD = "checkpoint";
  private static final String PROGRAM = "program";

  /** Written before criu begins, into the directory that it will fill. */
  public static void write(Path directory, byte[] program, OutsideFiles outside)
      throws IOException {
    String text =
        "version=1\nexit=%s\nstdout=%s\nstderr=%s\nstdin=%s\nexe=%s\n"
            .formatted(
                outside.exit(),
                outside.stdout(),
                outside.stderr(),
                outside.stdin(),
                outside.program());
    AtomicFile.write(directory.resolve(PROGRAM), program);
    AtomicFile.write(directory.resolve(RECORD), text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Whether a run of the container ended in it, so that nothing has run since. A supervisor that
   * was killed meanwhile has left its run unfinished, and then no end of its own is on record.
   *
   * @param exit the record of the container's init, if it wrote one
   */
  boolean isEndOf(Status status, Optional<ExitRecord> exit) {
    if (status.startedAt() == 0) {
      return true; // a restore that failed, or is not over
    }
    if (at.isBefore(status.started())) {
      return false;
    }
    return status.phase() == Status.Phase.RUNNING
        ? exit.filter(record -> record.isOf(status)).isEmpty()
        : status.endedBy().equals(Status.CHECKPOINT);
  }

  /** Empty when it is not one of this version. */
  static Optional<Checkpoint> read(ContainerId id, Path directory) {
    try {
      Map<String, String> values = Status.keyValues(Files.readString(directory.resolve(RECORD)));
      Optional<Program> program =
          ProgramCodec.tryDecode(Files.readAllBytes(directory.resolve(PROGRAM)));
      if (!"1".equals(values.get("version")) || program.isEmpty()) {
        return Optional.empty();
      }
      OutsideFiles outside =
          new OutsideFiles(
              values.getOrDefault("exit", ""),
              values.getOrDefault("stdout", ""),
              values.getOrDefault("stderr", ""),
              values.getOrDefault("stdin", ""),
              values.getOrDefault("exe", ""));
      Instant at = Files.getLastModifiedTime(directory.resolve(RECORD)).toInstant();
      return Optional.of(new Checkpoint(id, directory, program.get(), outside, at));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
