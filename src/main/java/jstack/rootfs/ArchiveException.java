package jstack.rootfs;

import java.io.IOException;

/** An archive that is refused, in words for the user, with the place in it when that is known. */
public final class ArchiveException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean placed;

  public ArchiveException(String message) {
    super(message);
    this.placed = false;
  }

  /**
   * @param place {@code entry 3, byte 1024}
   */
  ArchiveException(String message, String place) {
    super(message + " (" + place + ")");
    this.placed = true;
  }

  /** The same with a place, unless it has one. */
  ArchiveException at(String place) {
    return placed ? this : new ArchiveException(String.valueOf(getMessage()), place);
  }
}
