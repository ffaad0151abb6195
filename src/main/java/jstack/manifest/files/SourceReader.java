package jstack.manifest.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.diag.SourceTexts;
import jstack.linux.JudgedFile;
import jstack.manifest.HostPath;
import jstack.manifest.yaml.YamlReader;

/** Reads a text file once, whole, strictly as UTF-8, and refuses what is not a text. */
public final class SourceReader {
  private static final int LIMIT = YamlReader.MAX_BYTES;

  private SourceReader() {}

  /** The text without a leading byte order mark; it is remembered under {@code name}. */
  public static String read(ReadableFile file, String name, SourceTexts texts) {
    Path path = file.path();
    try {
      if (file.trust() == ReadableFile.Trust.POLICY) {
        return readJudged(path, name, texts);
      }
      boolean pipe =
          file.trust() == ReadableFile.Trust.USER
              && (path.startsWith("/dev/fd") || path.startsWith("/dev/stdin"));
      if (Files.isDirectory(path)) {
        throw failure(name, "is-directory", "is a directory", "name the file in it");
      }
      if (!pipe && Files.exists(path) && !Files.isRegularFile(path)) {
        String hint = file.trust() == ReadableFile.Trust.USER ? "-f - reads a pipe" : "";
        throw failure(name, "not-a-file", "is not a regular file", hint);
      }
      if (!pipe && isOfTheKernel(path)) {
        throw failure(name, "not-a-file", "is a file of the kernel's, which may never end", "");
      }
      if (!pipe && Files.size(path) > LIMIT) { // a file of /proc says 0
        throw tooLarge(name, Files.size(path));
      }
      try (InputStream in = Files.newInputStream(path)) {
        byte[] bytes = in.readNBytes(LIMIT + 1);
        noteWhatWasRead(path, bytes, pipe, texts);
        return decode(bytes, name, texts);
      }
    } catch (NoSuchFileException e) {
      Path parent = path.getParent();
      if (parent != null && Files.exists(parent) && !Files.isDirectory(parent)) {
        throw failure(name, "unreadable", "cannot be read: not a directory", ""); // from JDK 25 on
      }
      Diagnostic missing = Diagnostic.error(Origin.ofFile(name), "no-file", "no such file");
      throw new DiagnosticException(Failure.NO_MANIFEST, missing);
    } catch (IOException e) {
      throw failure(name, "unreadable", "cannot be read: " + reason(e), "");
    }
  }

  private static void noteWhatWasRead(Path path, byte[] bytes, boolean pipe, SourceTexts texts) {
    if (pipe) {
      texts.inputs().cannotAskAgain();
    } else {
      HostPath file = new HostPath(path.toAbsolutePath().toString());
      texts.inputs().text(file.value(), bytes);
      if (bytes.length == 0) { // as one that is not there has, which would be refused
        new DiskFiles(texts).kind(file);
        new DiskFiles(texts).real(file);
      }
    }
  }

  private static String readJudged(Path real, String name, SourceTexts texts) throws IOException {
    if (isBelowTheKernel(real)) {
      throw failure(name, "not-a-file", "is a file of the kernel's, which may never end", "");
    }
    texts.inputs().cannotAskAgain();
    try (JudgedFile file = JudgedFile.open(real);
        InputStream in = file.stream()) {
      if (file.size() > LIMIT) {
        throw tooLarge(name, file.size());
      }
      return decode(in.readNBytes(LIMIT + 1), name, texts);
    }
  }

  /** Such as the log, /proc/kmsg: who reads it waits for the next line, and takes them all away. */
  private static boolean isOfTheKernel(Path path) throws IOException {
    return isBelowTheKernel(path.toRealPath());
  }

  private static boolean isBelowTheKernel(Path real) {
    return real.startsWith("/proc") || real.startsWith("/sys");
  }

  private static DiagnosticException tooLarge(String name, long bytes) {
    String size = mebibytes(bytes);
    return failure(name, "too-large", "is larger than the limit of 1 MiB: " + size, "");
  }

