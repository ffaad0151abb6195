package jstack.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the machine holds that a container could leave behind: a test must leave it as it was. */
public record LeakCheck(Set<String> processes, List<String> mounts, Set<String> cgroups) {

  public static LeakCheck take() throws IOException {
    return new LeakCheck(shims(), mountinfo(), jstackCgroups());
  }

  /** Waits a little for what is on its way out, then insists. */
  public void assertNothingLeft() throws IOException, InterruptedException {
    Eventually.check(
        () -> {
          LeakCheck now = take();
          Set<String> more = new TreeSet<>(now.processes());
          more.removeAll(processes);
          assertThat(more).as("processes").isEmpty();
          assertThat(now.mounts()).as("mounts").isEqualTo(mounts);
          Set<String> groups = new TreeSet<>(now.cgroups());
          groups.removeAll(cgroups);
          assertThat(groups).as("cgroups").isEmpty();
        });
  }

  /** Helpers by pid; a zombie is a dead process. */
  private static Set<String> shims() throws IOException {
    Set<String> found = new TreeSet<>();
    try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
      for (Path entry : entries.toList()) {
        String name = String.valueOf(entry.getFileName());
        if (!Character.isDigit(name.charAt(0))) {
          continue;
        }
        try {
          String stat = Files.readString(entry.resolve("stat"), StandardCharsets.ISO_8859_1);
          char state = stat.charAt(stat.lastIndexOf(')') + 2);
          if (stat.contains("(jstack-shim)") && state != 'Z' && state != 'X') {
            found.add(name);
          }
        } catch (IOException e) {
          continue; // It ended meanwhile.
        }
      }
    }
    return found;
  }

  private static List<String> mountinfo() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream().sorted().toList();
  }

  private static Set<String> jstackCgroups() throws IOException {
    Path top = Path.of("/sys/fs/cgroup");
    if (!Files.isDirectory(top)) {
      return Set.of();
    }
    try (Stream<Path> hierarchies = Files.list(top)) {
      return hierarchies
          .flatMap(LeakCheck::ofJstack)
          .flatMap(LeakCheck::below)
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static Stream<Path> ofJstack(Path hierarchy) {
    try (Stream<Path> groups = Files.list(hierarchy)) {
      return groups.filter(g -> g.getFileName().toString().startsWith("jstack")).toList().stream();
    } catch (IOException e) {
      return Stream.of();
    }
  }

  private static Stream<String> below(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isDirectory).map(Path::toString).toList().stream();
    } catch (IOException | java.io.UncheckedIOException e) {
      return Stream.of(directory.toString());
    }
  }
}
