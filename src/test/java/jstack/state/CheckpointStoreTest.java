package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import jstack.program.OutsideFiles;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which checkpoint counts, and for which container. */
class CheckpointStoreTest {
  private static final ContainerId ID = ContainerId.of("demo", "a", 1);
  private static final OutsideFiles OUTSIDE =
      new OutsideFiles("file[1:2]", "file[42:11]", "file[42:12]", "file[1:3]", "file[0:4]");

  @TempDir Path folder;
  private StateLayout layout;
  private CheckpointStore store;

  @BeforeEach
  void store() {
    layout = new StateLayout(folder.resolve("run"), folder.resolve("home"));
    store = new CheckpointStore(layout);
  }

  private Instant checkpoint() throws IOException {
    Path images = store.begin(ID);
    Checkpoint.write(images, ProgramCodec.encode(new Program(List.of())), OUTSIDE);
    Files.move(images, store.next(ID));
    return store.find(ID).orElseThrow().at();
  }

  private static String status(String state, Instant started, String more) {
    long nanos = Duration.between(Instant.EPOCH, started).toNanos();
    return "version=1\nstate=%s\npid=9\nstart=5\nstarted_at=%d\n%s".formatted(state, nanos, more);
  }

  private boolean fits(RunState state, String status) {
    Optional<Status> parsed = Status.parse(status);
    return store.lastOf(new ObservedContainer(ID, state, new byte[0], parsed, 0)).isPresent();
  }

  private void exit(String text) throws IOException {
    Files.createDirectories(layout.container(ID));
    Files.writeString(layout.exitRecord(ID), text);
  }

  @Test
  void theOneThatTheLastRunEndedInIsGoneOnFrom() throws IOException {
    Instant at = checkpoint();
    Instant before = at.minusSeconds(5);
    assertThat(fits(RunState.EXITED, status("exited", before, "ended_by=checkpoint\n"))).isTrue();
    assertThat(fits(RunState.EXITED, status("exited", before, ""))).isFalse();
    Instant later = at.plusSeconds(5);
    assertThat(fits(RunState.EXITED, status("exited", later, "ended_by=checkpoint\n"))).isFalse();
    // Nothing has run, or a restore has failed.
    assertThat(fits(RunState.CREATED, "")).isTrue();
    assertThat(fits(RunState.FAILED, status("failed", Instant.EPOCH, ""))).isTrue();
    assertThat(fits(RunState.RUNNING, status("running", before, ""))).isFalse();
  }

  @Test
  void whoseSupervisorWasKilledMeanwhileHasItUnlessItEndedByItself() throws IOException {
    Instant before = checkpoint().minusSeconds(5);
    String status = status("running", before, "");
    assertThat(fits(RunState.LOST, status)).isTrue();
    exit("status=0 start=4 at=1\n"); // of another life
    assertThat(fits(RunState.LOST, status)).isTrue();
    exit("status=0 start=5 at=1\n");
    assertThat(fits(RunState.EXITED, status)).isFalse();
  }

  @Test
  void theExitRecordOfARestoredRunHasTheStartOfItsFirstLife() throws IOException {
    Instant before = checkpoint().minusSeconds(5);
    String status = status("running", before, "restored=1\n");
    exit("status=0 start=4 at=1\n"); // older than this run
    assertThat(fits(RunState.LOST, status)).isTrue();
    exit("status=0 start=4 at=" + Long.MAX_VALUE + "\n");
    assertThat(fits(RunState.EXITED, status)).isFalse();
  }

  @Test
  void whatIsSetAsideCountsNoMoreAndGoesWithTheNext() throws IOException {
    checkpoint();
    checkpoint();
    store.setAside(ID);
    assertThat(store.find(ID)).isEmpty();
    assertThat(store.isOutrun(ID)).isTrue();
    assertThat(store.of("demo")).containsExactly(ID);
    store.setAside(ID);
    store.tidy(ID);
    assertThat(store.isOutrun(ID)).isTrue();
    checkpoint();
    store.tidy(ID);
    assertThat(store.isOutrun(ID)).isFalse();
    assertThat(store.find(ID)).isPresent();
    store.remove(ID);
    assertThat(layout.checkpoints()).doesNotExist();
  }

  @Test
  void whoForgetsALastRunForgetsNoCheckpointThatItEndedIn() throws IOException {
    Instant before = checkpoint().minusSeconds(5);
    Files.createDirectories(layout.container(ID));
    Files.writeString(layout.status(ID), status("exited", before, "ended_by=checkpoint\n"));
    store.setAsideUnlessLast(ID);
    assertThat(store.find(ID)).isPresent();
    Files.writeString(layout.status(ID), status("exited", before, ""));
    store.setAsideUnlessLast(ID);
    assertThat(store.find(ID)).isEmpty();
  }
}