  static String decode(byte[] bytes, String name, SourceTexts texts) {
    if (bytes.length > LIMIT) {
      throw failure(name, "too-large", "is larger than the limit of 1 MiB", "");
    }
    if (bytes.length >= 2 && (startsWith(bytes, 0xfe, 0xff) || startsWith(bytes, 0xff, 0xfe))) {
      throw failure(name, "not-utf-8", "UTF-16 is not supported", "save the file as UTF-8");
    }
    if (isPlain(bytes)) {
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      texts.put(name, text);
      return text;
    }
    CharBuffer out = CharBuffer.allocate(bytes.length);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    CoderResult result = decoder.decode(in, out, true);
    boolean mark = out.position() > 0 && out.get(0) == '\uFEFF';
    String text = out.flip().toString().substring(mark ? 1 : 0);
    texts.put(name, text);
    if (result.isError()) {
      refuseBinary(bytes, name);
      String hex = Integer.toHexString(0x100 | (bytes[in.position()] & 0xff)).substring(1);
      throw at(
          end(text, name),
          "not-utf-8",
          "byte 0x" + hex + " is not UTF-8",
          "save the file as UTF-8");
    }
    refuseControls(text, bytes, name);
    return text;
  }

  /** Whether there is nothing but ASCII that may be in a text, as there nearly always is. */
  private static boolean isPlain(byte[] bytes) {
    for (byte b : bytes) { // what is not ASCII is negative
      if ((b < 0x20 && b != '\n' && b != '\r' && b != '\t') || b == 0x7f) {
        return false;
      }
    }
    return true;
  }

  private static void refuseBinary(byte[] bytes, String name) {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        String hint = isUtf16(bytes, i) ? "it looks like UTF-16; save it as UTF-8" : "";
        throw failure(name, "not-text", "not a text file (NUL byte at offset " + i + ")", hint);
      }
    }
  }

  /** ASCII with a NUL before or behind every character. */
  private static boolean isUtf16(byte[] bytes, int nul) {
    return nul < 2 && bytes.length > nul + 2 && bytes[nul + 1] != 0 && bytes[nul + 2] == 0;
  }

  private static void refuseControls(String text, byte[] bytes, String name) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean control =
          c < 0x20 ? c != '\n' && c != '\r' && c != '\t' : c >= 0x7f && c < 0xa0 && c != 0x85;
      if (control || c == '\uFEFF' || c >= '\uFFFE') {
        refuseBinary(bytes, name);
        String code = Integer.toHexString(0x10000 | c).substring(1);
        String what = c == '\uFEFF' ? " (byte order mark)" : "";
        throw at(
            end(text.substring(0, i), name),
            "control-character",
            "character U+" + code.toUpperCase(Locale.ROOT) + what + " inside the text",
            "remove it, or write it as an escape in a double-quoted string");
      }
    }
  }

  /** The place just behind a text. */
  private static Origin end(String text, String name) {
    List<String> lines = SourceTexts.split(text);
    String last = lines.get(lines.size() - 1);
    return new Origin(name, lines.size(), last.codePointCount(0, last.length()) + 1, 1, "");
  }

  private static boolean startsWith(byte[] bytes, int first, int second) {
    return (bytes[0] & 0xff) == first && (bytes[1] & 0xff) == second;
  }

  private static String reason(IOException e) {
    String name = e.getClass().getSimpleName();
    if (name.equals("AccessDeniedException")) {
      return "permission denied";
    }
    String message = e.getMessage();
    if (message == null) {
      return "input/output error";
    }
    int colon = message.lastIndexOf(": ");
    String words = colon < 0 ? message : message.substring(colon + 2);
    int more = words.indexOf(" or unable"); // the JDK's own addition to strerror(3)
    String first = more < 0 ? words : words.substring(0, more);
    return first.substring(0, 1).toLowerCase(Locale.ROOT) + first.substring(1);
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) LIMIT);
  }

  private static DiagnosticException failure(String name, String code, String text, String hint) {
    return at(Origin.ofFile(name), code, text, hint);
  }

  private static DiagnosticException at(Origin origin, String code, String text, String hint) {
    return new DiagnosticException(
        Failure.MANIFEST, Diagnostic.error(origin, code, text).withHint(hint));
  }
}
