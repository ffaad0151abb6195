package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import jstack.linux.CrashPoint;
import jstack.manifest.IdMap;
import org.jspecify.annotations.Nullable;

/**
 * Which ids of the machine a container's user namespace has: a block of 65536 for each container,
 * its own for as long as what it wrote is kept, since those files carry these ids.
 *
 * <p>A claim is a symbolic link, whose making is atomic: its name is the first id, its text the
 * container. The blocks lie above those that useradd(8) hands out (SUB_UID_MAX) and inside those
 * that systemd leaves to containers.
 */
public final class IdBlocks {
  private static final long FIRST = IdMap.BLOCKS_FIRST;
  private static final int BLOCKS = (int) ((IdMap.BLOCKS_LAST + 1 - FIRST) / IdMap.BLOCK);

  private final Path directory;

  /** Where claims were when they were listed: once, since a new stack asks for each container. */
  private @Nullable Map<String, Path> owners;

  public IdBlocks(StateLayout layout) {
    this.directory = layout.idBlocks();
  }

  /** The block that a container has, or would get now; nothing is written. */
  public IdMap look(ContainerId id) throws IOException {
    return block(number(id));
  }

  /**
   * The same, taken for good: two projects that look at once never get one block.
   *
   * @throws IOException when the directory cannot be written, or all blocks are taken
   */
  public IdMap claim(ContainerId id) throws IOException {
    long own = first(place(id.toString()));
    if (owner(claim(own)).filter(id.toString()::equals).isPresent()) {
      return block(own); // nearly always, and all there is to do
    }
    PrivateDirectory.make(directory);
    while (true) {
      long first = number(id);
      Path claim = claim(first);
      if (owner(claim).filter(id.toString()::equals).isPresent()) {
        return block(first);
      }
      CrashPoint.at("claim user ids");
      try {
        Files.createSymbolicLink(claim, Path.of(id.toString()));
        if (owners != null) {
          owners.put(id.toString(), claim);
        }
        return block(first);
      } catch (FileAlreadyExistsException e) {
        // Somebody else was faster: look again.
      }
    }
  }

  /** Gives a block back; fine when there is none. */
  public void release(ContainerId id) throws IOException {
    Path claim = claim(number(id));
    if (owner(claim).filter(id.toString()::equals).isPresent()) {
      CrashPoint.at("release user ids");
      Files.deleteIfExists(claim);
    }
  }

  /** The containers of a project that have a block. */
  public List<ContainerId> of(String project) throws IOException {
    List<ContainerId> found = new ArrayList<>();
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return found;
    }
    try (DirectoryStream<Path> claims = Files.newDirectoryStream(directory)) {
      for (Path claim : claims) {
        String owner = owner(claim).orElse("");
        if (owner.startsWith(project + "/")) {
          ContainerId.parse(project, owner.substring(project.length() + 1)).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  /** Gives back what containers of a project have. */
  public void releaseAll(String project) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (DirectoryStream<Path> claims = Files.newDirectoryStream(directory)) {
      for (Path claim : claims) {
        if (owner(claim).filter(owner -> owner.startsWith(project + "/")).isPresent()) {
          Files.deleteIfExists(claim);
        }
      }
    }
  }

  private static IdMap block(long first) {
    return IdMap.block(first, IdMap.BLOCK);
  }

  private Path claim(long first) {
    return directory.resolve(Long.toString(first));
  }

  /** The link that says whose a block is. */
  public Path claim(IdMap block) {
    return claim(block.uids().get(0).outside());
  }

  private static Optional<String> owner(Path claim) {
    try {
      return Optional.of(Files.readSymbolicLink(claim).toString());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The first id of the container's block, or of the first free one from its own place on. */
  private long number(ContainerId id) throws IOException {
    String name = id.toString();
    int place = place(name);
    for (int i = 0; i < BLOCKS; i++) {
      long first = first((place + i) % BLOCKS);
      Optional<String> owner = owner(claim(first));
      if (owner.isEmpty()) {
        return elsewhere(name).orElse(first);
      }
      if (owner.get().equals(name)) {
        return first;
      }
    }
    throw new IOException("no block of user ids is free");
  }

  /** A claim behind one that was given back since. */
  private Optional<Long> elsewhere(String name) throws IOException {
    Map<String, Path> known = owners;
    if (known == null) {
      known = owners();
      owners = known;
    }
    Path claim = known.get(name);
    return claim != null && owner(claim).filter(name::equals).isPresent()
        ? Optional.of(Long.parseLong(claim.getFileName().toString()))
        : Optional.empty();
  }

  private Map<String, Path> owners() throws IOException {
    Map<String, Path> found = new HashMap<>();
    if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> claims = Files.newDirectoryStream(directory)) {
        for (Path claim : claims) {
          owner(claim).ifPresent(owner -> found.put(owner, claim));
        }
      }
    }
    return found;
  }

  private static long first(int place) {
    return FIRST + place * IdMap.BLOCK;
  }

  private int place(String name) {
    CRC32 hash = new CRC32();
    hash.update((directory + " " + name).getBytes(StandardCharsets.UTF_8));
    return (int) (hash.getValue() % BLOCKS);
  }
}
