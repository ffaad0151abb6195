package jstack.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import jstack.diag.Origin;
import jstack.program.NetworkPart;
import jstack.program.NetworkTarget;
import jstack.state.NetworkRecord;
import jstack.state.StateLayout;

/**
 * What one shell does to make the networks of a stack: ip(8) and nft(8) on files, so that the many
 * namespaces cost one start of a process from Java. The first failing line ends it.
 */
final class NetworkScript {
  private static final Path DEVICES = Path.of("/sys/class/net");
  private static final Path SETTINGS = Path.of("/proc/sys");

  private final String scope;
  private final String project;
  private final StringBuilder shell = new StringBuilder("set -e\n");
  private final Map<String, List<NetworkPart.Line>> files = new LinkedHashMap<>();

  /**
   * @param scope of the state; see {@link NetworkTarget#scope}
   */
  NetworkScript(String scope, String project) {
    this.scope = scope;
    this.project = project;
  }

  /** The files that the shell's commands read, each line with its origin. */
  Map<String, List<NetworkPart.Line>> files() {
    return files;
  }

  String shell() {
    return shell.toString();
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

  /**
   * Takes away what leaves, and what is left of a killed run under the name of something that is
   * made. Somebody may have been faster, so it is not the tools that are asked whether all is gone.
   *
   * <p>A deleted namespace takes its links along a while later only, so they go first, all at once:
   * one by one each costs the kernel 20 ms.
   */
  void remove(List<NetworkRecord.Entry> leaving, List<NetworkPart> making) {
    List<NetworkRecord.Entry> all = new ArrayList<>(leaving);
    List<NetworkPart.Line> tables = new ArrayList<>();
    for (NetworkRecord.Entry entry : leaving) {
      if (entry.kind() == NetworkPart.Kind.RULES) {
        tables.addAll(deletion(entry.name()));
      }
    }
    making.forEach(part -> all.add(NetworkRecord.of(part)));
    List<Path> present = new ArrayList<>();
    List<NetworkPart.Line> links = new ArrayList<>();
    List<NetworkPart.Line> namespaces = new ArrayList<>();
    for (NetworkRecord.Entry entry : all) {
      for (String link : links(entry)) {
        Path device = DEVICES.resolve(link);
        if (Files.exists(device)) {
          links.add(plain("link set " + link + " group " + group()));
          present.add(device);
        }
      }
      Path namespace = StateLayout.NETNS.resolve(entry.name());
      if (entry.kind() == NetworkPart.Kind.NAMESPACE && Files.exists(namespace)) {
        namespaces.add(plain("netns delete " + entry.name()));
        present.add(namespace);
      }
    }
    for (NetworkRecord.Entry entry : leaving) {
      Path namespace = StateLayout.NETNS.resolve(entry.name());
      boolean stays = !present.contains(namespace) && Files.exists(namespace);
      if (entry.kind() == NetworkPart.Kind.EGRESS && stays) {
        String run = "ip netns exec " + entry.name() + " nft -f";
        file("open-" + entry.name() + ".nft", deletion(NetworkPart.EGRESS_TABLE), run);
      }
    }
    if (!links.isEmpty()) {
      links.add(plain("link delete group " + group()));
    }
    links.addAll(namespaces);
    file("remove.nft", tables, "nft -f");
    if (!links.isEmpty()) {
      file("remove.ip", links, "ip -force -batch");
      shell.setLength(shell.length() - 1);
      shell.append(" 2> remove.err || :\n");
      present.forEach(
          path ->
              shell
                  .append("[ ! -e ")
                  .append(path)
                  .append(" ] || { cat remove.err; echo \"cannot remove ")
                  .append(path)
                  .append("\"; exit 1; }\n"));
    }
  }

  /** Fine when there is no such table; see nft(8). */
  private static List<NetworkPart.Line> deletion(String table) {
    return List.of(plain("table inet " + table), plain("delete table inet " + table));
  }

  private List<String> links(NetworkRecord.Entry entry) {
    return switch (entry.kind()) {
      case BRIDGE -> List.of(entry.name());
      case NAMESPACE -> {
        List<String> links = new ArrayList<>();
        for (String network : entry.networks()) {
          links.add(NetworkTarget.link(scope, project, entry.name(), network));
        }
        yield links;
      }
      case EGRESS, RULES -> List.of();
    };
  }

  /** A group of links that is nobody else's; see ip-link(8). */
  private String group() {
    CRC32 crc = new CRC32();
    crc.update(NetworkRunner.bytes(scope + "/" + project));
    return Long.toString((crc.getValue() & 0x3fff_ffff) | 0x4000_0000);
  }

  /**
   * Makes parts.
   *
   * @param staying parts that are there, but whose bridge may be another from now on
   */
  void make(List<NetworkPart> making, List<NetworkPart> staying) {
    List<NetworkPart.Line> host = new ArrayList<>();
    boolean bridges = making.stream().anyMatch(part -> part.kind() == NetworkPart.Kind.BRIDGE);
    making.forEach(part -> host.addAll(part.lines().host()));
    making.forEach(part -> host.addAll(part.lines().attach()));
    if (bridges) {
      staying.forEach(part -> host.addAll(part.lines().attach()));
    }
    file("make.ip", host, "ip -batch");
    for (NetworkPart part : making) {
      String name = part.name();
      List<NetworkPart.Line> rules = part.lines().rules();
      boolean inside = part.kind() == NetworkPart.Kind.EGRESS;
      file(name + ".ip", part.lines().inside(), "ip -n " + name + " -batch");
      file(name + ".nft", rules, (inside ? "ip netns exec " + name + " " : "") + "nft -f");
    }
    // A bridge that is made anew begins with the kernel's own settings.
    making.forEach(this::settings);
    if (bridges) {
      staying.forEach(this::settings);
    }
  }

  private void settings(NetworkPart part) {
    for (NetworkPart.Line line : part.lines().settings()) {
      String[] setting = line.text().split("=", 2);
      Path file = SETTINGS.resolve(setting[0]);
      Forwarding family = Forwarding.of(setting[0]);
      if (family == null) {
        shell.append("echo ").append(setting[1]).append(" > ").append(file).append('\n');
      } else {
        boolean off = StackNetwork.read(file).trim().equals("0");
        List<NetworkPart.Line> rules = new ArrayList<>();
        if (off || family.isOurs()) {
          family.rules().forEach(text -> rules.add(plain(text)));
        }
        file("forward-" + family + ".nft", rules, "nft -f");
        shell.append(off ? family.turnOn() : "");
      }
    }
  }

  /** After the last of our bridges is gone. */
  void turnForwardingOff() {
    for (Forwarding family : Forwarding.values()) {
      shell.append(family.turnOff());
    }
  }
}
