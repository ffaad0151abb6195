package jstack.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.linux.CgroupReader;
import jstack.linux.CrashPoint;
import jstack.linux.MemInfo;
import jstack.manifest.ByteSize;
import jstack.manifest.HostPath;
import jstack.program.FailureText;
import jstack.program.LimitWrite;
import org.jspecify.annotations.Nullable;

/** Writes limits to the cgroups of containers that run: all of them, or none. */
final class LimitWriter {
  private LimitWriter() {}

  /**
   * Writes all. What one limit allows can depend on another (memory and swap together, a quota and
   * its period, a cgroup and those below it), so whatever the kernel refuses is tried again as long
   * as anything else moves.
   *
   * @param seen what the files said before, to which a refusal leads back
   * @throws DiagnosticException {@link Failure#OPERATION}, each refused limit at its line
   */
  static void write(Collection<LimitWrite> writes, Map<HostPath, String> seen) {
    Map<LimitWrite.Place, LimitWrite> left = new LinkedHashMap<>();
    writes.forEach(write -> left.put(write.place(), write));
    List<Diagnostic> tooMuch = new ArrayList<>();
    left.values().forEach(write -> checkUse(write, left, tooMuch));
    if (!tooMuch.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, tooMuch);
    }
    List<LimitWrite> done = new ArrayList<>();
    Map<LimitWrite, String> refused = settle(new ArrayList<>(left.values()), done);
    if (refused.isEmpty()) {
      return;
    }
    List<LimitWrite> back = new ArrayList<>();
    for (LimitWrite write : done) {
      String before = write.before(seen);
      if (before != null) {
        back.add(new LimitWrite(write.file(), before, write.origin()));
      }
      if (write.name().equals("cpu.idle")) {
        addWeights(write, seen, back); // the kernel has forgotten them meanwhile
      }
    }
    Map<LimitWrite, String> stuck = settle(back, new ArrayList<>());
    List<Diagnostic> problems = new ArrayList<>();
    refused.forEach((write, why) -> problems.add(problem(write, why)));
    stuck.forEach((write, why) -> problems.add(problem(write, why)));
    throw new DiagnosticException(Failure.OPERATION, problems);
  }

  private static void addWeights(
      LimitWrite idle, Map<HostPath, String> seen, List<LimitWrite> back) {
    for (String name : List.of("cpu.weight", "cpu.shares")) {
      HostPath file = idle.directory().resolve(name);
      String before = seen.get(file);
      if (before != null) {
        back.add(new LimitWrite(file, before, idle.origin()));
      }
    }
  }

  /** How much of what the limit does not leave room for could go to swap. */
  private static long swapLeft(HostPath directory, Map<LimitWrite.Place, LimitWrite> all) {
    LimitWrite wanted = all.get(new LimitWrite.Place(directory.resolve("memory.swap.max"), ""));
    long allowed =
        wanted == null || wanted.text().equals("max")
            ? CgroupReader.swapLeft(directory.toPath())
            : Long.parseLong(wanted.text());
    try {
      return Math.min(allowed, MemInfo.swapFree(Files.readString(Path.of("/proc/meminfo"))));
    } catch (IOException e) {
      return 0;
    }
  }

  private static Diagnostic problem(LimitWrite write, String why) {
    String hint =
        write.name().startsWith("memory.") && why.contains("busy")
            ? "more than that is in use; jstack stats shows it"
            : "see cgroups(7), and whether the cgroup above, or one below, allows it";
    return Diagnostic.error(
            write.origin(),
            FailureText.LIMIT_REFUSED,
            "cannot write \"" + write.text() + "\" to " + write.file() + ": " + why)
        .withHint(hint);
  }

  /** Returns what the kernel refuses in the end, with its reasons. */
  private static Map<LimitWrite, String> settle(List<LimitWrite> writes, List<LimitWrite> done) {
    Map<LimitWrite, String> refused = new HashMap<>();
    List<LimitWrite> left = writes;
    boolean moved = true;
    while (moved && !left.isEmpty()) {
      refused = new LinkedHashMap<>();
      for (LimitWrite write : left) {
        String why = tryWrite(write);
        if (why == null) {
          done.add(write);
        } else {
          refused.put(write, why);
        }
      }
      moved = refused.size() < left.size();
      left = new ArrayList<>(refused.keySet());
    }
    return refused;
  }

  /** Returns the kernel's reason when it refuses. */
  private static @Nullable String tryWrite(LimitWrite write) {
    // An empty text still has to be written: a newline empties a cpuset.
    String text = write.text().isEmpty() ? "\n" : write.text();
    CrashPoint.at("write a limit");
    try (FileChannel file = FileChannel.open(write.file().toPath(), StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
      return null;
    } catch (NoSuchFileException e) {
      return "no such file; the container may have ended meanwhile";
    } catch (AccessDeniedException e) {
      return "permission denied";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /**
   * v2 does not refuse a limit below what is in use: it takes back what it can and kills for the
   * rest. Nobody who lowers a limit asks for that.
   */
  private static void checkUse(
      LimitWrite write, Map<LimitWrite.Place, LimitWrite> all, List<Diagnostic> problems) {
    if (!write.name().equals("memory.max") || write.text().equals("max")) {
      return;
    }
    long most = Long.parseLong(write.text());
    long held = CgroupReader.undroppable(write.directory().toPath());
    if (held > most && held - most > swapLeft(write.directory(), all)) {
      problems.add(
          Diagnostic.error(
                  write.origin(),
                  FailureText.LIMIT_REFUSED,
                  "the limit "
                      + new ByteSize(most)
                      + " is below the "
                      + (held >> 20)
                      + "m that are in use and cannot be taken back")
              .withHint("the kernel would kill for it; stop the container first, or use less"));
    }
  }
}
