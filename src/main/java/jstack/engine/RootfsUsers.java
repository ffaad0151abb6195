package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jstack.linux.SmallFile;
import jstack.rootfs.RootfsInventory;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.StateLayout;

/**
 * Who still needs what lies in the store: containers, running or not, checkpoints, and what
 * containers wrote on top of it, which the next up finds again.
 */
public final class RootfsUsers {
  private final StateLayout layout;

  /** Programs as text: a torn one that names a rootfs still needs it. */
  private final Map<String, String> programs = new TreeMap<>();

  /** The names of layers, {@code DIGEST} or {@code DIGEST-UID}. */
  private final Map<String, List<String>> layers = new TreeMap<>();

  public RootfsUsers(StateLayout layout, Observer observer) {
    this.layout = layout;
    for (String project : observer.projects()) {
      for (ObservedContainer container : observer.observe(project).containers()) {
        programs.put(
            container.id().toString(),
            new String(container.encodedProgram(), StandardCharsets.UTF_8));
      }
    }
    for (Path directory : below(layout.checkpoints(), 3)) {
      String program =
          SmallFile.text(directory.resolve("program").toString(), StandardCharsets.UTF_8);
      programs.put("checkpoint of " + owner(directory), program);
    }
    for (Path directory : below(layout.containers(), 3)) {
      layers
          .computeIfAbsent("layer of " + owner(directory), id -> new ArrayList<>())
          .add(String.valueOf(directory.getFileName()));
    }
  }

  /** Whose it is, by PROJECT/CONTAINER above it. */
  private static String owner(Path directory) {
    int names = directory.getNameCount();
    Path container = directory.getName(names - 2);
    return ContainerId.parse(directory.getName(names - 3).toString(), container.toString())
        .map(ContainerId::toString)
        .orElse(container.toString());
  }

  /** Those who need it, in words; empty when nobody does. */
  public List<String> of(RootfsInventory.Entry entry) {
    List<String> users = new ArrayList<>();
    String root = layout.rootfsStore().relativize(entry.root()).toString();
    programs.forEach(
        (user, program) -> {
          if (program.contains(root)) {
            users.add(user);
          }
        });
    layers.forEach(
        (user, names) -> {
          boolean above =
              names.stream()
                  .anyMatch(
                      name -> name.equals(entry.name()) || name.startsWith(entry.name() + "-"));
          String container = user.substring("layer of ".length());
          if (above && !users.contains(container)) {
            users.add(user);
          }
        });
    return users;
  }

  private static List<Path> below(Path directory, int levels) {
    List<Path> found = new ArrayList<>(List.of(directory));
    for (int i = 0; i < levels; i++) {
      List<Path> next = new ArrayList<>();
      found.forEach(path -> next.addAll(directories(path)));
      found = next;
    }
    return found;
  }

  private static List<Path> directories(Path directory) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          found.add(entry);
        }
      }
    } catch (IOException e) {
      return List.of();
    }
    return found;
  }
}
