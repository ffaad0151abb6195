package jstack.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Runs commands as whole processes, turn by turn, and keeps the time of each turn. */
final class Timing {
  private final Map<String, String> environment;

  Timing(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Milliseconds from start to end of a process; fails loudly when the command does. */
  double run(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Path log = Path.of(System.getProperty("java.io.tmpdir"), "jstack-bench.out");
    builder.redirectOutput(log.toFile());
    builder.redirectInput(new java.io.File("/dev/null"));
    long start = System.nanoTime();
    int code = builder.start().waitFor();
    double took = (System.nanoTime() - start) / 1e6;
    if (code != 0) {
      throw new IllegalStateException(
          String.join(" ", command)
              + " ended with "
              + code
              + ": "
              + java.nio.file.Files.readString(log));
    }
    return took;
  }

  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(d -> d).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The median ratio of two series, turn by turn: what the machine did meanwhile cancels out. */
  static double ratio(List<Double> ours, List<Double> theirs) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < Math.min(ours.size(), theirs.size()); i++) {
      ratios.add(ours.get(i) / theirs.get(i));
    }
    return median(ratios);
  }
}
