package jstack.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.Attachment;
import jstack.manifest.NetworkSpec;
import org.jspecify.annotations.Nullable;

/**
 * Which address each container has on each network: the written ones first, then those that it has
 * already, then the lowest that are free.
 */
final class AddressPlan {
  private final NetworkTarget target;
  private final Map<String, IpAddress> chosen = new HashMap<>();
  private final Map<String, Set<IpAddress>> taken = new HashMap<>();

  AddressPlan(
      NetworkTarget target, Map<String, NetworkSpec> networks, List<NetworkTarget.Member> members) {
    this.target = target;
    for (NetworkSpec network : networks.values()) {
      Set<IpAddress> reserved = new HashSet<>();
      reserved.add(gateway(network));
      IpPrefix six = subnets(network.name()).v6();
      if (six != null) {
        reserved.add(six.address(1));
      }
      taken.put(network.name(), reserved);
    }
    reserveThoseOfOthers(networks, members);
    for (NetworkTarget.Member member : members) {
      for (Attachment attachment : member.networking().attachments()) {
        take(member, attachment, attachment.address(), "");
        take(member, attachment, attachment.address6(), " v6");
      }
    }
    List<NetworkTarget.Member> waiting = new ArrayList<>(members);
    waiting.forEach(member -> keep(member));
    waiting.forEach(member -> fill(member));
  }

  /** Containers that the manifest does not know any more run on with their addresses. */
  private void reserveThoseOfOthers(
      Map<String, NetworkSpec> networks, List<NetworkTarget.Member> members) {
    Set<String> known = new HashSet<>();
    members.forEach(member -> known.add(member.container()));
    target
        .kept()
        .forEach(
            (key, address) -> {
              String[] words = key.split(" ", -1);
              if (!known.contains(words[0]) && networks.containsKey(words[1])) {
                taken(words[1]).add(address);
              }
            });
  }

  private NetworkTarget.Subnets subnets(String network) {
    NetworkTarget.Subnets subnets = target.subnets().get(network);
    if (subnets == null) {
      throw new IllegalStateException("no subnet was chosen for " + network);
    }
    return subnets;
  }

  /** The bridge's own address. */
  IpAddress gateway(NetworkSpec network) {
    IpAddress written = network.gateway();
    return written != null ? written : subnets(network.name()).v4().address(1);
  }

  private Set<IpAddress> taken(String network) {
    return taken.computeIfAbsent(network, key -> new HashSet<>());
  }

  private static String key(NetworkTarget.Member member, Attachment attachment, String family) {
    return member.container() + " " + attachment.network() + family;
  }

  private void take(
      NetworkTarget.Member member,
      Attachment attachment,
      @Nullable IpAddress address,
      String family) {
    if (address != null) {
      chosen.put(key(member, attachment, family), address);
      taken(attachment.network()).add(address);
    }
  }

  private void keep(NetworkTarget.Member member) {
    for (Attachment attachment : member.networking().attachments()) {
      for (String family : List.of("", " v6")) {
        String key = key(member, attachment, family);
        IpAddress had = target.kept().get(key);
        NetworkTarget.Subnets subnets = subnets(attachment.network());
        IpPrefix subnet = family.isEmpty() ? subnets.v4() : subnets.v6();
        if (had != null
            && subnet != null
            && subnet.hasHost(had)
            && !chosen.containsKey(key)
            && !taken(attachment.network()).contains(had)) {
          take(member, attachment, had, family);
        }
      }
    }
  }

  private void fill(NetworkTarget.Member member) {
    for (Attachment attachment : member.networking().attachments()) {
      NetworkTarget.Subnets subnets = subnets(attachment.network());
      if (!chosen.containsKey(key(member, attachment, ""))) {
        take(member, attachment, free(attachment, subnets.v4()), "");
      }
      IpPrefix six = subnets.v6();
      if (six != null && !chosen.containsKey(key(member, attachment, " v6"))) {
        take(member, attachment, free(attachment, six), " v6");
      }
    }
  }

  private IpAddress free(Attachment attachment, IpPrefix subnet) {
    Set<IpAddress> used = taken(attachment.network());
    long last = subnet.base().isV6() ? subnet.size() : subnet.size() - 1; // no broadcast address
    for (long i = 2; i < last; i++) {
      IpAddress address = subnet.address(i);
      if (!used.contains(address)) {
        return address;
      }
    }
    IpAddress first = subnet.address(1);
    if (subnet.contains(first) && !used.contains(first)) {
      return first;
    }
    throw new DiagnosticException(
        Failure.OPERATION,
        Diagnostic.error(
                attachment.origin(), "subnet-full", "no address of " + subnet + " is free any more")
            .withHint("give the network a larger subnet"));
  }

  /** The IPv4 address on a network. */
  IpAddress of(NetworkTarget.Member member, Attachment attachment) {
    IpAddress address = chosen.get(key(member, attachment, ""));
    if (address == null) {
      throw new IllegalStateException("no address for " + key(member, attachment, ""));
    }
    return address;
  }

  /** The IPv6 address on a network; null when there is no IPv6. */
  @Nullable IpAddress six(NetworkTarget.Member member, Attachment attachment) {
    return chosen.get(key(member, attachment, " v6"));
  }
}
