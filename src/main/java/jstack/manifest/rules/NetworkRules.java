package jstack.manifest.rules;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.Suggestion;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.Attachment;
import jstack.manifest.Egress;
import jstack.manifest.NetworkSpec;
import jstack.manifest.PublishedPort;
import jstack.manifest.Service;
import org.jspecify.annotations.Nullable;

/** What has to hold between networks, and of all services on them together. */
public final class NetworkRules {
  private final Problems problems;
  private final Map<String, NetworkSpec> written;

  public NetworkRules(Problems problems, Map<String, NetworkSpec> written) {
    this.problems = problems;
    this.written = written;
  }

  /** Complains, and gives the networks that somebody is on, in the order of the file. */
  public Map<String, NetworkSpec> check(Map<String, Service> services, List<String> names) {
    Map<String, Origin> used = new LinkedHashMap<>();
    for (Service service : services.values()) {
      for (Attachment attachment : service.networking().attachments()) {
        used.putIfAbsent(attachment.network(), attachment.origin());
        attachment(attachment);
      }
      egress(service, services, names);
    }
    addresses(services);
    ports(services);
    subnets();
    Map<String, NetworkSpec> networks = new LinkedHashMap<>();
    for (NetworkSpec network : written.values()) {
      if (used.containsKey(network.name())) {
        networks.put(network.name(), network);
      } else {
        String message = "no service is on the network " + network.name() + ", so it is not made";
        problems.warning(network.origin(), "unused-network", message);
      }
    }
    Origin plain = used.get(NetworkSpec.DEFAULT);
    if (plain != null) {
      networks.computeIfAbsent(
          NetworkSpec.DEFAULT, name -> NetworkSpec.plain(name, plain.withKeyPath("networks")));
    }
    return networks;
  }

  private void attachment(Attachment attachment) {
    NetworkSpec network = written.get(attachment.network());
    if (network == null && !attachment.network().equals(NetworkSpec.DEFAULT)) {
      List<String> known = new ArrayList<>(written.keySet());
      known.add(NetworkSpec.DEFAULT);
      problems.error(
          attachment.origin(),
          "unknown-network",
          "no network \""
              + attachment.network()
              + "\""
              + Suggestion.among(attachment.network(), known),
          "declare it at the top: networks: {" + attachment.network() + ": {}}");
      return;
    }
    IpPrefix subnet = network == null ? null : network.subnet();
    IpPrefix subnet6 = network == null ? null : network.subnet6();
    fits(attachment, attachment.address(), subnet, "ipv4_address");
    fits(attachment, attachment.address6(), subnet6, "ipv6_address");
    IpAddress gateway = network == null ? null : gateway(network);
    if (gateway != null && gateway.equals(attachment.address())) {
      problems.error(
          at(attachment, "ipv4_address"), "address", gateway + " is the network's own address");
    }
    if (subnet6 != null && subnet6.address(1).equals(attachment.address6())) {
      String message = subnet6.address(1) + " is the network's own address";
      problems.error(at(attachment, "ipv6_address"), "address", message);
    }
  }

  private static @Nullable IpAddress gateway(NetworkSpec network) {
    IpPrefix subnet = network.subnet();
    return network.gateway() != null || subnet == null ? network.gateway() : subnet.address(1);
  }

  private static Origin at(Attachment attachment, String key) {
    return attachment.origin().withKeyPath(attachment.origin().keyPath() + "." + key);
  }

  private void fits(
      Attachment attachment, @Nullable IpAddress address, @Nullable IpPrefix subnet, String key) {
    if (address == null) {
      return;
    }
    if (subnet == null) {
      problems.error(
          at(attachment, key),
          "address",
          "a fixed address needs a fixed subnet",
          "write networks: {"
              + attachment.network()
              + (address.isV6() ? ": {subnet6: fd00:5::/64}}" : ": {subnet: 10.5.0.0/24}}"));
    } else if (!subnet.hasHost(address)) {
      problems.error(
          at(attachment, key),
          "address",
          address + " is no address of " + subnet + " for a service");
    }
  }

