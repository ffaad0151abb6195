package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.program.NetworkPart;
import jstack.program.NetworkTarget;
import jstack.state.NetworkRecord;
import jstack.state.PrivateDirectory;
import jstack.state.StateLayout;

/**
 * One shell that runs ip and nft on files, so that the many namespaces of a stack cost one start of
 * a process from Java. The first failing line ends it, and is found again in the manifest.
 */
final class NetworkScript {
  private static final Path DEVICES = Path.of("/sys/class/net");
  private static final String FORWARD_TABLE = "jstack-forward";

  private final Path directory;
  private final Path lock;
  private final StringBuilder shell = new StringBuilder("set -e\n");
  private final Map<String, List<NetworkPart.Line>> files = new LinkedHashMap<>();

  /**
   * @param project its directory below /run
   * @param lock see {@link StateLayout#networkLock}
   */
  NetworkScript(Path project, Path lock) {
    this.lock = lock;
    this.directory = project.resolve("network.d");
  }

  /** The tools of a jstack that was killed work on; only when they are done is it known what is. */
  static void awaitOthers(Path lock) {
    if (!Files.exists(lock)) {
      return;
    }
    try {
      new ProcessBuilder("flock", "-w", "30", lock.toString(), "true")
          .inheritIO()
          .start()
          .waitFor();
    } catch (IOException e) {
      return; // without flock nobody runs
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void run(List<NetworkRecord.Entry> leaving, List<NetworkPart> making) {
    remove(leaving, making);
    make(making);
    if (making.isEmpty()) {
      turnForwardingOff();
    }
    try {
      PrivateDirectory.make(directory);
      PrivateDirectory.make(java.util.Objects.requireNonNull(lock.getParent()));
      for (Map.Entry<String, List<NetworkPart.Line>> file : files.entrySet()) {
        StringBuilder text = new StringBuilder();
        file.getValue().forEach(line -> text.append(line.text()).append('\n'));
        Files.write(directory.resolve(file.getKey()), NetworkRunner.bytes(text.toString()));
      }
      execute();
      clear();
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "network-tools", "cannot run ip and nft: " + e.getMessage(), "check the free space");
    }
  }

  private void file(String name, List<NetworkPart.Line> lines, String command) {
    if (!lines.isEmpty()) {
      files.put(name, lines);
      shell.append(command).append(' ').append(name).append('\n');
    }
  }

  private static NetworkPart.Line plain(String text) {
    return new NetworkPart.Line(text, Origin.NONE);
  }

  /** What is left of a killed run under the name of something that is made goes, too. */
  private void remove(List<NetworkRecord.Entry> leaving, List<NetworkPart> making) {
    List<NetworkPart.Line> links = new ArrayList<>();
    List<NetworkPart.Line> tables = new ArrayList<>();
    for (NetworkRecord.Entry entry : leaving) {
      remove(entry.kind(), entry.name(), links, tables);
    }
    for (NetworkPart part : making) {
      if (part.kind() != NetworkPart.Kind.RULES) {
        remove(part.kind(), part.name(), links, tables);
      }
    }
    file("remove.nft", tables, "nft -f");
    file("remove.ip", links, "ip -batch");
  }

  private static void remove(
      NetworkPart.Kind kind,
      String name,
      List<NetworkPart.Line> links,
      List<NetworkPart.Line> tables) {
    switch (kind) {
      case BRIDGE -> {
        if (Files.exists(DEVICES.resolve(name))) {
          links.add(plain("link delete " + name));
        }
      }
      case NAMESPACE -> {
        if (Files.exists(StateLayout.NETNS.resolve(name))) {
          links.add(plain("netns delete " + name));
        }
      }
      case RULES -> {
        tables.add(plain("table inet " + name));
        tables.add(plain("delete table inet " + name));
      }
    }
  }

  private void make(List<NetworkPart> making) {
    List<NetworkPart.Line> host = new ArrayList<>();
    making.forEach(part -> host.addAll(part.host()));
    file("make.ip", host, "ip -batch");
    for (NetworkPart part : making) {
      String name = part.name();
      if (part.kind() == NetworkPart.Kind.NAMESPACE) {
        file(name + ".ip", part.inside(), "ip -n " + name + " -batch");
        file(name + ".nft", part.rules(), "ip netns exec " + name + " nft -f");
      } else if (part.kind() == NetworkPart.Kind.RULES) {
        file(name + ".nft", part.rules(), "nft -f");
        settings(making, part);
      }
    }
  }

  /**
   * Answers to 127.0.0.1 come back through the bridge, so its route_localnet is on; the rules keep
   * everything else away from there. A machine that forwarded nothing goes on to forward nothing
   * but our packets.
   */
  private void settings(List<NetworkPart> making, NetworkPart rules) {
    boolean loopback = false;
    for (NetworkPart.Line line : rules.rules()) {
      loopback |= line.text().contains("ip daddr 127.") && line.text().contains(" dnat ");
    }
    if (loopback) {
      for (String bridge : bridges(rules)) {
        shell.append("echo 1 > /proc/sys/net/ipv4/conf/").append(bridge);
        shell.append("/route_localnet\n");
      }
    }
    boolean six = false;
    for (NetworkPart part : making) {
      for (NetworkPart.Line line : part.host()) {
        six |= line.text().endsWith(" nodad");
      }
    }
    forwarding("net/ipv4/ip_forward");
    if (six) {
      // A router takes no routes from others, unless it is told to; see ip-sysctl.
      shell.append("for f in /proc/sys/net/ipv6/conf/*/accept_ra; do\n");
      shell.append("  [ \"$(cat \"$f\")\" != 1 ] || echo 2 > \"$f\"\ndone\n");
      forwarding("net/ipv6/conf/all/forwarding");
    }
  }

  /** Nobody's packets but ours are forwarded by a machine that did not forward before. */
  private static List<NetworkPart.Line> forwardRules() {
    String ours = "\"" + NetworkTarget.BRIDGE_PREFIX + "*\"";
    List<NetworkPart.Line> lines = new ArrayList<>();
    for (String line :
        List.of(
            "table inet " + FORWARD_TABLE,
            "delete table inet " + FORWARD_TABLE,
            "table inet " + FORWARD_TABLE + " {",
            "  comment \"jstack turned forwarding on, and off again with its last network\"",
            "  chain forward {",
            "    type filter hook forward priority -1; policy accept;",
            "    iifname != " + ours + " oifname != " + ours + " drop",
            "  }",
            "}")) {
      lines.add(plain(line));
    }
    return lines;
  }

  private static List<String> bridges(NetworkPart rules) {
    List<String> bridges = new ArrayList<>();
    for (NetworkPart.Line line : rules.rules()) {
      String text = line.text();
      int start = text.indexOf("iifname { ");
      if (start >= 0 && text.contains("127.0.0.0/8 drop")) {
        String list = text.substring(start + 10, text.indexOf(" }", start));
        for (String name : list.split(", ", -1)) {
          bridges.add(name.replace("\"", ""));
        }
      }
    }
    return bridges;
  }

  private void forwarding(String setting) {
    Path file = Path.of("/proc/sys").resolve(setting);
    if (StackNetwork.read(file).trim().equals("0")) {
      file("forward.nft", forwardRules(), "nft -f");
      shell.append("echo 1 > ").append(file).append('\n');
    }
  }

  /** The table says that it was jstack who turned it on. */
  private void turnForwardingOff() {
    shell.append("set -- ").append(DEVICES).append('/').append(NetworkTarget.BRIDGE_PREFIX);
    shell.append("*\nif [ ! -e \"$1\" ] && nft list table inet ").append(FORWARD_TABLE);
    shell.append(" > /dev/null 2>&1; then\n  echo 0 > /proc/sys/net/ipv4/ip_forward\n");
    shell.append("  echo 0 > /proc/sys/net/ipv6/conf/all/forwarding\n");
    shell.append("  nft delete table inet ").append(FORWARD_TABLE).append("\nfi\n");
  }

  private void execute() throws IOException {
    Process process =
        new ProcessBuilder("flock", lock.toString(), "/bin/sh", "-c", shell.toString())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String said;
    int code;
    try {
      process.getOutputStream().close();
      said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      code = process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted");
    }
    if (code == 127) {
      throw new DiagnosticException(
          Failure.HOST,
          Diagnostic.error(Origin.NONE, "network-tools", "ip or nft is missing")
              .withHint("apt install iproute2 nftables, or write network_mode: none or host"));
    }
    if (code != 0) {
      throw new DiagnosticException(Failure.OPERATION, diagnostic(said));
    }
  }

  private void clear() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory)) {
      for (Path file : left) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  /** The tool's own words, at the line that asked for what failed. */
  private Diagnostic diagnostic(String said) {
    Origin origin = Origin.NONE;
    List<String> details = new ArrayList<>();
    for (Map.Entry<String, List<NetworkPart.Line>> file : files.entrySet()) {
      int at = said.indexOf(file.getKey() + ":");
      if (at >= 0) {
        int number = number(said, at + file.getKey().length() + 1);
        if (number >= 1 && number <= file.getValue().size()) {
          NetworkPart.Line line = file.getValue().get(number - 1);
          origin = line.origin();
          details.add("in " + file.getKey() + ": " + line.text().trim());
          break;
        }
      }
    }
    String first = said.isBlank() ? "no reason was given" : said.strip().lines().findFirst().get();
    return Diagnostic.error(origin, "network", "cannot make the networks: " + first)
        .withDetails(details)
        .withHint("see ip(8) and nft(8); nothing of it was started");
  }

  private static int number(String text, int from) {
    int number = 0;
    for (int i = from;
        i < text.length() && Character.isDigit(text.charAt(i)) && i < from + 6;
        i++) {
      number = number * 10 + Character.digit(text.charAt(i), 10);
    }
    return number;
  }
}
