package jstack.engine;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import jnr.ffi.LibraryLoader;
import jnr.ffi.annotations.In;

/**
 * What somebody would do who had taken over the process that unpacks. In the room nothing of it
 * works; run outside, as root, all of it does.
 *
 * <p>Arguments: three that every unpacker gets, of which the last holds, separated by commas, the
 * folder of a victim, a port that listens and a process.
 */
public final class EvilUnpacker {
  private static final int CLONE_NEWNS = 0x20000;
  private static final int PTRACE_SEIZE = 0x4206;
  private static final int BLOCK_DEVICE = 0060600;

  /** The calls that Java has no name for. */
  public interface LibC {
    int chmod(@In byte[] path, int mode);

    int chown(@In byte[] path, int uid, int gid);

    int kill(int pid, int signal);

    int unshare(int flags);

    int mknod(@In byte[] path, int mode, long device);

    int socket(int family, int type, int protocol);

    int memfd_create(@In byte[] name, int flags);

    long ptrace(int request, int pid, long address, long data);
  }

  private static final LibC C = LibraryLoader.create(LibC.class).load("c");

  private interface Attempt {
    boolean works() throws IOException;
  }

  private EvilUnpacker() {}

  private static boolean isThere(String path) {
    return Files.exists(Path.of(path), LinkOption.NOFOLLOW_LINKS);
  }

  public static void main(String[] arguments) {
    String[] words = arguments[2].split(",", -1);
    Path victim = Path.of(words[0]);
    Path tree = Path.of(arguments[1]);
    int port = Integer.parseInt(words[1]);
    int pid = Integer.parseInt(words[2]);
    Map<String, Attempt> attempts = new LinkedHashMap<>();
    attempts.put("read", () -> !Files.readString(victim.resolve("secret")).isEmpty());
    attempts.put("write", () -> write(victim.resolve("secret")));
    attempts.put("make", () -> write(victim.resolve("made")));
    attempts.put("chmod", () -> C.chmod(zero(victim), 0777) == 0);
    attempts.put("chown", () -> C.chown(zero(victim), 1, 1) == 0);
    attempts.put(
        // The first process of a machine may have powers that even its root has not.
        "by-proc",
        () -> isThere("/proc/1/root" + victim) || isThere("/proc/" + pid + "/root" + victim));
    attempts.put("connect", () -> connect(port));
    attempts.put("kill", () -> C.kill(pid, 0) == 0);
    attempts.put("ptrace", () -> C.ptrace(PTRACE_SEIZE, pid, 0, 0) == 0);
    attempts.put("sysctl", () -> open("/proc/sys/kernel/core_pattern"));
    attempts.put("mknod", () -> C.mknod(zero(tree.resolve("disk")), BLOCK_DEVICE, 254 << 8) == 0);
    attempts.put("socket", () -> C.socket(1, 1, 0) >= 0);
    attempts.put("memory-file", () -> C.memfd_create(zero(Path.of("x")), 0) >= 0);
    attempts.put("exec", () -> exec("/usr/bin/env"));
    attempts.put("device", () -> open("/dev/urandom"));
    attempts.put("beside", () -> write(Path.of("/tmp/../evil-unpacker")));
    attempts.put("unshare", () -> C.unshare(CLONE_NEWNS) == 0);
    StringBuilder worked = new StringBuilder("worked:");
    attempts.forEach(
        (name, attempt) -> {
          try {
            if (attempt.works()) {
              worked.append(' ').append(name);
            }
          } catch (IOException | RuntimeException e) {
            // It did not.
          }
        });
    System.out.println(worked);
    System.out.println(seen());
    System.out.flush();
    Runtime.getRuntime().halt(7);
  }

  /** What the kernel says of this process. */
  private static String seen() {
    try {
      StringBuilder text = new StringBuilder("seen:");
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("CapEff:") || line.startsWith("CapBnd:") || line.startsWith("NoNew")) {
          text.append(' ').append(line.replaceAll("\\s+", ""));
        }
      }
      return text.toString();
    } catch (IOException e) {
      return "seen: nothing";
    }
  }

  private static boolean write(Path file) throws IOException {
    Files.writeString(file, "evil");
    return true;
  }

  private static boolean exec(String program) throws IOException {
    try {
      return new ProcessBuilder(program).start().waitFor() == 0;
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static boolean open(String file) throws IOException {
    Files.newByteChannel(Path.of(file), java.nio.file.StandardOpenOption.WRITE).close();
    return true;
  }

  private static boolean connect(int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 2000);
      return true;
    }
  }

  private static byte[] zero(Path path) {
    return (path + "\0").getBytes(StandardCharsets.UTF_8);
  }
}
