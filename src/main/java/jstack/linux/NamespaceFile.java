package jstack.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file that stands for a namespace: a link of /proc/PID/ns, or one that such a link was mounted
 * on; see namespaces(7).
 */
public final class NamespaceFile {
  private NamespaceFile() {}

  /**
   * Why a file is not what it should be; empty when it is.
   *
   * @param mountinfo the text of /proc/self/mountinfo
   */
  public static String problem(Path file, Namespace kind, String mountinfo) {
    if (!Files.exists(file)) {
      return "there is no " + file;
    }
    String found = kindOf(file, mountinfo);
    if (found.isEmpty()) {
      return file + " is no namespace";
    }
    return found.equals(kind.procName()) ? "" : file + " is a namespace of kind " + found;
  }

  /** As in {@code net}; empty when it is none. */
  private static String kindOf(Path file, String mountinfo) {
    try {
      if (Files.isSymbolicLink(file)) {
        String text = Files.readSymbolicLink(file).toString();
        return text.endsWith("]") && file.startsWith("/proc")
            ? text.substring(0, Math.max(0, text.indexOf(":[")))
            : kindOf(file.toRealPath(), mountinfo);
      }
      String real = file.toRealPath().toString();
      String found = "";
      for (MountInfo mount : MountInfo.parseAll(mountinfo)) {
        if (mount.mountPoint().equals(real)) {
          boolean namespace = mount.type().equals("nsfs");
          found = namespace ? mount.root().substring(0, mount.root().indexOf(':')) : "";
        }
      }
      return found;
    } catch (IOException e) {
      return "";
    }
  }
}
