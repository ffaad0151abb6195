package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.diag.Origin;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.Attachment;
import jstack.manifest.Egress;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Protocol;

/**
 * What a container may connect to, as a table of nft(8) in its own network namespace. Its root
 * cannot change it: the namespace belongs to the machine.
 */
final class EgressChapter {
  private final Map<String, NetworkSpec> networks;
  private final List<NetworkTarget.Member> members;
  private final AddressPlan addresses;

  EgressChapter(
      Map<String, NetworkSpec> networks,
      List<NetworkTarget.Member> members,
      AddressPlan addresses) {
    this.networks = networks;
    this.members = members;
    this.addresses = addresses;
  }

  /** Nothing for a container that may connect to everything. */
  Optional<NetworkPart> write(NetworkTarget.Member member) {
    List<NetworkPart.Line> lines = new ArrayList<>();
    Egress egress = member.networking().egress();
    if (egress == null) {
      return Optional.empty();
    }
    plain(lines, "table inet " + NetworkPart.EGRESS_TABLE);
    plain(lines, "delete table inet " + NetworkPart.EGRESS_TABLE);
    plain(lines, "table inet " + NetworkPart.EGRESS_TABLE + " {");
    plain(lines, "  chain output {");
    plain(lines, "    type filter hook output priority filter; policy accept;");
    plain(lines, "    oifname \"lo\" accept");
    plain(lines, "    ct state established,related accept");
    plain(
        lines,
        "    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept");
    rules(lines, member, egress.deny(), "reject with icmpx admin-prohibited");
    rules(lines, member, egress.allow(), "accept");
    if (!egress.allowByDefault()) {
      plain(lines, "    reject with icmpx admin-prohibited");
    }
    plain(lines, "  }");
    plain(lines, "}");
    List<Egress.Rule> rules = new ArrayList<>(egress.allow());
    rules.addAll(egress.deny());
    Origin origin = rules.isEmpty() ? Origin.NONE : rules.get(0).origin();
    String text =
        (egress.allowByDefault() ? "allow" : "deny")
            + " allow "
            + egress.allow()
            + " deny "
            + egress.deny()
            + peers(member, rules);
    NetworkPart.Fact fact = new NetworkPart.Fact(text, origin);
    NetworkPart.Lines all =
        new NetworkPart.Lines(List.of(), List.of(), List.of(), lines, List.of());
    String container = member.container();
    return Optional.of(
        new NetworkPart(
            NetworkPart.Kind.EGRESS,
            member.namespace(),
            container,
            all,
            Map.of(container + ".egress", fact)));
  }

  /** The addresses that the names of services stand for. */
  private String peers(NetworkTarget.Member member, List<Egress.Rule> rules) {
    StringBuilder out = new StringBuilder();
    Set<String> named = new LinkedHashSet<>();
    rules.forEach(rule -> named.add(rule.service() == null ? "" : rule.service()));
    for (NetworkTarget.Member other : members) {
      if (named.contains(other.service()) && !other.service().isEmpty()) {
        out.append(", ").append(other.service()).append(' ').append(shared(member, other));
      }
    }
    return out.toString();
  }

  private static void plain(List<NetworkPart.Line> lines, String text) {
    NetworkCompiler.add(lines, Origin.NONE, text);
  }

  private void rules(
      List<NetworkPart.Line> lines,
      NetworkTarget.Member member,
      List<Egress.Rule> rules,
      String verdict) {
    for (Egress.Rule rule : rules) {
      for (String match : matches(member, rule)) {
        for (String ports : ports(rule)) {
          String text = "    " + match + ports + verdict;
          NetworkCompiler.add(lines, rule.origin(), text);
        }
      }
    }
  }

  /** One for each address of a service on a network that both are on. */
  private List<String> matches(NetworkTarget.Member member, Egress.Rule rule) {
    IpPrefix prefix = rule.destination();
    List<String> matches = new ArrayList<>();
    if (prefix != null) {
      matches.add((prefix.base().isV6() ? "ip6" : "ip") + " daddr " + prefix + " ");
    } else if (rule.service() == null) {
      matches.add("");
    } else {
      for (NetworkTarget.Member other : members) {
        if (other.service().equals(rule.service())) {
          shared(member, other)
              .forEach(
                  address ->
                      matches.add((address.isV6() ? "ip6" : "ip") + " daddr " + address + " "));
        }
      }
    }
    return matches;
  }

  private List<IpAddress> shared(NetworkTarget.Member member, NetworkTarget.Member other) {
    List<IpAddress> shared = new ArrayList<>();
    for (Attachment mine : member.networking().attachments()) {
      for (Attachment theirs : other.networking().attachments()) {
        if (mine.network().equals(theirs.network()) && networks.containsKey(mine.network())) {
          shared.add(addresses.of(other, theirs));
          IpAddress six = addresses.six(other, theirs);
          if (six != null) {
            shared.add(six);
          }
        }
      }
    }
    return shared;
  }

  private static List<String> ports(Egress.Rule rule) {
    Protocol protocol = rule.protocol();
    if (rule.firstPort() == 0) {
      return protocol == null ? List.of("") : List.of("meta l4proto " + protocol + " ");
    }
    String range =
        rule.lastPort() > rule.firstPort()
            ? rule.firstPort() + "-" + rule.lastPort()
            : Integer.toString(rule.firstPort());
    return protocol == null
        ? List.of("tcp dport " + range + " ", "udp dport " + range + " ")
        : List.of(protocol + " dport " + range + " ");
  }
}
