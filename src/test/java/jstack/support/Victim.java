package jstack.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A folder of the machine that no container was given: whatever is tried, it stays as it was. */
public record Victim(Path folder, Map<String, String> before) {
  public static Victim make(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String name : new String[] {"secret", "target", "ptmx", "passwd"}) {
      Path file = Files.writeString(folder.resolve(name), "known bytes of " + name + "\n");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
    }
    return new Victim(folder, look(folder));
  }

  public void isAsItWas() throws IOException {
    assertThat(look(folder)).isEqualTo(before);
  }

  /** Mode, owner, links, time, inode and bytes of every name. */
  private static Map<String, String> look(Path folder) throws IOException {
    Map<String, String> seen = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.toList()) {
        Map<String, Object> of = Files.readAttributes(each, "unix:mode,uid,gid,nlink,ino");
        String more = Files.isRegularFile(each) ? Files.readString(each) : "";
        String time = Files.isRegularFile(each) ? Files.getLastModifiedTime(each) + " " : "";
        seen.put(each.toString(), new TreeMap<>(of) + " " + time + more);
      }
    }
    return seen;
  }
}
