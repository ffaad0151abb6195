package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.Attachment;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Networking;
import jstack.manifest.PublishedPort;
import org.jspecify.annotations.Nullable;

/**
 * The stack's table of nft(8): who may come in, who gets out, under whose address. It is replaced
 * as a whole, and touches only packets of the stack's own bridges and published ports.
 */
final class RuleChapter {
  private static final String FORWARD = "net/ipv4/ip_forward";
  private static final String FORWARD_V6 = "net/ipv6/conf/all/forwarding";

  private final NetworkTarget target;
  private final Map<String, NetworkSpec> networks;
  private final List<NetworkTarget.Member> members;
  private final AddressPlan addresses;
  private final List<NetworkPart.Line> lines = new ArrayList<>();
  private final List<NetworkPart.Line> settings = new ArrayList<>();
  private final Map<String, NetworkPart.Fact> facts = new LinkedHashMap<>();

  RuleChapter(
      NetworkTarget target,
      Map<String, NetworkSpec> networks,
      List<NetworkTarget.Member> members,
      AddressPlan addresses) {
    this.target = target;
    this.networks = networks;
    this.members = members;
    this.addresses = addresses;
  }

  NetworkPart write() {
    String table = "table inet " + target.table();
    line(table);
    line("delete " + table);
    line(table + " {");
    guard();
    ports("prerouting", "prerouting", false);
    ports("output", "output", true);
    source();
    forward();
    input();
    line("}");
    settings();
    for (NetworkTarget.Member member : members) {
      Networking networking = member.networking();
      if (!networking.ports().isEmpty()) {
        Origin origin = networking.ports().get(0).origin();
        String text = networking.ports().toString();
        facts.put(member.service() + ".ports", new NetworkPart.Fact(text, origin));
      }
    }
    for (NetworkSpec network : networks.values()) {
      if (network.internal()) {
        facts.put(
            "networks." + network.name() + ".internal",
            new NetworkPart.Fact("true", network.origin()));
      }
    }
    NetworkPart.Lines all =
        new NetworkPart.Lines(List.of(), hairpins(), List.of(), lines, settings);
    return new NetworkPart(NetworkPart.Kind.RULES, target.table(), target.project(), all, facts);
  }

  /** A service that asks for its own published port leaves the bridge where it came in. */
  private List<NetworkPart.Line> hairpins() {
    List<NetworkPart.Line> hairpins = new ArrayList<>();
    for (NetworkTarget.Member member : members) {
      List<PublishedPort> ports = member.networking().ports();
      if (ports.isEmpty()) {
        continue;
      }
      for (Attachment attachment : member.networking().attachments()) {
        String link = target.link(member, attachment.network());
        String text = "link set " + link + " type bridge_slave hairpin on";
        NetworkCompiler.add(hairpins, ports.get(0).origin(), text);
      }
    }
    return hairpins;
  }

  /** Answers to 127.0.0.1 come back through the bridge: only then its route_localnet is on. */
  private void settings() {
    boolean loopback = false;
    for (NetworkTarget.Member member : members) {
      for (PublishedPort port : member.networking().ports()) {
        IpAddress ip = port.hostIp();
        loopback |= !ip.isV6() && (ip.isLoopback() || ip.isAny());
      }
    }
    boolean six = false;
    for (NetworkSpec network : networks.values()) {
      if (loopback) {
        String file = "net/ipv4/conf/" + target.bridge(network) + "/route_localnet";
        NetworkCompiler.add(settings, Origin.NONE, file + "=1");
      }
      six |= network.ipv6();
    }
    NetworkCompiler.add(settings, Origin.NONE, FORWARD + "=1");
    if (six) {
      NetworkCompiler.add(settings, Origin.NONE, FORWARD_V6 + "=1");
    }
  }

  private void line(String text) {
    line(text, Origin.NONE);
  }

  private void line(String text, Origin origin) {
    NetworkCompiler.add(lines, origin, text);
  }

  private String bridges(boolean internalOnly) {
    StringBuilder out = new StringBuilder();
    for (NetworkSpec network : networks.values()) {
      if (!internalOnly || network.internal()) {
        out.append(out.isEmpty() ? "" : ", ").append(quoted(network));
      }
    }
    return out.isEmpty() ? "" : "{ " + out + " }";
  }

  private String quoted(NetworkSpec network) {
    return "\"" + target.bridge(network) + "\"";
  }

