package jstack.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import jstack.rootfs.TarUnpacker;
import jstack.rootfs.UnpackAnswer;
import jstack.rootfs.UnpackPolicy;
import jstack.rootfs.UnpackReport;

/** The process that unpacks one archive; see {@link jstack.engine.UnpackRoom}, which starts it. */
public final class UnpackMain {
  private UnpackMain() {}

  public static void main(String[] arguments) {
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    int code = unpack(Path.of(arguments[0]), Path.of(arguments[1]), arguments[2], out);
    out.flush();
    // Not exit(): a decompressor's thread may be in the way.
    Runtime.getRuntime().halt(code);
  }

  /** Says on {@code out} how it goes and how it ended. */
  static int unpack(Path archive, Path tree, String policy, PrintStream out) {
    try (InputStream in = Files.newInputStream(archive)) {
      UnpackReport report =
          TarUnpacker.unpack(
              in,
              tree,
              UnpackPolicy.parse(policy),
              (entries, bytes) -> out.println(UnpackAnswer.at(entries, bytes)));
      UnpackAnswer.done(report).forEach(out::println);
      return ExitCode.DONE;
    } catch (IOException e) {
      out.println(UnpackAnswer.failed(e));
      return ExitCode.FAILED;
    }
  }
}