  private void addresses(Map<String, Service> services) {
    Map<String, String> owners = new HashMap<>();
    for (Service service : services.values()) {
      for (Attachment attachment : service.networking().attachments()) {
        for (IpAddress address : addresses(attachment)) {
          String before = owners.putIfAbsent(attachment.network() + " " + address, service.name());
          if (before != null) {
            String key = address.isV6() ? "ipv6_address" : "ipv4_address";
            problems.error(
                at(attachment, key), "duplicate", address + " is already that of " + before);
          }
        }
      }
    }
  }

  private static List<IpAddress> addresses(Attachment attachment) {
    List<IpAddress> addresses = new ArrayList<>();
    if (attachment.address() != null) {
      addresses.add(attachment.address());
    }
    if (attachment.address6() != null) {
      addresses.add(attachment.address6());
    }
    return addresses;
  }

  private void subnets() {
    List<NetworkSpec> before = new ArrayList<>();
    for (NetworkSpec network : written.values()) {
      for (NetworkSpec other : before) {
        if (overlap(network.subnet(), other.subnet())
            || overlap(network.subnet6(), other.subnet6())) {
          problems.error(
              network.origin(),
              "subnet",
              "its subnet overlaps that of " + other.name() + " at line " + other.origin().line());
        }
      }
      before.add(network);
    }
  }

  private static boolean overlap(@Nullable IpPrefix a, @Nullable IpPrefix b) {
    return a != null && b != null && a.overlaps(b);
  }

  /** Answers from an internal network go nowhere but to this machine. */
  private void leadsOut(Service service, PublishedPort port) {
    boolean out = false;
    for (Attachment attachment : service.networking().attachments()) {
      NetworkSpec network = written.get(attachment.network());
      out |= network == null || !network.internal();
    }
    if (!out && !port.hostIp().isLoopback()) {
      problems.error(
          port.origin(),
          "internal-network",
          "published to other machines, but the service is on internal networks alone",
          "publish on 127.0.0.1, or put it on one more network");
    }
  }

  /** One port of the host leads to one service; 0.0.0.0 and :: are every address of theirs. */
  private void ports(Map<String, Service> services) {
    Map<String, List<PublishedPort>> byNumber = new HashMap<>();
    for (Service service : services.values()) {
      for (PublishedPort port : service.networking().ports()) {
        leadsOut(service, port);
        List<PublishedPort> same =
            byNumber.computeIfAbsent(
                port.hostPort() + "/" + port.protocol(), key -> new ArrayList<>());
        for (PublishedPort other : same) {
          if (clash(port.hostIp(), other.hostIp())) {
            problems.error(
                port.origin(),
                "duplicate",
                "port "
                    + port.hostPort()
                    + "/"
                    + port.protocol()
                    + " of the host is already published at line "
                    + other.origin().line());
            break;
          }
        }
        same.add(port);
      }
    }
  }

  private static boolean clash(IpAddress a, IpAddress b) {
    return a.isV6() == b.isV6() && (a.equals(b) || a.isAny() || b.isAny());
  }

  private void egress(Service service, Map<String, Service> services, List<String> names) {
    Egress egress = service.networking().egress();
    if (egress == null) {
      return;
    }
    List<Egress.Rule> rules = new ArrayList<>(egress.allow());
    rules.addAll(egress.deny());
    for (Egress.Rule rule : rules) {
      String name = rule.service();
      if (name != null && !names.contains(name)) {
        problems.error(
            rule.origin(),
            "unknown-service",
            "no service \"" + name + "\"" + Suggestion.among(name, names),
            "services: " + String.join(", ", names));
      } else if (name != null) {
        meets(service, services.get(name), rule.origin());
      }
    }
  }

  private void meets(Service service, @Nullable Service other, Origin at) {
    if (other == null) {
      return;
    }
    boolean met = false;
    for (Attachment mine : service.networking().attachments()) {
      for (Attachment theirs : other.networking().attachments()) {
        met |= mine.network().equals(theirs.network());
      }
    }
    if (!met) {
      problems.error(at, "egress", service.name() + " and " + other.name() + " share no network");
    }
  }
}
