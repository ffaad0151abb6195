package jstack.program;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import jstack.diag.Origin;

/**
 * One thing that networks put on a machine, and the lines for the system's tools that make it.
 *
 * @param name as the kernel knows it: of the bridge, the namespace, the table
 * @param label as the manifest knows it: of the network, the container, the project
 * @param facts what a plan compares and shows, by key of the manifest; other lines of a bridge or
 *     namespace are other facts, or a container would be kept in what is made anew
 */
public record NetworkPart(
    Kind kind, String name, String label, Lines lines, Map<String, Fact> facts) {

  /** Of a container's own rules, in its namespace. */
  public static final String EGRESS_TABLE = "jstack-egress";

  /** In the order in which they are made. */
  public enum Kind {
    BRIDGE,
    NAMESPACE,
    /** Rules inside a namespace, and called as it is. */
    EGRESS,
    RULES
  }

  /** A line for a tool, and the line of the manifest that asked for it. */
  public record Line(String text, Origin origin) {}

  /** A value, and the line of the manifest that asked for it. */
  public record Fact(String value, Origin origin) {}

  /**
   * All lines of a part.
   *
   * @param host for {@code ip -batch}
   * @param attach for {@code ip -batch}, said again when a bridge is made anew below its links
   * @param inside for {@code ip -batch} in the namespace
   * @param rules for {@code nft -f}; in the namespace when the part is one
   * @param settings below /proc/sys, as in {@code net/ipv4/ip_forward=1}
   */
  public record Lines(
      List<Line> host,
      List<Line> attach,
      List<Line> inside,
      List<Line> rules,
      List<Line> settings) {
    public Lines {
      host = List.copyOf(host);
      attach = List.copyOf(attach);
      inside = List.copyOf(inside);
      rules = List.copyOf(rules);
      settings = List.copyOf(settings);
    }

    private List<List<Line>> all() {
      return List.of(host, attach, inside, rules, settings);
    }
  }

  public NetworkPart {
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  /** Equal for parts that are made with the same lines. */
  public String fingerprint() {
    CRC32 crc = new CRC32();
    for (List<Line> list : lines.all()) {
      for (Line line : list) {
        crc.update(line.text().getBytes(StandardCharsets.UTF_8));
        crc.update('\n');
      }
      crc.update(0);
    }
    return Long.toHexString(crc.getValue());
  }
}
