package jstack.program;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.linux.IpAddress;
import jstack.manifest.Attachment;
import jstack.manifest.ExtraHost;
import jstack.manifest.NetworkSpec;

/** The /etc/hosts of a container: itself, and everybody on its networks; see hosts(5). */
final class HostsText {
  private static final String LOCAL =
      "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";

  private final Map<String, NetworkSpec> networks;
  private final List<NetworkTarget.Member> members;
  private final AddressPlan addresses;

  HostsText(
      Map<String, NetworkSpec> networks,
      List<NetworkTarget.Member> members,
      AddressPlan addresses) {
    this.networks = networks;
    this.members = members;
    this.addresses = addresses;
  }

  String of(NetworkTarget.Member member) {
    StringBuilder out = new StringBuilder("# kept by jstack up\n").append(LOCAL);
    for (Attachment attachment : member.networking().attachments()) {
      line(out, member, attachment, own(member, attachment));
    }
    for (NetworkTarget.Member other : members) {
      for (Attachment theirs : other.networking().attachments()) {
        if (!other.container().equals(member.container()) && shares(member, theirs.network())) {
          line(out, other, theirs, names(other, theirs));
        }
      }
    }
    for (ExtraHost host : member.networking().extraHosts()) {
      IpAddress written = host.address();
      IpAddress address = written != null ? written : gateway(member);
      out.append(address).append('\t').append(host.name()).append('\n');
    }
    return out.toString();
  }

  private IpAddress gateway(NetworkTarget.Member member) {
    String first = member.networking().attachments().get(0).network();
    return addresses.gateway(java.util.Objects.requireNonNull(networks.get(first)));
  }

  private static boolean shares(NetworkTarget.Member member, String network) {
    for (Attachment attachment : member.networking().attachments()) {
      if (attachment.network().equals(network)) {
        return true;
      }
    }
    return false;
  }

  private void line(
      StringBuilder out, NetworkTarget.Member member, Attachment attachment, String names) {
    out.append(addresses.of(member, attachment)).append('\t').append(names).append('\n');
    IpAddress six = addresses.six(member, attachment);
    if (six != null) {
      out.append(six).append('\t').append(names).append('\n');
    }
  }

  /** The hostname first: it is what gethostbyaddr(3) answers. */
  private static String own(NetworkTarget.Member member, Attachment attachment) {
    Set<String> own = new LinkedHashSet<>(List.of(member.hostname()));
    if (!member.service().isEmpty()) {
      own.addAll(List.of(names(member, attachment).split(" ", -1)));
    }
    return String.join(" ", own);
  }

  private static String names(NetworkTarget.Member member, Attachment attachment) {
    StringBuilder out = new StringBuilder();
    for (String name : List.of(member.service(), member.container())) {
      out.append(out.isEmpty() || name.isEmpty() ? "" : " ").append(name);
    }
    for (String alias : attachment.aliases()) {
      out.append(' ').append(alias);
    }
    return out.toString();
  }
}
