package jstack.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.linux.Namespace;
import jstack.manifest.Sharing;
import jstack.program.NamespaceInstruction;
import jstack.program.NetworkPart;
import jstack.program.Program;

/** Which namespaces a stack has, and who is in each: the kernel's word, from /proc/PID/ns. */
public final class NamespaceTable {
  private NamespaceTable() {}

  /**
   * One namespace that is not the machine's.
   *
   * @param name of the manifest's top level, or of the container that made it
   * @param members the containers that are in it
   */
  public record Row(Namespace kind, long inode, String name, List<String> members) {
    public Row {
      members = List.copyOf(members);
    }
  }

  /** Sorted by kind, then in the order of the containers. */
  public static List<Row> of(StateLayout layout, Observed observed) {
    Map<String, Row> rows = new LinkedHashMap<>();
    for (Namespace kind : Namespace.values()) {
      long own = inode(Path.of("/proc/self/ns", kind.procName()));
      for (ObservedContainer container : observed.containers()) {
        long inode =
            container.pid() == 0
                ? 0
                : inode(Path.of("/proc", Long.toString(container.pid()), "ns", kind.procName()));
        if (inode != 0 && inode != own) {
          add(rows, kind, inode, container);
        }
      }
    }
    for (NetworkRecord.Entry entry : NetworkRecord.read(layout, observed.project()).entries()) {
      long inode =
          entry.kind() == NetworkPart.Kind.NAMESPACE
              ? mountedInode(StateLayout.NETNS.resolve(entry.name()))
              : 0;
      if (inode != 0) {
        String key = Namespace.NETWORK + " " + inode;
        Row row = rows.get(key);
        List<String> members = row == null ? List.of() : row.members();
        rows.put(key, new Row(Namespace.NETWORK, inode, entry.label(), members));
      }
    }
    List<Row> sorted = new ArrayList<>(rows.values());
    sorted.sort((a, b) -> a.kind().compareTo(b.kind()));
    return sorted;
  }

  private static void add(
      Map<String, Row> rows, Namespace kind, long inode, ObservedContainer container) {
    String key = kind + " " + inode;
    Row known = rows.get(key);
    List<String> members = new ArrayList<>(known == null ? List.of() : known.members());
    String name = known == null ? "" : known.name();
    String service = container.id().service();
    if (Sharing.isHolder(service)) {
      name = service.substring(1);
    } else {
      members.add(container.id().name());
    }
    if (name.isEmpty() && container.program().map(p -> makes(p, kind)).orElse(false)) {
      name = container.id().name();
    }
    rows.put(key, new Row(kind, inode, name, members));
  }

  private static boolean makes(Program program, Namespace kind) {
    long flag = Integer.toUnsignedLong(kind.cloneFlag());
    return program
            .all(NamespaceInstruction.Spawn.class)
            .anyMatch(spawn -> (spawn.flags() & flag) != 0)
        || program.all(NamespaceInstruction.Unshare.class).anyMatch(u -> (u.flags() & flag) != 0)
        || (kind == Namespace.USER
            && program.all(NamespaceInstruction.NewUser.class).findAny().isPresent())
        || (kind == Namespace.TIME
            && program.all(NamespaceInstruction.TimeOffsets.class).findAny().isPresent());
  }

  /** 0 when the process is gone. */
  private static long inode(Path link) {
    try {
      String text = Files.readSymbolicLink(link).toString();
      return Long.parseLong(text.substring(text.indexOf('[') + 1, text.length() - 1));
    } catch (IOException e) {
      return 0;
    }
  }

  private static long mountedInode(Path file) {
    try {
      return ((Number) Files.getAttribute(file, "unix:ino")).longValue();
    } catch (IOException e) {
      return 0;
    }
  }
}
