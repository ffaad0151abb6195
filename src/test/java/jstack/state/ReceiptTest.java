package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReceiptTest {
  private static final ContainerId WEB = ContainerId.of("demo", "web", 1);

  @TempDir Path folder;

  @Test
  void everyLineOfAReceiptIsRead() {
    Receipt receipt =
        Receipt.parse(
                """
                version=1
                started_at=1000000000
                finished_at=3500000000
                exit_code=137
                signal=9
                stopped=1
                restored=1
                oom_kills=2
                memory_peak=4096
                memory_limit=8192
                memory_limit_hit=1
                cpu_user=10
                cpu_system=20
                throttled_periods=3
                throttled_time=4
                io_read=5
                io_written=6
                pids_peak=7
                rootfs_digest=aa
                manifest_digest=bb
                """)
            .orElseThrow();
    assertThat(receipt)
        .isEqualTo(
            new Receipt(
                1_000_000_000L,
                3_500_000_000L,
                137,
                9,
                true,
                "",
                true,
                new Receipt.Memory(2, 4096, 8192, true),
                new Receipt.Cpu(10, 20, 3, 4),
                new Receipt.Io(5, 6),
                7,
                new Receipt.Made("aa", "bb")));
    assertThat(receipt.wall()).isEqualTo(2_500_000_000L);
    assertThat(receipt.cpu().total()).isEqualTo(30);
    assertThat(receipt.finished().orElseThrow()).hasToString("1970-01-01T00:00:03.500Z");
  }

  @Test
  void whatNobodyCountedIsUnknownAndNotNothing() {
    Receipt receipt = Receipt.parse("version=1\nstarted_at=5\nstopped=0\n").orElseThrow();
    assertThat(
            List.of(
                receipt.exitCode(),
                receipt.memory().peak(),
                receipt.memory().oomKills(),
                receipt.cpu().total(),
                receipt.io().written(),
                receipt.pidsPeak(),
                receipt.wall()))
        .containsOnly(Receipt.UNKNOWN);
    assertThat(receipt.isOutOfMemory()).isFalse();
    assertThat(receipt.finished()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "version=2\nstarted_at=5\n",
        "started_at=5\n",
        "version=1\n",
        "version=1\nstarted_at=5\nio_read=x\n",
        "\0"
      })
  void whatIsNotOursIsNoReceipt(String text) {
    assertThat(Receipt.parse(text)).isEmpty();
  }

  @Test
  void theRunsOfAContainerComeInTheirOrderAndWhatIsTornIsLeftOut() throws Exception {
    StateLayout layout = new StateLayout(folder.resolve("run"), folder.resolve("home"));
    Files.createDirectories(layout.container(WEB));
    for (long at : List.of(900L, 1000L, 20L)) {
      Files.writeString(layout.receipt(WEB, at), "version=1\nstarted_at=" + at + "\n");
    }
    Files.writeString(layout.receipt(WEB, 7), "");
    assertThat(Receipts.of(layout, WEB))
        .extracting(Receipt::startedAt)
        .containsExactly(20L, 900L, 1000L);
    assertThat(Receipts.of(layout, ContainerId.of("demo", "nobody", 1))).isEmpty();
  }
}
