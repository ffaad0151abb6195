package jstack.linux;

import java.util.Optional;

/** The machines whose calls the kernel numbers and we know; see AUDIT_ARCH_* of linux/audit.h. */
public enum Architecture {
  X86_64(0xC000003E, "amd64"),
  AARCH64(0xC00000B7, "arm64");

  /** A number with this bit is one of x32, 32-bit pointers on x86-64. */
  public static final long X32_BIT = 0x4000_0000L;

  private final int audit;
  private final String other;

  Architecture(int audit, String other) {
    this.audit = audit;
    this.other = other;
  }

  /** This machine's; empty when we do not know its numbers. */
  public static Optional<Architecture> current() {
    return switch (System.getProperty("os.arch", "")) {
      case "amd64" -> Optional.of(X86_64);
      case "aarch64" -> Optional.of(AARCH64);
      default -> Optional.empty();
    };
  }

  /** What the kernel tells a filter with each call. */
  public int audit() {
    return audit;
  }

  /** As profiles of Docker's say it below includes and excludes: amd64, arm64. */
  public String dockerName() {
    return other;
  }
}
