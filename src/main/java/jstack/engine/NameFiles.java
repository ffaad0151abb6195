package jstack.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import jstack.diag.DiagnosticException;
import jstack.linux.CrashPoint;
import jstack.linux.FreeSpace;
import jstack.linux.IpAddress;
import jstack.manifest.Dns;
import jstack.state.PrivateDirectory;

/** The files by which a container finds others: hosts(5) and resolv.conf(5). */
final class NameFiles {
  private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");

  /** What stands behind 127.0.0.53, which no other network namespace can reach. */
  private static final Path RESOLVED = Path.of("/run/systemd/resolve/resolv.conf");

  private static final Path HOSTS = Path.of("/etc/hosts");

  /** What the host says of names, which goes into what containers are told. */
  static final List<Path> SOURCES = List.of(HOSTS, RESOLV_CONF, RESOLVED);

  private NameFiles() {}

  /** In place: whoever has the file mounted has this very inode. */
  static void write(Path file, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try {
      PrivateDirectory.make(java.util.Objects.requireNonNull(file.getParent()));
      boolean known = Files.exists(file);
      if (known && java.util.Arrays.equals(Files.readAllBytes(file), bytes)) {
        return;
      }
      if (!known) {
        CrashPoint.at("make " + file.getFileName());
        Files.createFile(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
      }
      CrashPoint.at("write " + file.getFileName());
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        channel.truncate(bytes.length);
      }
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "state-directory",
          "cannot write " + file + ": " + e.getMessage(),
          FreeSpace.hint(file, e, "check the free space and the owner of that directory"));
    }
  }

  static String hostsOfTheHost(String hostname) {
    String text = StackNetwork.read(HOSTS);
    return "# kept by jstack up\n" + text + "\n127.0.1.1\t" + hostname + "\n";
  }

  /** As the host has it, but for what the manifest says and for what cannot be reached inside. */
  static String resolvConf(Dns dns, boolean sharesNetwork) {
    String own = StackNetwork.read(RESOLV_CONF);
    boolean stub = own.contains("nameserver 127.0.0.53");
    String text = !sharesNetwork && stub ? StackNetwork.read(RESOLVED) : own;
    StringBuilder out = new StringBuilder("# kept by jstack up\n");
    for (String line : text.lines().toList()) {
      String[] words = line.trim().split("\\s+", -1);
      boolean replaced =
          switch (words[0]) {
            case "nameserver" -> !dns.servers().isEmpty() || (!sharesNetwork && isLoopback(words));
            case "search", "domain" -> !dns.search().isEmpty();
            case "options" -> !dns.options().isEmpty();
            default -> true; // comments, and what nobody knows
          };
      if (!replaced) {
        out.append(line.trim()).append('\n');
      }
    }
    for (IpAddress server : dns.servers()) {
      out.append("nameserver ").append(server).append('\n');
    }
    if (!dns.search().isEmpty()) {
      out.append("search ").append(String.join(" ", dns.search())).append('\n');
    }
    if (!dns.options().isEmpty()) {
      out.append("options ").append(String.join(" ", dns.options())).append('\n');
    }
    return out.toString();
  }

  private static boolean isLoopback(String[] words) {
    return words.length > 1 && IpAddress.parse(words[1]).filter(IpAddress::isLoopback).isPresent();
  }
}
