package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.Attachment;
import jstack.manifest.NetworkSpec;

/**
 * Networks become lines for ip(8) and nft(8): a bridge for each network, a named namespace for each
 * container with a pair of interfaces for each of its networks, and one table of rules. Pure: equal
 * manifests on equal targets make equal lines.
 */
public final class NetworkCompiler {
  private final NetworkTarget target;
  private final Map<String, NetworkSpec> networks;
  private final AddressPlan addresses;

  private NetworkCompiler(
      NetworkTarget target, Map<String, NetworkSpec> networks, List<NetworkTarget.Member> members) {
    this.target = target;
    this.networks = networks;
    this.addresses = new AddressPlan(target, networks, members);
  }

  /**
   * Compiles the networks of some containers.
   *
   * @throws jstack.diag.DiagnosticException when a subnet has no address left
   */
  public static NetworkProgram compile(
      NetworkTarget target, Map<String, NetworkSpec> networks, List<NetworkTarget.Member> members) {
    if (members.isEmpty()) {
      return NetworkProgram.EMPTY;
    }
    NetworkCompiler compiler = new NetworkCompiler(target, networks, members);
    List<NetworkPart> parts = new ArrayList<>();
    networks.values().forEach(network -> parts.add(compiler.bridge(network)));
    members.forEach(member -> parts.add(compiler.namespace(member)));
    EgressChapter egress = new EgressChapter(networks, members, compiler.addresses);
    members.forEach(member -> egress.write(member).ifPresent(parts::add));
    if (!networks.isEmpty()) {
      parts.add(new RuleChapter(target, networks, members, compiler.addresses).write());
    }
    HostsText hosts = new HostsText(networks, members, compiler.addresses);
    Map<String, String> files = new LinkedHashMap<>();
    members.forEach(member -> files.put(member.container(), hosts.of(member)));
    return new NetworkProgram(parts, files);
  }

  private NetworkTarget.Subnets subnets(NetworkSpec network) {
    return java.util.Objects.requireNonNull(target.subnets().get(network.name()));
  }

  private NetworkPart bridge(NetworkSpec network) {
    Origin origin = network.origin();
    String name = target.bridge(network);
    NetworkTarget.Subnets subnets = subnets(network);
    List<NetworkPart.Line> lines = new ArrayList<>();
    add(lines, origin, "link add " + name + " type bridge");
    add(
        lines,
        origin,
        "link set " + name + " alias jstack:" + target.project() + "/" + network.name());
    String address = addresses.gateway(network) + "/" + subnets.v4().length();
    add(lines, origin, "address add " + address + " dev " + name);
    String text = subnets.v4().toString();
    IpPrefix six = subnets.v6();
    if (six != null) {
      add(
          lines,
          origin,
          "address add " + six.address(1) + "/" + six.length() + " dev " + name + " nodad");
      text += " " + six;
    }
    add(lines, origin, "link set " + name + mtu(network) + " up");
    IpAddress gateway = addresses.gateway(network);
    text += gateway.equals(subnets.v4().address(1)) ? "" : " gateway " + gateway;
    Map<String, NetworkPart.Fact> facts = new LinkedHashMap<>();
    facts.put("networks." + network.name(), new NetworkPart.Fact(text + mtu(network), origin));
    NetworkPart.Lines all =
        new NetworkPart.Lines(lines, List.of(), List.of(), List.of(), List.of());
    return new NetworkPart(NetworkPart.Kind.BRIDGE, name, network.name(), all, facts);
  }

  private static String mtu(NetworkSpec network) {
    return network.mtu() == 0 ? "" : " mtu " + network.mtu();
  }

  private NetworkPart namespace(NetworkTarget.Member member) {
    List<NetworkPart.Line> host = new ArrayList<>();
    List<NetworkPart.Line> attach = new ArrayList<>();
    List<NetworkPart.Line> inside = new ArrayList<>();
    Map<String, NetworkPart.Fact> facts = new LinkedHashMap<>();
    Origin first =
        member.networking().attachments().isEmpty()
            ? Origin.NONE
            : member.networking().attachments().get(0).origin();
    add(host, first, "netns add " + member.namespace());
    add(inside, first, "link set lo up");
    int number = 0;
    boolean routed = false;
    boolean routed6 = false;
    for (Attachment attachment : member.networking().attachments()) {
      NetworkSpec network = java.util.Objects.requireNonNull(networks.get(attachment.network()));
      String device = "eth" + number++;
      add(host, attachment.origin(), link(member, attachment, network, device));
      String link = target.link(member, network.name());
      String joins = "link set " + link + " master " + target.bridge(network) + " up";
      add(attach, attachment.origin(), joins);
      boolean leads = !network.internal() && !routed;
      boolean leads6 = network.ipv6() && !network.internal() && !routed6;
      facts.put(
          "networks." + network.name(),
          configure(inside, member, attachment, network, device, leads, leads6));
      routed |= leads;
      routed6 |= leads6;
    }
    NetworkPart.Lines all = new NetworkPart.Lines(host, attach, inside, List.of(), List.of());
    return new NetworkPart(
        NetworkPart.Kind.NAMESPACE, member.namespace(), member.container(), all, facts);
  }

  private String link(
      NetworkTarget.Member member, Attachment attachment, NetworkSpec network, String device) {
    String mac = " address " + mac(attachment, addresses.of(member, attachment));
    return "link add "
        + target.link(member, network.name())
        + mtu(network)
        + " type veth peer name "
        + device
        + mac
        + mtu(network)
        + " netns "
        + member.namespace();
  }

  /**
   * As long as an address is the same, so is the hardware's: neighbours go on to send to it, and
   * need not find out that a container was made anew; see arp(7).
   */
  private static String mac(Attachment attachment, IpAddress address) {
    if (attachment.mac() != null) {
      return attachment.mac();
    }
    StringBuilder mac = new StringBuilder("02:42");
    for (int shift = 24; shift >= 0; shift -= 8) {
      String octet = Long.toHexString(((address.low() >> shift) & 0xff) | 0x100);
      mac.append(':').append(octet.substring(1));
    }
    return mac.toString();
  }

  private NetworkPart.Fact configure(
      List<NetworkPart.Line> lines,
      NetworkTarget.Member member,
      Attachment attachment,
      NetworkSpec network,
      String device,
      boolean leads,
      boolean leads6) {
    Origin origin = attachment.origin();
    NetworkTarget.Subnets subnets = subnets(network);
    String address = addresses.of(member, attachment) + "/" + subnets.v4().length();
    add(lines, origin, "address add " + address + " dev " + device);
    IpAddress six = addresses.six(member, attachment);
    IpPrefix prefix = subnets.v6();
    String text = address;
    if (six != null && prefix != null) {
      String second = six + "/" + prefix.length();
      add(lines, origin, "address add " + second + " dev " + device + " nodad");
      text += " " + second;
    }
    add(lines, origin, "link set " + device + " up");
    if (leads) {
      text += via(lines, origin, addresses.gateway(network), device);
    }
    if (leads6 && prefix != null) {
      text += via(lines, origin, prefix.address(1), device);
    }
    String mac = attachment.mac() == null ? "" : " " + attachment.mac();
    return new NetworkPart.Fact(device + " " + text + mac + mtu(network), origin);
  }

  private static String via(
      List<NetworkPart.Line> lines, Origin origin, IpAddress gateway, String device) {
    add(lines, origin, "route add default via " + gateway + " dev " + device);
    return " via " + gateway;
  }

  static void add(List<NetworkPart.Line> lines, Origin origin, String text) {
    lines.add(new NetworkPart.Line(text, origin));
  }
}
