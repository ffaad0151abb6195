package jstack.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * jstack against whatever of its peers is installed, as whole processes, turn by turn in one run.
 * Machines are noisy: quote the ratios, not the times.
 *
 * <p>Run by {@code make bench}; arguments: the distribution, a static busybox, a tarball to unpack.
 */
public final class PeerBench {
  private static final int TURNS = 15;

  private final Path dist;
  private final Path busybox;
  private final Path tarball;
  private final Path work;
  private final Timing timing;
  private final List<String> lines = new ArrayList<>();

  private PeerBench(Path dist, Path busybox, Path tarball, Path work) {
    this.dist = dist;
    this.busybox = busybox;
    this.tarball = tarball;
    this.work = work;
    this.timing =
        new Timing(
            Map.of(
                "JSTACK_RUN", work.resolve("run").toString(),
                "JSTACK_HOME", work.resolve("home").toString()));
  }

  /** With a fourth argument only the bench of that name. */
  public static void main(String[] args) throws Exception {
    Path memory = Path.of("/dev/shm");
    Path work = Files.createTempDirectory(memory, "jstack-bench");
    PeerBench bench = new PeerBench(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]), work);
    try {
      bench.run(args.length > 3 ? args[3] : "");
    } finally {
      new ProcessBuilder("rm", "-rf", "--one-file-system", work.toString()).start().waitFor();
    }
    bench.lines.forEach(System.out::println);
  }

  private void run(String only) throws IOException, InterruptedException {
    row("work", "median ms", "compared with", "its median", "ratio", "goal");
    makeRootfs();
    switch (only) {
      case "filter":
        filter();
        return;
      case "walls":
        walls();
        return;
      default:
    }
    double perTurn = oneService();
    manyServices(perTurn);
    networks();
    accounting();
    limits();
    walls();
    filter();
    unpacking();
  }

  private void makeRootfs() throws IOException, InterruptedException {
    Path root = work.resolve("rootfs");
    Files.createDirectories(root.resolve("bin"));
    for (String directory : List.of("proc", "sys", "dev", "tmp", "etc")) {
      Files.createDirectories(root.resolve(directory));
    }
    Files.copy(busybox, root.resolve("bin/busybox"));
    for (String applet : List.of("sh", "true", "sleep")) {
      Files.createSymbolicLink(root.resolve("bin").resolve(applet), Path.of("busybox"));
    }
    tool("tar", "-C", root.toString(), "-czf", work.resolve("rootfs.tar.gz").toString(), ".");
  }

  private Path manifest(String name, int services) throws IOException {
    return manifest(name, services, "    network_mode: none\n");
  }

  private Path manifest(String name, int services, String more) throws IOException {
    StringBuilder text = new StringBuilder("name: " + name + "\nservices:\n");
    for (int i = 0; i < services; i++) {
      text.append("  s").append(i).append(":\n");
      text.append("    rootfs: ").append(work.resolve("rootfs.tar.gz")).append('\n');
      text.append("    command: [/bin/sleep, \"100000\"]\n");
      text.append("    stop_grace_period: 0s\n").append(more);
    }
    Path file = work.resolve(name + ".yaml");
    Files.writeString(file, text);
    return file;
  }

  private List<String> jstack(String... words) {
    List<String> command = new ArrayList<>();
    command.add(dist.resolve("bin/jstack").toString());
    command.addAll(List.of(words));
    return command;
  }

  private static List<String> jvm(String mainClass, String... words) {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
    command.addAll(List.of(words));
    return command;
  }

  private double oneService() throws IOException, InterruptedException {
    String file = manifest("one", 1).toString();
    Map<String, List<String>> peers = peers();
    Map<String, List<Double>> times = new LinkedHashMap<>();
    timing.run(jstack("up", "-d", file));
    timing.run(jstack("down", file));
    for (int turn = 0; turn < TURNS; turn++) {
      add(times, "jvm", jvm(OneLine.class.getName()));
      add(times, "up", jstack("up", "-d", file));
      add(times, "again", jstack("up", "-d", file));
      add(times, "exec", jstack("exec", file, "s0", "/bin/true"));
      add(times, "down", jstack("down", file));
      for (Map.Entry<String, List<String>> peer : peers.entrySet()) {
        add(times, peer.getKey(), peer.getValue());
      }
    }
    compare("up -d, 1 service, warm", times, "up", "jvm", "a JVM that prints one line", "<= 5");
    compare("up, nothing to do", times, "again", "jvm", "a JVM that prints one line", "");
    compare("exec true", times, "exec", "jvm", "a JVM that prints one line", "");
    compare("down, 1 service", times, "down", "jvm", "a JVM that prints one line", "");
    for (String peer : peers.keySet()) {
      compare("up -d, 1 service, warm", times, "up", peer, peer, "");
    }
    return Timing.median(times.getOrDefault("up", List.of()));
  }

  private void manyServices(double one) throws IOException, InterruptedException {
    String file = manifest("many", 50).toString();
    Map<String, List<Double>> times = new LinkedHashMap<>();
    for (int turn = 0; turn < 7; turn++) {
      add(times, "up", jstack("up", "-d", file));
      add(times, "again", jstack("up", "-d", file));
      add(times, "down", jstack("down", file));
    }
    double up = Timing.median(times.getOrDefault("up", List.of()));
    row(
        "up -d, 50 services, warm",
        ms(up),
        "1 service, each more",
        ms((up - one) / 49),
        "",
        "<= 4 ms");
    double again = Timing.median(times.getOrDefault("again", List.of()));
    row("up, 50 services, nothing to do", ms(again), "", "", "", "");
    double down = Timing.median(times.getOrDefault("down", List.of()));
    row("down, 50 services", ms(down), "", "", "", "");
  }

  private void networks() throws IOException, InterruptedException {
    String alone = manifest("ten", 10).toString();
    String bridge = manifest("tenbridge", 10, "").toString();
    Map<String, List<Double>> times = new LinkedHashMap<>();
    for (int turn = 0; turn < 9; turn++) {
      add(times, "alone", jstack("up", "-d", alone));
      add(times, "alone down", jstack("down", alone));
      add(times, "bridge", jstack("up", "-d", bridge));
      add(times, "bridge down", jstack("down", bridge));
    }
    perService("up -d, 10 services on a bridge", times, "bridge", "alone", "<= 15 ms");
    perService("down of them", times, "bridge down", "alone down", "");
  }

  private void perService(
      String work, Map<String, List<Double>> times, String ours, String theirs, String goal) {
    double mine = Timing.median(times.getOrDefault(ours, List.of()));
    double other = Timing.median(times.getOrDefault(theirs, List.of()));
    row(work, ms(mine), "without networks", ms(other), "", "");
    row("  each service more", ms((mine - other) / 10), "", "", "", goal);
  }

  /** One look at 50 containers. */
  private void accounting() throws IOException, InterruptedException {
    String file = manifest("counted", 50).toString();
    Map<String, List<Double>> times = new LinkedHashMap<>();
    timing.run(jstack("up", "-d", file));
    timing.run(jstack("stats", "--no-stream", file));
    for (int turn = 0; turn < 15; turn++) {
      add(times, "start", jstack("version"));
      add(times, "stats", jstack("stats", "--no-stream", file));
    }
    timing.run(jstack("down", file));
    double start = Timing.median(times.getOrDefault("start", List.of()));
    double stats = Timing.median(times.getOrDefault("stats", List.of()));
    row("stats --no-stream, 50 services", ms(stats), "version", ms(start), "", "");
    row("  more", ms(stats - start), "", "", "", "<= 50 ms");
  }

  private static final String EVERY_LIMIT =
      "    network_mode: none\n    cgroup:\n      memory: {max: 64m, low: 8m}\n"
          + "      cpu: {max: 0.5, weight: 200}\n      pids: {max: 64}\n";

  /** The steps of one container with limits and without, in the helper alone: 50 in one request. */
  private void limits() throws IOException, InterruptedException {
    String none = manifest("free", 50).toString();
    String all = manifest("limited", 50, EVERY_LIMIT).toString();
    Map<String, List<Double>> times = new LinkedHashMap<>();
    for (String file : List.of(none, all)) {
      timing.run(jstack("up", "-d", file));
      timing.run(jstack("down", file));
    }
    for (int turn = 0; turn < 9; turn++) {
      add(times, "none", jstack("up", "-d", none));
      timing.run(jstack("down", none));
      add(times, "all", jstack("up", "-d", all));
      timing.run(jstack("down", all));
    }
    double without = Timing.median(times.getOrDefault("none", List.of()));
    double with = Timing.median(times.getOrDefault("all", List.of()));
    row("up -d, 50 services, every limit", ms(with), "without limits", ms(without), "", "");
    row("  each service more", ms((with - without) / 50), "", "", "", "<= 0.3 ms");
  }

  /** A start of a container behind all of its walls, and of one without. */
  private void walls() throws IOException, InterruptedException {
    String file = manifest("walled", 1).toString();
    timing.run(jstack("up", "-d", file));
    timing.run(jstack("stop", file));
    Path shim = dist.resolve("lib/jstack-shim");
    List<List<Double>> times = new Walls(work.resolve("run/walled/s0-1")).measure(shim);
    timing.run(jstack("down", file));
    List<Double> more = new ArrayList<>();
    for (int turn = 0; turn < times.get(0).size(); turn++) {
      more.add(times.get(0).get(turn) - times.get(1).get(turn));
    }
    double with = Timing.median(times.get(0));
    double none = Timing.median(times.get(1));
    row("a start behind all walls", ms(with), "behind none", ms(none), "", "");
    row("  the walls", ms(Timing.median(more)), "", "", "", "<= 1.5 ms");
  }

  /** A call that does nothing under the default filter, and under runc's with a profile like it. */
  private void filter() throws IOException, InterruptedException {
    Path probe = dist.resolveSibling("shim").resolve("probe");
    Files.copy(probe, work.resolve("rootfs/bin/probe"));
    tool("tar", "-C", work.resolve("rootfs").toString(), "-czf", archive("probe"), ".");
    String text =
        Files.readString(manifest("filtered", 2)).replace(archive("rootfs"), archive("probe"));
    String file = work.resolve("filtered.yaml").toString();
    Files.writeString(
        Path.of(file),
        text
            + "    security_opt: [seccomp=unconfined]\n    security: {allow: [seccomp-unconfined]}\n");
    timing.run(jstack("up", "-d", file));
    List<String> runc = runcWithProfile();
    List<Double> ours = new ArrayList<>();
    List<Double> none = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    for (int turn = 0; turn < 5; turn++) {
      ours.add(number(jstack("exec", file, "s0", "/bin/probe", "time-getpid")));
      none.add(number(jstack("exec", file, "s1", "/bin/probe", "time-getpid")));
      if (!runc.isEmpty()) {
        theirs.add(number(runc));
      }
    }
    timing.run(jstack("down", file));
    String mine = ns(Timing.median(ours));
    row(
        "getpid under the filter",
        mine,
        "without",
        ns(Timing.median(none)),
        ratio(Timing.ratio(ours, none)),
        "");
    if (!runc.isEmpty()) {
      row(
          "getpid under the filter",
          mine,
          "runc, containers' profile",
          ns(Timing.median(theirs)),
          ratio(Timing.ratio(ours, theirs)),
          "<= 1");
    }
  }

  private String archive(String name) {
    return work.resolve(name + ".tar.gz").toString();
  }

  private static String ns(double value) {
    return String.format(Locale.ROOT, "%.1f ns", value);
  }

  private double number(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JSTACK_RUN", work.resolve("run").toString());
    builder.environment().put("JSTACK_HOME", work.resolve("home").toString());
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(String.join(" ", command) + " failed");
    }
    return Double.parseDouble(out.strip());
  }

  /** Debian's profile for containers, whose rules for capabilities a container without has not. */
  private List<String> runcWithProfile() throws IOException, InterruptedException {
    Path profile = Path.of("/usr/share/containers/seccomp.json");
    if (!installed("runc") || !Files.exists(profile)) {
      return List.of();
    }
    Path bundle = Files.createDirectories(work.resolve("bundle-filter"));
    new ProcessBuilder("runc", "spec").directory(bundle.toFile()).start().waitFor();
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode docker = (ObjectNode) mapper.readTree(profile.toFile());
    ObjectNode seccomp = mapper.createObjectNode();
    seccomp.set("defaultAction", docker.get("defaultAction"));
    seccomp.set("defaultErrnoRet", docker.get("defaultErrnoRet"));
    seccomp
        .putArray("architectures")
        .add("SCMP_ARCH_X86_64")
        .add("SCMP_ARCH_X86")
        .add("SCMP_ARCH_X32");
    ArrayNode rules = seccomp.putArray("syscalls");
    for (JsonNode rule : docker.get("syscalls")) {
      JsonNode includes = rule.path("includes");
      if (!includes.has("caps")
          && (!includes.has("arches") || includes.get("arches").toString().contains("\"amd64\""))) {
        ObjectNode kept = rules.addObject();
        for (String key : List.of("names", "action", "args", "errnoRet")) {
          if (rule.hasNonNull(key)) {
            kept.set(key, rule.get(key));
          }
        }
      }
    }
    ObjectNode config = (ObjectNode) mapper.readTree(bundle.resolve("config.json").toFile());
    ObjectNode process = (ObjectNode) config.get("process");
    process.put("terminal", false).putArray("args").add("/bin/probe").add("time-getpid");
    ((ObjectNode) config.get("root")).put("path", work.resolve("rootfs").toString());
    ((ObjectNode) config.get("linux")).set("seccomp", seccomp);
    mapper.writeValue(bundle.resolve("config.json").toFile(), config);
    return List.of("runc", "run", "--bundle", bundle.toString(), "bench-filter");
  }

  private void unpacking() throws IOException, InterruptedException {
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    for (int turn = 0; turn < 5; turn++) {
      Path into = Files.createDirectories(work.resolve("unpack-ours"));
      ours.add(timing.run(jvm(UnpackOnce.class.getName(), tarball.toString(), into.toString())));
      tool("rm", "-rf", into.toString());
      Path other = Files.createDirectories(work.resolve("unpack-theirs"));
      theirs.add(
          timing.run(
              List.of(
                  "tar", "--numeric-owner", "-C", other.toString(), "-xzpf", tarball.toString())));
      tool("rm", "-rf", other.toString());
    }
    row(
        "unpack " + tarball.getFileName() + " on tmpfs",
        ms(Timing.median(ours)),
        "tar xzpf",
        ms(Timing.median(theirs)),
        ratio(Timing.ratio(ours, theirs)),
        "<= 0.8");
  }

  /** One /bin/true in fresh namespaces, by each peer that is installed. */
  private Map<String, List<String>> peers() throws IOException, InterruptedException {
    Map<String, List<String>> peers = new LinkedHashMap<>();
    Path bundle = Files.createDirectories(work.resolve("bundle"));
    String root = work.resolve("rootfs").toString();
    for (String runtime : List.of("runc", "crun")) {
      if (installed(runtime)) {
        Files.deleteIfExists(bundle.resolve("config.json"));
        new ProcessBuilder(runtime, "spec").directory(bundle.toFile()).start().waitFor();
        Path own = Files.createDirectories(work.resolve("bundle-" + runtime));
        String config =
            Files.readString(bundle.resolve("config.json"))
                .replace("\"terminal\": true", "\"terminal\": false")
                .replace("\"sh\"", "\"/bin/true\"")
                .replace("\"path\": \"rootfs\"", "\"path\": \"" + root + "\"");
        Files.writeString(own.resolve("config.json"), config);
        peers.put(
            runtime + " run",
            List.of(runtime, "run", "--bundle", own.toString(), "bench-" + runtime));
      }
    }
    if (installed("bwrap")) {
      peers.put(
          "bwrap --unshare-all",
          List.of(
              "bwrap",
              "--unshare-all",
              "--ro-bind",
              root,
              "/",
              "--proc",
              "/proc",
              "--dev",
              "/dev",
              "/bin/true"));
    }
    if (installed("docker-compose")
        && new ProcessBuilder("docker", "info").start().waitFor() == 0) {
      Path project = Files.createDirectories(work.resolve("compose"));
      Files.writeString(
          project.resolve("docker-compose.yml"),
          "version: '3'\nservices:\n  s0:\n    image: jstack-bench\n    command: [/bin/sleep, '100000']\n    network_mode: none\n");
      String compose = project.resolve("docker-compose.yml").toString();
      peers.put(
          "docker-compose up, down",
          List.of(
              "sh",
              "-c",
              "docker-compose -f "
                  + compose
                  + " up -d && docker-compose -f "
                  + compose
                  + " down -t 0"));
    }
    Map<String, List<String>> working = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> peer : peers.entrySet()) {
      try {
        timing.run(peer.getValue());
        working.put(peer.getKey(), peer.getValue());
      } catch (IllegalStateException e) {
        lines.add("left out: " + peer.getKey() + " does not run here: " + e.getMessage().strip());
      }
    }
    return working;
  }

  private static boolean installed(String program) throws IOException, InterruptedException {
    return new ProcessBuilder("sh", "-c", "command -v " + program)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  private void add(Map<String, List<Double>> times, String key, List<String> command)
      throws IOException, InterruptedException {
    times.computeIfAbsent(key, k -> new ArrayList<>()).add(timing.run(command));
  }

  private void compare(
      String work,
      Map<String, List<Double>> times,
      String ours,
      String theirs,
      String name,
      String goal) {
    List<Double> mine = times.getOrDefault(ours, List.of());
    List<Double> other = times.getOrDefault(theirs, List.of());
    row(
        work,
        ms(Timing.median(mine)),
        name,
        ms(Timing.median(other)),
        ratio(Timing.ratio(mine, other)),
        goal);
  }

  private void row(String... cells) {
    lines.add(
        String.format(Locale.ROOT, "%-34s %10s  %-28s %10s %7s  %s", (Object[]) cells)
            .stripTrailing());
  }

  private static String ms(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String ratio(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  private static void tool(String... command) throws IOException, InterruptedException {
    if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
      throw new IllegalStateException(String.join(" ", command) + " failed");
    }
  }
}
