package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jstack.linux.CgroupFreezer;
import jstack.linux.SmallFile;

/** Looks at the run directory and at /proc and says what there is. Reads only, never waits. */
public final class Observer {
  private final StateLayout layout;
  private final ProcessTable processes;

  public Observer(StateLayout layout, ProcessTable processes) {
    this.layout = layout;
    this.processes = processes;
  }

  /** The projects that have left anything in the run directory, sorted. */
  public List<String> projects() {
    return names(layout.run());
  }

  /** Every container of a project; none when the project is not known. */
  public Observed observe(String project) {
    List<ObservedContainer> containers = new ArrayList<>();
    for (String name : names(layout.project(project))) {
      ContainerId.parse(project, name).ifPresent(id -> containers.add(look(id)));
    }
    return new Observed(project, containers);
  }

  /** One container; empty when there is no trace of it. */
  public Optional<ObservedContainer> observe(ContainerId id) {
    return Files.isDirectory(layout.container(id), LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(look(id))
        : Optional.empty();
  }

  private ObservedContainer look(ContainerId id) {
    byte[] program = SmallFile.bytes(layout.program(id));
    Optional<Status> status = Status.parse(text(layout.status(id)));
    if (status.isEmpty()) {
      return new ObservedContainer(id, RunState.CREATED, program, status, 0);
    }
    Status noted = status.get();
    return switch (noted.phase()) {
      case EXITED -> over(id, RunState.EXITED, program, noted, noted.exitCode());
      case FAILED -> new ObservedContainer(id, RunState.FAILED, program, status, 0);
      case STARTING, RUNNING, RESTARTING -> unfinished(id, program, noted);
    };
  }

  /** The notes say that it is on its way or runs: only the processes themselves can tell. */
  private ObservedContainer unfinished(ContainerId id, byte[] program, Status noted) {
    boolean supervised =
        processes.lives(noted.bootId(), noted.supervisorPid(), noted.supervisorStartTime());
    boolean alive = processes.lives(noted.bootId(), noted.pid(), noted.startTime());
    Optional<Status> status = Optional.of(noted);
    // Who runs has bound its socket before: without that, nobody can ask its supervisor any more.
    boolean deaf = noted.phase() == Status.Phase.RUNNING && !layout.control(id).toFile().exists();
    if (supervised && !(deaf && alive)) {
      RunState state = supervised(program, noted);
      int code = state == RunState.RESTARTING ? noted.exitCode() : 0;
      return new ObservedContainer(id, state, program, status, code);
    }
    if (alive) {
      RunState state = supervised ? RunState.UNREACHABLE : RunState.UNSUPERVISED;
      return new ObservedContainer(id, state, program, status, 0);
    }
    Optional<ExitRecord> exit =
        ExitRecord.parse(text(layout.exitRecord(id))).filter(record -> record.isOf(noted));
    if (exit.isEmpty() && noted.phase() == Status.Phase.RESTARTING) {
      return over(id, RunState.EXITED, program, noted, noted.exitCode());
    }
    return exit.isPresent()
        ? over(id, RunState.EXITED, program, noted, exit.get().exitCode())
        : over(id, RunState.LOST, program, noted, 0);
  }

  private ObservedContainer over(
      ContainerId id, RunState state, byte[] program, Status noted, int exitCode) {
    Optional<Receipt> receipt = Receipts.of(layout, id, noted);
    return new ObservedContainer(id, state, program, Optional.of(noted), exitCode, receipt);
  }

  /** Whether it is paused is nowhere noted: the kernel is asked. */
  private static RunState supervised(byte[] program, Status noted) {
    if (noted.phase() == Status.Phase.RESTARTING) {
      return RunState.RESTARTING;
    }
    if (noted.phase() != Status.Phase.RUNNING) {
      // A start that nobody asked for is its supervisor's, from the wait to the command.
      return noted.restarts() > 0 ? RunState.RESTARTING : RunState.STARTING;
    }
    boolean frozen = ContainerCgroups.freezer(program).filter(CgroupFreezer::isFrozen).isPresent();
    return frozen ? RunState.PAUSED : RunState.RUNNING;
  }

  /** The step that failed, when the container never got as far as its command. */
  public Optional<FailureRecord> failure(ContainerId id) {
    String text = text(layout.failure(id));
    return text.isEmpty() ? Optional.empty() : FailureRecord.parse(text);
  }

  private static List<String> names(Path directory) {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = String.valueOf(entry.getFileName());
        if (!name.startsWith(".") && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          names.add(name);
        }
      }
    } catch (IOException e) {
      return List.of();
    }
    names.sort(null);
    return names;
  }

  private static String text(Path file) {
    return SmallFile.text(file.toString(), StandardCharsets.UTF_8);
  }
}
