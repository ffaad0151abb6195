package jstack.program;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is done to make, run and clear away one container, in order. Two equal programs
 * make equal containers; what differs between two programs is the reason for a change.
 */
public final class Program {
  private final List<Step> steps;

  /** Both are asked for again and again, and never change. */
  private byte @Nullable [] encoded;

  private @Nullable Limits limits;

  public Program(List<Step> steps) {
    this.steps = List.copyOf(steps);
  }

  public List<Step> steps() {
    return steps;
  }

  /** As it travels; not to be written to. See {@link ProgramCodec}. */
  byte[] encoded() {
    byte[] known = encoded;
    if (known == null) {
      known = ProgramCodec.write(this);
      encoded = known;
    }
    return known;
  }

  /** Whether these bytes are this program, lines included; if so they are kept as its own. */
  public boolean isEncodedAs(byte[] bytes) {
    boolean same = bytes == encoded || ProgramCodec.isWritten(this, bytes);
    if (same) {
      encoded = bytes;
    }
    return same;
  }

  /** The limits that it writes. */
  Limits limits() {
    Limits known = limits;
    if (known == null) {
      known = Limits.of(steps);
      limits = known;
    }
    return known;
  }

  /** The steps of one phase, in order. */
  public List<Step> of(Phase phase) {
    return steps.stream().filter(step -> step.phase() == phase).toList();
  }

  /** The instructions of one type, in order. */
  public <T extends Instruction> Stream<T> all(Class<T> type) {
    return steps.stream().map(Step::instruction).filter(type::isInstance).map(type::cast);
  }

  /**
   * Whether only limits and settings of the supervisor differ: the processes are the same, and
   * those can be written anew.
   */
  public boolean isSameButForLive(Program other) {
    return withoutLive().fingerprint().equals(other.withoutLive().fingerprint());
  }

  private Program withoutLive() {
    return new Program(
        steps.stream().filter(step -> ChangeClass.of(step) != ChangeClass.LIVE).toList());
  }

  /** The same, noted to be that of a run that is over and stays until somebody removes it. */
  public Program kept() {
    List<Step> noted = new ArrayList<>(steps);
    Instruction note = new SupervisorInstruction.Note(SupervisorInstruction.Note.KEPT, "run", "");
    noted.add(0, new Step(Phase.SUPERVISE, Origin.NONE, note));
    return new Program(noted);
  }

  /** Whether it is {@link #kept()}. */
  public boolean isKept() {
    return all(SupervisorInstruction.Note.class)
        .anyMatch(note -> note.kind().equals(SupervisorInstruction.Note.KEPT));
  }

  /** What a running supervisor is told of, and can be told anew. */
  public List<Step> settings() {
    return of(Phase.SUPERVISE).stream()
        .filter(step -> ChangeClass.of(step) == ChangeClass.LIVE)
        .toList();
  }

  /**
   * The same with the limits of the stack that another program of the stack writes. Controllers are
   * only ever added: each program asks for those that its own limits need.
   *
   * @param other of any container beside this one's
   */
  public Program withStackLimitsOf(Program other) {
    List<Step> changed = new ArrayList<>(withoutStackLimits().steps);
    Set<HostPath> its = other.limits().own();
    List<Step> above = new ArrayList<>(other.steps);
    above.removeIf(step -> !isAbove(step, its) || changed.contains(step));
    changed.addAll(lastCgroup(changed), above);
    return new Program(changed);
  }

  /** The same without any limit above the container's own cgroups. */
  Program withoutStackLimits() {
    Set<HostPath> own = limits().own();
    return new Program(
        steps.stream().filter(step -> !isAbove(step, own) || sharesOut(step)).toList());
  }

  private static boolean isAbove(Step step, Set<HostPath> own) {
    return step.instruction() instanceof HostInstruction.Write write
        && new LimitWrite(write.file(), write.text(), step.origin()).isAbove(own);
  }

  private static boolean sharesOut(Step step) {
    return step.instruction() instanceof HostInstruction.Write write
        && new LimitWrite.Place(write.file(), "").sharesOut();
  }

  /** Behind the last cgroup that is made, and the writes that share controllers out to it. */
  private static int lastCgroup(List<Step> steps) {
    int at = 0;
    for (int i = 0; i < steps.size(); i++) {
      boolean before =
          steps.get(i).instruction() instanceof HostInstruction.MakeCgroup
              || sharesOut(steps.get(i));
      at = before ? i + 1 : at;
    }
    return at;
  }

  /** SHA-256 over phases, ops and arguments; origins are left out, so a moved line is no change. */
  public String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Step step : steps) {
        update(digest, step.phase().word());
        update(digest, step.instruction().op());
        List<String> arguments = step.instruction().arguments();
        update(digest, Integer.toString(arguments.size()));
        arguments.forEach(argument -> update(digest, argument));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static void update(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other || (other instanceof Program that && steps.equals(that.steps));
  }

  @Override
  public int hashCode() {
    return steps.hashCode();
  }

  @Override
  public String toString() {
    return steps.toString();
  }
}
