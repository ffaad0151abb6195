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
public record LeakCheck(
    Set<String> processes, List<String> mounts, Set<String> cgroups, List<String> network) {

  public static LeakCheck take() throws IOException {
    return new LeakCheck(shims(), mountinfo(), jstackCgroups(), connections());
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
          assertThat(now.network()).as("network").isEqualTo(network);
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

  /** Links, named namespaces, routes, tables of rules, and whether the machine forwards. */
  private static List<String> connections() throws IOException {
    List<String> all = new java.util.ArrayList<>();
    for (String directory : List.of("/sys/class/net", "/run/netns")) {
      names(directory).forEach(name -> all.add(directory + "/" + name));
    }
    for (String file :
        List.of(
            "/proc/net/route",
            "/proc/net/ipv6_route",
            "/proc/sys/net/ipv4/ip_forward",
            "/proc/sys/net/ipv6/conf/all/forwarding")) {
      all.addAll(Files.readAllLines(Path.of(file)));
    }
    for (String device : names("/proc/sys/net/ipv6/conf")) {
      Path file = Path.of("/proc/sys/net/ipv6/conf", device, "accept_ra");
      all.add(device + " accepts " + Files.readString(file).trim());
    }
    all.addAll(Command.output("nft", "list", "tables").lines().toList());
    all.sort(java.util.Comparator.naturalOrder());
    return all;
  }

  private static List<String> names(String directory) {
    String[] names = Path.of(directory).toFile().list();
    return names == null ? List.of() : List.of(names);
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
