package jstack.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import jstack.linux.CrashPoint;
import jstack.linux.SmallFile;
import jstack.state.ContainerId;
import jstack.state.PrivateDirectory;
import jstack.state.StateLayout;

/**
 * What happened to containers that no record tells of: that they were made and removed, and what
 * went with those that are gone. A line an event, of all projects together, so that it needs as
 * much room for one as for a thousand:
 *
 * <pre>
 * NANOSECONDS-SINCE-THE-EPOCH PROJECT CONTAINER EVENT EXIT-CODE
 * </pre>
 *
 * Verbs of different projects write at once, each a whole piece behind what is there; see open(2),
 * O_APPEND.
 */
final class EventJournal {
  /** One that is longer becomes the old one, and the one that was that is forgotten. */
  private static final long LIMIT = 64 * 1024;

  private static final Set<? extends java.nio.file.OpenOption> BEHIND =
      Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS);

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path file;
  private final Path old;

  EventJournal(StateLayout layout) {
    this.file = layout.journal();
    this.old = layout.oldJournal();
  }

  /** A full disk costs events; it never keeps anybody from what they came for. */
  void add(List<StateChanges.Event> events) {
    if (events.isEmpty()) {
      return;
    }
    StringBuilder text = new StringBuilder();
    for (StateChanges.Event event : events) {
      text.append(nanos(event.at())).append(' ').append(event.id().project()).append(' ');
      text.append(event.id().name()).append(' ').append(event.what()).append(' ');
      text.append(event.exitCode()).append('\n');
    }
    CrashPoint.at("write the journal");
    try {
      append(text.toString());
    } catch (IOException e) {
      // What it would have told is not told.
    }
  }

  void add(Instant at, ContainerId id, String what) {
    add(List.of(new StateChanges.Event(at, id, what, 0, -1)));
  }

  private void append(String text) throws IOException {
    Path directory = file.getParent();
    if (directory != null && !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      PrivateDirectory.make(directory);
    }
    SmallFile.requireFile(file);
    try (FileChannel channel = FileChannel.open(file, BEHIND, OWNER_ALONE)) {
      channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
      if (channel.size() > LIMIT) {
        turn(channel);
      }
    }
  }

  /** Who comes to it second finds that it was done. */
  private void turn(FileChannel channel) throws IOException {
    try (FileLock lock = channel.tryLock()) {
      if (lock != null && Files.size(file) > LIMIT) {
        CrashPoint.at("turn the journal");
        Files.move(file, old, StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }

  /** What is known of a project's containers, in the order in which it was written. */
  List<StateChanges.Event> of(String project) {
    List<StateChanges.Event> events = new ArrayList<>();
    for (Path part : List.of(old, file)) {
      String text = SmallFile.text(part.toString(), StandardCharsets.UTF_8);
      text.lines().forEach(line -> parse(line, project).ifPresent(events::add));
    }
    return events;
  }

  /** Empty for other projects, and when the line is torn. */
  private static Optional<StateChanges.Event> parse(String line, String project) {
    String[] words = line.split(" ", -1);
    if (words.length != 5 || !words[1].equals(project)) {
      return Optional.empty();
    }
    try {
      Instant at = Instant.ofEpochSecond(0, Long.parseLong(words[0]));
      int code = Integer.parseInt(words[4]);
      return ContainerId.parse(project, words[2])
          .map(id -> new StateChanges.Event(at, id, words[3], 0, code));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static long nanos(Instant at) {
    return at.getEpochSecond() * 1_000_000_000 + at.getNano();
  }
}
