package jstack.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Kills jstack with SIGKILL at a step of its own; see {@code jstack.linux.CrashPoint}. */
public final class Crash {
  private final Path folder;

  /**
   * @param folder where the steps are written down
   */
  public Crash(Path folder) {
    this.folder = folder;
  }

  /** Starts jstack with one more variable in its environment. */
  public interface Start {
    Process with(String crash) throws IOException;
  }

  /** Runs it to its end and says which steps it took. */
  public List<String> steps(Start start) throws Exception {
    Path file = Files.createTempFile(folder, "steps", "");
    Process process = start.with(file.toString());
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    return Files.readAllLines(file);
  }

  /**
   * Kills it before its n-th step, and returns what that was.
   *
   * @return empty when it ended before
   */
  public String at(int n, Start start) throws Exception {
    Path file = Files.createTempFile(folder, "steps", "");
    Process process = start.with(file + ":" + n);
    long deadline = System.nanoTime() + 60_000_000_000L;
    List<String> steps = Files.readAllLines(file);
    while (steps.size() < n && process.isAlive() && System.nanoTime() < deadline) {
      process.waitFor(2, TimeUnit.MILLISECONDS);
      steps = Files.readAllLines(file);
    }
    process.destroyForcibly().waitFor();
    Files.delete(file);
    return steps.size() < n ? "" : steps.get(n - 1);
  }

  /**
   * The numbers of all steps, or of so many of them, chosen with a seed: of those with the same
   * name one, as long as there are others.
   */
  public static List<Integer> sample(List<String> steps, int most, Random random) {
    List<Integer> all = new ArrayList<>();
    for (int i = 1; i <= steps.size(); i++) {
      all.add(i);
    }
    Collections.shuffle(all, random);
    Set<String> names = new HashSet<>();
    List<Integer> chosen = new ArrayList<>();
    List<Integer> others = new ArrayList<>();
    for (int step : all) {
      String name = steps.get(step - 1).replaceAll("[0-9]+|\\b[a-z]-", "");
      (names.add(name) ? chosen : others).add(step);
    }
    chosen.addAll(others);
    return chosen.subList(0, Math.min(chosen.size(), most)).stream().sorted().toList();
  }
}
