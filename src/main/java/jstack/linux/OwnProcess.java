package jstack.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** This JVM as proc(5) shows it: {@link ProcessHandle} begins with a pool of threads. */
public final class OwnProcess {
  private OwnProcess() {}

  /** Its number in the pid namespace that /proc is of. */
  public static long pid() {
    try {
      return Long.parseLong(Files.readSymbolicLink(Path.of("/proc/self")).toString());
    } catch (IOException | NumberFormatException e) {
      return ProcessHandle.current().pid();
    }
  }

  /** The effective user id, in decimal; empty without /proc. No native call is worth its load. */
  public static Optional<String> effectiveUser() {
    String status = SmallFile.text("/proc/self/status");
    int line = status.indexOf("\nUid:\t");
    int real = status.indexOf('\t', line + 1);
    int effective = status.indexOf('\t', real + 1);
    int end = status.indexOf('\t', effective + 1);
    return line < 0 || end < 0
        ? Optional.empty()
        : Optional.of(status.substring(effective + 1, end));
  }
}
