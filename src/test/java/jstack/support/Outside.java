package jstack.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A second machine in a network namespace of its own: 198.51.100.2, behind this one's 198.51.100.1
 * (addresses of RFC 5737, which nobody has). It serves who it sees, at /cgi-bin/who.
 */
public final class Outside implements AutoCloseable {
  public static final String ADDRESS = "198.51.100.2";
  public static final String HOST = "198.51.100.1";
  private static final String NAME = "jstest-outside";

  private final Process server;

  public Outside(Path folder) throws IOException {
    Host.needsRoot();
    Host.needsTool("/bin/busybox");
    Path script = Files.createDirectories(folder.resolve("outside/cgi-bin")).resolve("who");
    Files.writeString(
        script,
        "#!/bin/sh\necho\necho \"outside sees $(echo $REMOTE_ADDR | tr -d []f | sed s/^:*//)\"\n");
    if (!script.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + script + " executable");
    }
    Command.output("ip", "netns", "add", NAME);
    Command.output(
        "ip", "link", "add", "jstest0", "type", "veth", "peer", "name", "eth0", "netns", NAME);
    Command.output("ip", "address", "add", HOST + "/30", "dev", "jstest0");
    Command.output("ip", "link", "set", "jstest0", "up");
    Command.output("ip", "-n", NAME, "link", "set", "lo", "up");
    Command.output("ip", "-n", NAME, "address", "add", ADDRESS + "/30", "dev", "eth0");
    Command.output("ip", "-n", NAME, "link", "set", "eth0", "up");
    Command.output("ip", "-n", NAME, "route", "add", "default", "via", HOST);
    server =
        new ProcessBuilder(
                List.of(
                    "ip",
                    "netns",
                    "exec",
                    NAME,
                    "busybox",
                    "httpd",
                    "-f",
                    "-p",
                    "80",
                    "-h",
                    folder.resolve("outside").toString()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
  }

  /** A command of that machine. */
  public Command run(String... words) throws IOException {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", NAME));
    all.addAll(List.of(words));
    return Command.run(all.toArray(String[]::new));
  }

  @Override
  public void close() throws IOException {
    server.destroyForcibly();
    Command.output("ip", "link", "delete", "jstest0");
    Command.output("ip", "netns", "delete", NAME);
  }
}
