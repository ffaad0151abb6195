package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.List;
import jstack.support.Command;
import jstack.support.Host;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a container says that lies about its files. */
class TreeReceiverIT {
  private static final int MANY = 30_000;

  @TempDir Path folder;

  private static byte[] entry(char kind, int mode, String name, String content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    byte[] text = content.getBytes(StandardCharsets.UTF_8);
    try {
      out.writeByte(kind);
      out.writeInt(mode);
      out.writeLong(0);
      out.writeLong(text.length);
      out.writeLong(1);
      out.writeLong(name.hashCode());
      out.writeShort(name.length());
      out.writeBytes(name);
      out.write(text);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return bytes.toByteArray();
  }

  private List<String> receive(byte[]... entries) throws IOException {
    return TreeReceiver.receive(stream(List.of(entries).iterator()), folder, "tree");
  }

  private static InputStream stream(Iterator<byte[]> entries) {
    return new SequenceInputStream(
        new Enumeration<InputStream>() {
          @Override
          public boolean hasMoreElements() {
            return entries.hasNext();
          }

          @Override
          public InputStream nextElement() {
            return new ByteArrayInputStream(entries.next());
          }
        });
  }

  /** Neither beside the tree, nor anywhere else: no link is a way. */
  @Test
  void nothingIsMadeThroughALink() throws Exception {
    Path beside = Files.createDirectory(folder.resolve("beside"));
    Files.setPosixFilePermissions(beside, PosixFilePermissions.fromString("rwx------"));
    byte[] top = entry('d', 0755, "", "");
    byte[] link = entry('l', 0777, "link", "../beside");
    assertThatThrownBy(() -> receive(top, link, entry('f', 0600, "link/file", "text")))
        .hasMessageContaining("ELOOP");
    assertThatThrownBy(() -> receive(top, link, entry('d', 0777, "link/folder", "")))
        .hasMessageContaining("ELOOP");
    // A directory that becomes a link before its mode is set.
    byte[] folderFirst = entry('d', 0777, "link", "");
    receive(top, folderFirst, link, entry('e', 0, "", ""));
    assertThat(beside).isEmptyDirectory();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(beside)))
        .isEqualTo("rwx------");
  }

  @Test
  void anEndOrABeginningThatIsNoneIsRefused() {
    byte[] top = entry('d', 0755, "", "");
    assertThatThrownBy(() -> receive(top)).hasMessageContaining("ends too early");
    assertThatThrownBy(() -> receive(top, top)).hasMessageContaining("a second beginning");
    for (String name : new String[] {"../x", "/x", "a//b", "a/.", "a/../../x", "a/"}) {
      assertThatThrownBy(() -> receive(top, entry('f', 0600, name, "text")))
          .hasMessageContaining("the name " + name);
    }
    assertThatThrownBy(() -> receive(top, entry('d', 0755, "a/".repeat(300) + "a", "")))
        .hasMessageContaining("more than 256 directories deep");
  }

  @Test
  void anyNumberOfDirectoriesNeedsLittleMemory() throws Exception {
    Host.needsTool("/bin/rm");
    String out =
        Command.output(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-Xmx24m",
            "-XX:-UsePerfData",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            TreeReceiverIT.class.getName(),
            folder.toString());
    assertThat(out).contains("made " + MANY);
    Command.output("/bin/rm", "-rf", folder.resolve("tree").toString());
  }

  /** So many directories with long paths; a process of its own, with little memory. */
  public static void main(String[] arguments) throws IOException {
    String deep = ("/" + "n".repeat(255)).repeat(8).substring(1);
    Iterator<byte[]> entries =
        new Iterator<>() {
          private int next = -9;

          @Override
          public boolean hasNext() {
            return next <= MANY;
          }

          @Override
          public byte[] next() {
            int now = next++;
            return now == MANY
                ? entry('e', 0, "", "")
                : entry(
                    'd',
                    0755,
                    now < 0
                        ? deep.substring(0, Math.max(0, (now + 9) * 256 - 1))
                        : deep + "/" + now,
                    "");
          }
        };
    TreeReceiver.receive(stream(entries), Path.of(arguments[0]), "tree");
    System.out.println("made " + MANY);
  }
}
