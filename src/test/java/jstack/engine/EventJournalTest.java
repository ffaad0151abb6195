package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import jstack.state.ContainerId;
import jstack.state.StateLayout;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventJournalTest {
  private static final ContainerId WEB = ContainerId.of("demo", "web", 1);
  private static final Instant AT = Instant.parse("2026-01-02T03:04:05.123456789Z");

  @TempDir Path folder;
  private StateLayout layout;
  private EventJournal journal;

  @BeforeEach
  void begin() {
    layout = new StateLayout(folder.resolve("run"), folder.resolve("home"));
    journal = new EventJournal(layout);
  }

  private static StateChanges.Event event(ContainerId id, String what, int code) {
    return new StateChanges.Event(AT, id, what, 0, code);
  }

  @Test
  void whatWasWrittenIsReadBackForItsOwnProject() {
    ContainerId other = ContainerId.of("other", "web", 1);
    ContainerId run = ContainerId.oneOff("demo", "web", 7);
    List<StateChanges.Event> events =
        List.of(event(WEB, "exited", 137), event(run, "created", -1), event(WEB, "removed", -1));
    journal.add(events);
    journal.add(AT, other, "created");
    assertThat(journal.of("demo")).isEqualTo(events);
    assertThat(journal.of("other")).containsExactly(event(other, "created", -1));
    assertThat(journal.of("nobody")).isEmpty();
  }

  @Test
  void aTornLineCostsItselfAndTheNextAtMost() throws IOException {
    journal.add(AT, WEB, "created");
    Files.writeString(layout.journal(), "17672 demo we", StandardOpenOption.APPEND);
    journal.add(AT, WEB, "started");
    journal.add(AT, WEB, "removed");
    assertThat(journal.of("demo"))
        .containsExactly(event(WEB, "created", -1), event(WEB, "removed", -1));
  }

  @Test
  void itTakesNoMoreRoomHoweverMuchHappens() throws IOException {
    int many = 8000;
    IntStream.range(0, many).forEach(i -> journal.add(List.of(event(WEB, "exited", i))));
    assertThat(Files.size(layout.journal())).isLessThan(70_000);
    assertThat(Files.size(layout.oldJournal())).isLessThan(70_000);
    List<Integer> codes = journal.of("demo").stream().map(StateChanges.Event::exitCode).toList();
    assertThat(codes).hasSizeGreaterThan(1000).last().isEqualTo(many - 1);
    assertThat(codes).isEqualTo(IntStream.range(many - codes.size(), many).boxed().toList());
  }

  @Test
  void whereNothingCanBeWrittenNothingIsTold() throws IOException {
    Files.createFile(folder.resolve("run"));
    journal.add(AT, WEB, "created");
    assertThat(journal.of("demo")).isEmpty();
  }
}
