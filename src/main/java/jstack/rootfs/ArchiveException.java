package jstack.rootfs;

import java.io.IOException;

/** An archive that is refused, in words for the user. */
public final class ArchiveException extends IOException {
  private static final long serialVersionUID = 1L;

  public ArchiveException(String message) {
    super(message);
  }
}
