package jstack.cli;

import java.io.PrintStream;
import java.time.Duration;
import jstack.diag.DiagnosticPrinter;
import jstack.rootfs.FetchListener;
import jstack.rootfs.UnpackReport;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * How a rootfs is fetched: a bar on a terminal, plain lines elsewhere, one for each tenth, and one
 * a second.
 */
final class FetchLines implements FetchListener {
  private static final long UNKNOWN_STEP = 16L << 20;
  private static final long PAUSE = 1_000_000_000; // nanoseconds

  private final Console console;
  private final boolean quiet;
  private @Nullable ProgressBar bar;
  private long said = -1;
  private long saidAt;

  FetchLines(Console console, boolean quiet) {
    this.console = console;
    this.quiet = quiet;
  }

  private PrintStream err() {
    return console.err();
  }

  @Override
  public void downloading(String url, long done, long total) {
    if (quiet) {
      return;
    }
    if (console.stderrIsTerminal()) {
      draw(url, done, total);
    } else {
      say(url, done, total);
    }
  }

  private void draw(String url, long done, long total) {
    ProgressBar now = bar;
    if (now == null) {
      now =
          new ProgressBarBuilder()
              .setTaskName(name(url))
              .setInitialMax(total)
              .setUnit(" MiB", 1L << 20)
              .setStyle(ProgressBarStyle.ASCII)
              .build();
      bar = now;
    }
    now.stepTo(done);
    if (done == total) {
      close();
    }
  }

  private void say(String url, long done, long total) {
    long step = total > 0 ? done * 10 / total : done / UNKNOWN_STEP;
    long now = System.nanoTime();
    boolean due = said < 0 || done == total || now - saidAt > PAUSE;
    if (step == said || !due) {
      return;
    }
    said = done == total ? -1 : step; // then the next archive begins
    saidAt = now;
    String amount = rough(done) + (total > 0 ? " of " + rough(total) : "");
    err().println("fetching " + DiagnosticPrinter.visible(url) + "  " + amount);
  }

  private static String rough(long bytes) {
    return bytes < 10L << 20 ? (bytes >> 10) + " KiB" : (bytes >> 20) + " MiB";
  }

  private static String name(String url) {
    String plain = DiagnosticPrinter.visible(url);
    return plain.substring(plain.lastIndexOf('/') + 1);
  }

  private void close() {
    ProgressBar now = bar;
    if (now != null) {
      now.close();
      bar = null;
    }
  }

  @Override
  public void retrying(String url, int attempt, int attempts, String cause, Duration wait) {
    close();
    err()
        .println(
            "fetching "
                + DiagnosticPrinter.visible(url)
                + " broke: "
                + DiagnosticPrinter.visible(cause)
                + "; attempt "
                + attempt
                + " of "
                + attempts
                + " in "
                + wait.toMillis()
                + " ms");
  }

  @Override
  public void waiting(String what) {
    err().println("waiting for another jstack that prepares " + DiagnosticPrinter.visible(what));
  }

  @Override
  public void unpacking(String what) {
    close();
    if (!quiet) {
      err().println("unpacking " + DiagnosticPrinter.visible(what));
    }
  }

  @Override
  public void unpackedSoFar(long entries, long bytes) {
    if (!quiet) {
      err().println("unpacking  " + entries + " entries, " + rough(bytes));
    }
  }

  @Override
  public void unpacked(UnpackReport report) {
    for (String warning : report.warnings()) {
      err().println("warning: " + warning);
    }
  }
}
