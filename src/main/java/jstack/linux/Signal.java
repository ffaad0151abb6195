package jstack.linux;

import java.util.Locale;
import java.util.Optional;

/** The signals of signal(7) with their numbers on x86-64 and arm64. */
public enum Signal {
  HUP(1),
  INT(2),
  QUIT(3),
  ILL(4),
  TRAP(5),
  ABRT(6),
  BUS(7),
  FPE(8),
  KILL(9),
  USR1(10),
  SEGV(11),
  USR2(12),
  PIPE(13),
  ALRM(14),
  TERM(15),
  STKFLT(16),
  CHLD(17),
  CONT(18),
  STOP(19),
  TSTP(20),
  TTIN(21),
  TTOU(22),
  URG(23),
  XCPU(24),
  XFSZ(25),
  VTALRM(26),
  PROF(27),
  WINCH(28),
  IO(29),
  PWR(30),
  SYS(31);

  private final int number;

  Signal(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  /** Accepts {@code SIGTERM}, {@code TERM}, {@code term} and {@code 15}. */
  public static Optional<Signal> parse(String text) {
    String name = text.toUpperCase(Locale.ROOT);
    String bare = name.startsWith("SIG") ? name.substring(3) : name;
    for (Signal signal : values()) {
      if (signal.name().equals(bare) || Integer.toString(signal.number).equals(text)) {
        return Optional.of(signal);
      }
    }
    return Optional.empty();
  }

  public static Optional<Signal> of(int number) {
    return number >= 1 && number <= values().length
        ? Optional.of(values()[number - 1])
        : Optional.empty();
  }

  @Override
  public String toString() {
    return "SIG" + name();
  }
}