  /**
   * Ports on 127.0.0.1 need route_localnet on the bridges, which would let a container reach what
   * listens on the machine's loopback (CVE-2020-8558).
   */
  private void guard() {
    line("  chain guard {");
    line("    type filter hook prerouting priority raw; policy accept;");
    line("    iifname " + bridges(false) + " ip daddr 127.0.0.0/8 drop");
    line("  }");
  }

  private void ports(String chain, String hook, boolean fromHere) {
    line("  chain " + chain + " {");
    line(
        "    type nat hook "
            + hook
            + " priority "
            + (fromHere ? "-100" : "dstnat")
            + "; policy accept;");
    for (NetworkTarget.Member member : members) {
      for (PublishedPort port : member.networking().ports()) {
        IpAddress ip = port.hostIp();
        if (ip.isLoopback() && !fromHere) {
          continue; // nothing from outside has that address
        }
        String family = ip.isV6() ? "ip6" : "ip";
        String to = destination(member, port);
        // There is no route_localnet for IPv6: from ::1 nothing can be led away.
        String local =
            "fib daddr type local " + (ip.isV6() ? "ip6 daddr != ::1" : "meta nfproto ipv4");
        String match = ip.isAny() ? local : family + " daddr " + ip;
        line(
            "    "
                + match
                + " "
                + port.protocol()
                + " dport "
                + port.hostPort()
                + " dnat "
                + family
                + " to "
                + to,
            port.origin());
      }
    }
    line("  }");
  }

  /** On the network that the answers leave by; on an internal one only when there is no other. */
  private String destination(NetworkTarget.Member member, PublishedPort port) {
    // The network that leads out comes first: answers take that way.
    List<Attachment> attachments = new ArrayList<>(member.networking().attachments());
    attachments.sort((a, b) -> Boolean.compare(isInternal(a.network()), isInternal(b.network())));
    for (Attachment attachment : attachments) {
      IpAddress address =
          port.hostIp().isV6()
              ? addresses.six(member, attachment)
              : addresses.of(member, attachment);
      if (address != null) {
        String host = address.isV6() ? "[" + address + "]" : address.toString();
        return host + ":" + port.containerPort();
      }
    }
    throw new DiagnosticException(
        Failure.OPERATION,
        Diagnostic.error(port.origin(), "no-ipv6", "the service is on no network with IPv6")
            .withHint("write networks: {default: {ipv6: true}}"));
  }

  private boolean isInternal(String name) {
    NetworkSpec network = networks.get(name);
    return network != null && network.internal();
  }

  private void source() {
    line("  chain source {");
    line("    type nat hook postrouting priority srcnat; policy accept;");
    for (NetworkSpec network : networks.values()) {
      NetworkTarget.Subnets subnets =
          java.util.Objects.requireNonNull(target.subnets().get(network.name()));
      String bridge = quoted(network);
      line("    oifname " + bridge + " ip saddr 127.0.0.0/8 masquerade");
      masquerade(network, bridge, "ip", subnets.v4());
      masquerade(network, bridge, "ip6", subnets.v6());
    }
    line("  }");
  }

  private void masquerade(
      NetworkSpec network, String bridge, String family, @Nullable IpPrefix subnet) {
    if (subnet == null) {
      return;
    }
    // To a neighbour by way of a port of the host: the answer has to come back the same way.
    String from = family + " saddr " + subnet;
    line("    oifname " + bridge + " " + from + " ct status dnat masquerade");
    if (!network.internal()) {
      line("    " + from + " oifname != " + bridge + " masquerade", network.origin());
    }
  }

  private void forward() {
    line("  chain forward {");
    line("    type filter hook forward priority filter; policy accept;");
    line("    iifname != " + bridges(false) + " oifname != " + bridges(false) + " accept");
    line("    ct state established,related accept");
    for (NetworkSpec network : networks.values()) {
      if (network.internal()) {
        String name = quoted(network);
        line("    iifname " + name + " oifname != " + name + " drop", network.origin());
      }
    }
    line("    ct status dnat accept");
    for (NetworkSpec network : networks.values()) {
      line("    iifname " + quoted(network) + " oifname " + quoted(network) + " accept");
    }
    line("    oifname " + bridges(false) + " drop");
    line("  }");
  }

  /** This machine reaches into an internal network; nobody there reaches this machine. */
  private void input() {
    String internal = bridges(true);
    if (internal.isEmpty()) {
      return;
    }
    line("  chain input {");
    line("    type filter hook input priority filter; policy accept;");
    line("    iifname != " + internal + " accept");
    line("    ct state established,related accept");
    line("    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept");
    line("    drop");
    line("  }");
  }
}
