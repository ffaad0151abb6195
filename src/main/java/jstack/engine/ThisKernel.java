package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.linux.Namespace;
import jstack.linux.ProcessReader;
import jstack.manifest.HostPath;
import jstack.state.KernelView;

/** The kernel that runs here. Paths of containers are walked by hand: their links lead nowhere. */
public final class ThisKernel implements KernelView, AutoCloseable {
  private static final Path PROC = Path.of("/proc");

  private final DeviceFilters filters;

  /**
   * @param shim the helper, for what Java cannot ask
   */
  public ThisKernel(Path shim) {
    this.filters = new DeviceFilters(shim);
  }

  @Override
  public DeviceFilter deviceFilter(HostPath cgroup, String program) {
    return filters.ask(cgroup, program);
  }

  @Override
  public void close() {
    filters.close();
  }

  /** See path_resolution(7). */
  private static final int MOST_LINKS = 40;

  private static Path of(long pid) {
    return PROC.resolve(pid == SELF ? "self" : Long.toString(pid));
  }

  @Override
  public Optional<Long> namespace(long pid, Namespace kind) {
    return inode(of(pid).resolve("ns").resolve(kind.procName()));
  }

  @Override
  public Optional<Long> namespace(HostPath file) {
    return inode(file.toPath());
  }

  /** Followed: a link below /proc/PID/ns leads to the namespace itself. */
  private static Optional<Long> inode(Path file) {
    try {
      return Optional.of(((Number) Files.getAttribute(file, "unix:ino")).longValue());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public String proc(long pid, String name) {
    try {
      return Files.readString(of(pid).resolve(name), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public Optional<Long> child(long pid) {
    String children = proc(pid, "task/" + pid + "/children").strip();
    int space = children.indexOf(' ');
    String first = space < 0 ? children : children.substring(0, space);
    return first.isEmpty() ? Optional.empty() : Optional.of(Long.valueOf(first));
  }

  @Override
  public Set<Long> members(HostPath cgroup) {
    return new HashSet<>(ProcessReader.members(cgroup.toPath()));
  }

  /** By nsenter(1): a thread of Java that changes its namespace would take it along. */
  @Override
  public Optional<UtsName> uts(long pid) {
    List<String> lines =
        inside(
            pid,
            List.of("--uts"),
            List.of("cat", "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname"));
    return lines.size() == 2
        ? Optional.of(new UtsName(lines.get(0), lines.get(1)))
        : Optional.empty();
  }

  /** /proc is the machine's, and shows what the reader's namespaces have. */
  @Override
  public Map<String, String> sysctls(long pid, List<String> names) {
    List<String> command = new ArrayList<>(List.of("grep", "-sH", ""));
    names.forEach(name -> command.add(SYSCTLS + name));
    Map<String, String> values = new LinkedHashMap<>();
    for (String line : inside(pid, List.of("--net", "--ipc", "--uts"), command)) {
      int colon = line.indexOf(':');
      if (line.startsWith(SYSCTLS) && colon > 0) {
        values.putIfAbsent(line.substring(SYSCTLS.length(), colon), line.substring(colon + 1));
      }
    }
    return values;
  }

  private static final String SYSCTLS = "/proc/sys/";

  @Override
  public String file(HostPath path) {
    try {
      return Files.readString(path.toPath(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  /** What a program of this machine says in namespaces of a process. */
  private static List<String> inside(long pid, List<String> kinds, List<String> program) {
    List<String> command = new ArrayList<>(List.of("nsenter", "--target", Long.toString(pid)));
    command.addAll(kinds);
    command.addAll(program);
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      process.getOutputStream().close();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() <= 2 ? text.lines().toList() : List.of();
    } catch (IOException e) {
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  @Override
  public boolean has(String path) {
    return Files.exists(Path.of(path), LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public String real(long pid, String path) {
    Path root = of(pid).resolve("root");
    Deque<String> left = new ArrayDeque<>(List.of(path.split("/", -1)));
    Deque<String> done = new ArrayDeque<>();
    int links = 0;
    while (!left.isEmpty()) {
      String name = left.removeFirst();
      if (name.equals("..")) {
        done.pollLast();
      } else if (!name.isEmpty() && !name.equals(".")) {
        done.addLast(name);
        String target = link(root.resolve(String.join("/", done)));
        if (!target.isEmpty() && links++ < MOST_LINKS) {
          done.removeLast();
          if (target.startsWith("/")) {
            done.clear();
          }
          String[] words = target.split("/", -1);
          for (int i = words.length - 1; i >= 0; i--) {
            left.addFirst(words[i]);
          }
        }
      }
    }
    return "/" + String.join("/", done);
  }

  private static String link(Path path) {
    try {
      return Files.isSymbolicLink(path) ? Files.readSymbolicLink(path).toString() : "";
    } catch (IOException | InvalidPathException e) {
      return "";
    }
  }

  @Override
  public Optional<String> identity(long pid, String path) {
    Path file =
        pid == SELF ? Path.of(path) : of(pid).resolve("root").resolve(real(pid, path).substring(1));
    try {
      Map<String, Object> both =
          Files.readAttributes(file, "unix:dev,ino", LinkOption.NOFOLLOW_LINKS);
      return Optional.of(both.get("dev") + ":" + both.get("ino"));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
