package jstack.support;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A command of this machine, run to its end. */
public record Command(int code, String out) {
  /** Output and errors together; whatever the exit code. */
  public static Command run(String... words) throws IOException {
    File out = File.createTempFile("command", ".out");
    try {
      Process process =
          new ProcessBuilder(List.of(words))
              .redirectErrorStream(true)
              .redirectOutput(out)
              .redirectInput(new File("/dev/null"))
              .start();
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("did not end: " + String.join(" ", words));
      }
      String text = Files.readString(out.toPath(), StandardCharsets.ISO_8859_1);
      return new Command(process.exitValue(), text);
    } catch (InterruptedException e) {
      throw new IOException(e);
    } finally {
      Files.delete(out.toPath());
    }
  }

  /** Of a command that has to succeed. */
  public static String output(String... words) throws IOException {
    Command done = run(words);
    if (done.code() != 0) {
      throw new AssertionError(String.join(" ", words) + ": " + done.code() + " " + done.out());
    }
    return done.out();
  }
}
