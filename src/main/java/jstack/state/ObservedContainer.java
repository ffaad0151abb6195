package jstack.state;

import java.util.Arrays;
import java.util.Optional;
import jstack.diag.DiagnosticException;
import jstack.program.Program;
import jstack.program.ProgramCodec;

/**
 * One container as the machine shows it.
 *
 * @param encodedProgram what it was started with; empty when the record is gone or torn
 * @param status what its supervisor last wrote; empty when it never wrote
 * @param receipt of the run that is over; empty while it runs, or when nobody wrote one
 */
public record ObservedContainer(
    ContainerId id,
    RunState state,
    byte[] encodedProgram,
    Optional<Status> status,
    int exitCode,
    Optional<Receipt> receipt) {

  /** One that has no receipt. */
  public ObservedContainer(
      ContainerId id,
      RunState state,
      byte[] encodedProgram,
      Optional<Status> status,
      int exitCode) {
    this(id, state, encodedProgram, status, exitCode, Optional.empty());
  }

  /** The program it was started with; empty when the record is gone or torn. */
  public Optional<Program> program() {
    return encodedProgram.length == 0 ? Optional.empty() : ProgramCodec.tryDecode(encodedProgram);
  }

  /**
   * The program it was started with, for who cannot do without.
   *
   * @throws DiagnosticException when the record is gone or torn
   */
  public Program requireProgram() {
    return program()
        .orElseThrow(
            () ->
                DiagnosticException.operation(
                    "no-record",
                    "the record of " + id.name() + " is gone",
                    "jstack up makes it anew"));
  }

  /** Whether it was started with this very program; lines that moved are no difference. */
  public boolean runs(Program wanted) {
    return wanted.isEncodedAs(encodedProgram)
        || program().map(Program::fingerprint).equals(Optional.of(wanted.fingerprint()));
  }

  /** Whether it ran to completion. */
  public boolean isDone() {
    return state == RunState.EXITED && exitCode == 0;
  }

  /** Whether it ended because criu keeps it on disk: it goes on with a restore. */
  public boolean isCheckpointed() {
    return state == RunState.EXITED
        && status.map(Status::endedBy).orElse("").equals(Status.CHECKPOINT);
  }

  /** Whether its supervisor saw the end and took away what the container had on the host. */
  public boolean isClearedAway() {
    return status
        .map(Status::phase)
        .filter(phase -> phase == Status.Phase.EXITED || phase == Status.Phase.FAILED)
        .isPresent();
  }

  /** What has become of the supervisor of one that needs a new one: {@code died}. */
  public String fateOfSupervisor() {
    return state == RunState.UNREACHABLE
        ? "cannot be asked, since its control socket is gone"
        : "died";
  }

  /** The container's first process as the host numbers it; 0 when it is not alive. */
  public long pid() {
    return state.hasProcess() ? status.map(Status::pid).orElse(0L) : 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ObservedContainer that
        && id.equals(that.id)
        && state == that.state
        && exitCode == that.exitCode
        && status.equals(that.status)
        && receipt.equals(that.receipt)
        && Arrays.equals(encodedProgram, that.encodedProgram);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }
}
