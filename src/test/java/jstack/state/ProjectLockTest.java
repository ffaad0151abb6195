package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.support.Eventually;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProjectLockTest {
  @TempDir Path directory;

  /** Another JVM that holds the lock until its input ends: locks of one JVM do not meet. */
  public static final class Holder {
    public static void main(String[] args) throws Exception {
      StateLayout layout = new StateLayout(Path.of(args[0]), Path.of(args[0]));
      try (ProjectLock lock = ProjectLock.take(layout, "demo", "up")) {
        System.out.println("held");
        System.in.read();
      }
    }
  }

  private Process holder() throws Exception {
    Process holder =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(holder.inputReader().readLine()).isEqualTo("held");
    return holder;
  }

  @Test
  void whoMayWaitIsToldForWhomAndServedWhenThatOneIsDone() throws Exception {
    StateLayout layout = new StateLayout(directory, directory);
    Process holder = holder();
    try {
      List<String> told = new ArrayList<>();
      ProjectLock.Patience untilTold =
          new ProjectLock.Patience(
              Duration.ofMinutes(1),
              who -> {
                told.add(who);
                holder.destroyForcibly();
              });
      ProjectLock.take(layout, "demo", "down", untilTold).close();
      assertThat(told).containsExactly("pid " + holder.pid() + ", jstack up");
    } finally {
      holder.destroyForcibly();
    }
  }

  @Test
  void aWaitThatRanOutSaysHowLongItWas() throws Exception {
    StateLayout layout = new StateLayout(directory, directory);
    Process holder = holder();
    try {
      ProjectLock.Patience little = new ProjectLock.Patience(Duration.ofMillis(60), who -> {});
      assertThatThrownBy(() -> ProjectLock.take(layout, "demo", "down", little))
          .isInstanceOfSatisfying(
              DiagnosticException.class,
              e -> {
                assertThat(e.failure()).isEqualTo(Failure.LOCKED);
                assertThat(e.diagnostics().get(0).message()).contains("was for 0.06 s");
              });
    } finally {
      holder.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\0\0\0\0", "1 up x y", "1 up 99999999999999999999 y", "a b c d e"})
  void whatTheLockFileSaysIsNeverInTheWay(String torn) throws Exception {
    StateLayout layout = new StateLayout(directory, directory);
    Files.createDirectories(layout.locks());
    Files.writeString(layout.lock("demo"), torn);
    ProjectLock.take(layout, "demo", "down").close();
  }

  @Test
  void anotherRunIsNamedWithItsVerbAndADeadOneHoldsNothing() throws Exception {
    StateLayout layout = new StateLayout(directory, directory);
    Process holder = holder();
    try {
      assertThatThrownBy(() -> ProjectLock.take(layout, "demo", "down"))
          .isInstanceOfSatisfying(
              DiagnosticException.class,
              e -> {
                assertThat(e.failure()).isEqualTo(Failure.LOCKED);
                assertThat(e.diagnostics().get(0).message())
                    .contains("pid " + holder.pid())
                    .contains("jstack up");
              });
      ProjectLock.take(layout, "other", "down").close();
    } finally {
      holder.destroyForcibly();
    }
    assertThat(holder.waitFor(10, TimeUnit.SECONDS)).isTrue();
    ProjectLock.take(layout, "demo", "down").close();
    assertThat(Files.readString(layout.lock("demo"))).isBlank();
  }

  @Test
  void theLauncherOfAKilledRunIsWaitedForAndAnotherProcessOfItsNumberIsNot() throws Exception {
    StateLayout layout = new StateLayout(directory, directory);
    Files.createDirectories(layout.locks());
    Process launcher = new ProcessBuilder("sleep", "30").start();
    try {
      ProcessTable table = new ProcessTable(Path.of("/proc"));
      String mark = table.mark(launcher.pid());
      Files.writeString(layout.lock("demo"), "1 up " + launcher.pid() + " 1" + mark);
      ProjectLock.take(layout, "demo", "down").close();
      assertThat(launcher.isAlive()).isTrue();
      Files.writeString(layout.lock("demo"), "1 up " + launcher.pid() + " " + mark);
      // As /proc says: the JVM hears of it a moment later.
      CompletableFuture<Boolean> deadThen =
          CompletableFuture.supplyAsync(() -> ProjectLock.take(layout, "demo", "down"))
              .thenApply(
                  taken -> {
                    taken.close();
                    return table.isDead(launcher.pid());
                  });
      launcher.destroyForcibly();
      assertThat(deadThen.get(5, TimeUnit.SECONDS)).isTrue();
    } finally {
      launcher.destroyForcibly();
    }
  }

  @Test
  void aZombieLauncherOfAKilledRunKeepsNobodyWaiting() throws Exception {
    StateLayout layout = new StateLayout(directory, directory);
    // The child ends at once, and its parent, which is another program by then, never asks for it.
    Process parent = new ProcessBuilder("sh", "-c", "true & exec sleep 30").start();
    try {
      ProcessTable table = new ProcessTable(Path.of("/proc"));
      Path children = Path.of("/proc/" + parent.pid() + "/task/" + parent.pid() + "/children");
      Eventually.check(
          () -> {
            assertThat(parent.info().command().orElse("")).endsWith("sleep");
            long pid = Long.parseLong(Files.readString(children).trim());
            assertThat(Files.readString(Path.of("/proc/" + pid + "/stat"))).contains(") Z ");
          });
      long zombie = Long.parseLong(Files.readString(children).trim());
      assertThat(table.isDead(zombie)).isTrue();
      assertThat(table.isDead(parent.pid())).isFalse();
      String start = table.mark(parent.pid()); // it was noted while it lived
      Files.createDirectories(layout.locks());
      Files.writeString(layout.lock("demo"), "1 up " + zombie + " " + start);
      long begin = System.nanoTime();
      ProjectLock.take(layout, "demo", "down").close();
      assertThat(System.nanoTime() - begin).isLessThan(5_000_000_000L);
    } finally {
      parent.destroyForcibly();
    }
  }
}
