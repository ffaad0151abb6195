package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jstack.linux.SmallFile;

/** The receipts of a container's last runs, from its run directory. */
public final class Receipts {
  private Receipts() {}

  /** Those that are kept, the oldest run first. */
  public static List<Receipt> of(StateLayout layout, ContainerId id) {
    List<Receipt> receipts = new ArrayList<>();
    Path directory = layout.container(id);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "receipt.*")) {
      for (Path file : files) {
        read(file).ifPresent(receipts::add);
      }
    } catch (IOException e) {
      return List.of();
    }
    receipts.sort((a, b) -> Long.compare(a.startedAt(), b.startedAt()));
    return receipts;
  }

  /** That of one run; empty when it has not ended, or nobody has cleared it away yet. */
  public static Optional<Receipt> of(StateLayout layout, ContainerId id, Status status) {
    return status.startedAt() == 0
        ? Optional.empty()
        : read(layout.receipt(id, status.startedAt()));
  }

  private static Optional<Receipt> read(Path file) {
    try {
      SmallFile.requireFile(file);
      return Receipt.parse(Files.readString(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
