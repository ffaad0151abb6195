package jstack.manifest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import jstack.diag.SourceTexts;

/** The files of this machine. */
record DiskFiles(SourceTexts texts) implements HostFiles {
  @Override
  public Kind kind(HostPath path) {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(path.toPath(), BasicFileAttributes.class);
      return attributes.isRegularFile()
          ? Kind.FILE
          : attributes.isDirectory() ? Kind.DIRECTORY : Kind.OTHER;
    } catch (NoSuchFileException e) {
      return Kind.ABSENT;
    } catch (InvalidPathException e) {
      return Kind.UNKNOWN; // a JVM in the C locale cannot name this file, the kernel will judge
    } catch (IOException e) {
      return isNotADirectory(e) ? Kind.ABSENT : Kind.UNKNOWN;
    }
  }

  private static boolean isNotADirectory(IOException e) {
    String message = e.getMessage();
    return message != null
        && (message.endsWith("Not a directory") || message.endsWith("File name too long"));
  }

  @Override
  public String text(HostPath path, String name) throws IOException {
    Path file = path.toPath();
    if (!Files.isReadable(file)) {
      throw new IOException(name);
    }
    return SourceReader.read(file, name, texts);
  }
}
