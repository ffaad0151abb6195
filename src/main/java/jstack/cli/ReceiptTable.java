package jstack.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import jstack.linux.Signal;
import jstack.state.Receipt;
import jstack.state.Status;

/** Receipts as lines of text; what is not known is a dash. */
final class ReceiptTable {
  private static final int DIGEST = 12;

  private ReceiptTable() {}

  static String of(List<Run> runs, Instant now) {
    Table table =
        new Table(
            "NAME",
            "ENDED",
            "EXIT",
            "WALL",
            "CPU USER + SYS",
            "THROTTLED",
            "MEM PEAK / LIMIT",
            "PIDS",
            "READ / WRITTEN",
            "ROOTFS",
            "MANIFEST",
            "EXPECT");
    for (Run run : runs) {
      Receipt receipt = run.receipt();
      table.add(
          run.id().name(),
          receipt
              .finished()
              .map(end -> Durations.roughly(Duration.between(end, now)) + " ago")
              .orElse("-"),
          exit(receipt),
          time(receipt.wall()),
          pair(time(receipt.cpu().user()), " + ", time(receipt.cpu().system())),
          time(receipt.cpu().throttledTime()),
          pair(size(receipt.memory().peak()), " / ", size(receipt.memory().limit())),
          receipt.pidsPeak() == Receipt.UNKNOWN ? "-" : Long.toString(receipt.pidsPeak()),
          pair(size(receipt.io().read()), " / ", size(receipt.io().written())),
          digest(receipt.made().rootfsDigest()),
          digest(receipt.made().manifestDigest()),
          verdict(run));
    }
    return table.toString();
  }

  private static String exit(Receipt receipt) {
    if (receipt.endedBy().equals(Status.CHECKPOINT)) {
      return "checkpointed";
    }
    if (receipt.exitCode() == Receipt.UNKNOWN) {
      return receipt.isOutOfMemory() ? "- OOM" : "-";
    }
    String signal =
        receipt.signal() <= 0
            ? ""
            : " "
                + Signal.of((int) receipt.signal())
                    .map(Signal::toString)
                    .orElse("signal " + receipt.signal());
    return receipt.exitCode() + signal + (receipt.isOutOfMemory() ? " OOM" : "");
  }

  private static String verdict(Run run) {
    if (!run.expects()) {
      return "-";
    }
    return run.failures().isEmpty() ? "ok" : "FAILED " + String.join(", ", run.failedKeys());
  }

  /** One dash for a pair of which nothing is known. */
  private static String pair(String first, String between, String second) {
    return first.equals("-") && second.equals("-") ? "-" : first + between + second;
  }

  private static String time(long nanos) {
    return nanos == Receipt.UNKNOWN ? "-" : Durations.seconds(nanos);
  }

  private static String size(long bytes) {
    return bytes == Receipt.UNKNOWN ? "-" : Sizes.roughly(bytes);
  }

  private static String digest(String digest) {
    return digest.isEmpty() ? "-" : digest.substring(0, Math.min(DIGEST, digest.length()));
  }
}
