package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.Attachment;
import jstack.manifest.Dns;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Networking;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AddressPlanTest {
  private static IpPrefix prefix(String text) {
    return IpPrefix.parse(text).orElseThrow();
  }

  private static IpAddress address(String text) {
    return IpAddress.parse(text).orElseThrow();
  }

  private static Attachment at(
      String network, int line, @Nullable IpAddress four, @Nullable IpAddress six) {
    Origin origin = new Origin("m.yaml", line, 5, 4, "services.x.networks." + network);
    return new Attachment(network, four, six, List.of(), null, origin);
  }

  private static NetworkTarget.Member member(String name, List<Attachment> attachments) {
    Networking networking =
        new Networking(attachments, List.of(), null, List.of(), Dns.OF_THE_HOST);
    return new NetworkTarget.Member(name + "-1", name, name, "ns." + name, networking);
  }

  /** Networks n0, n1 ... of some subnets. */
  private record Stack(Map<String, NetworkSpec> networks, List<NetworkTarget.Member> members) {
    AddressPlan plan(Map<String, IpAddress> kept) {
      Map<String, NetworkTarget.Subnets> subnets = new HashMap<>();
      networks.forEach(
          (name, spec) ->
              subnets.put(
                  name,
                  new NetworkTarget.Subnets(
                      java.util.Objects.requireNonNull(spec.subnet()), spec.subnet6())));
      NetworkTarget target = new NetworkTarget("jstack", "demo", "jstack-demo", subnets, kept);
      return new AddressPlan(target, networks, members);
    }

    /** As a record of the state has them. */
    Map<String, IpAddress> addresses(Map<String, IpAddress> kept) {
      AddressPlan plan = plan(kept);
      Map<String, IpAddress> addresses = new LinkedHashMap<>();
      for (NetworkTarget.Member member : members) {
        for (Attachment attachment : member.networking().attachments()) {
          String key = member.container() + " " + attachment.network();
          addresses.put(key, plan.of(member, attachment));
          IpAddress six = plan.six(member, attachment);
          if (six != null) {
            addresses.put(key + " v6", six);
          }
        }
      }
      return addresses;
    }
  }

  private static NetworkSpec network(
      String name, String subnet, @Nullable IpAddress gateway, @Nullable IpPrefix six) {
    return new NetworkSpec(
        name, prefix(subnet), gateway, six != null, six, false, 0, java.util.Map.of(), Origin.NONE);
  }

  private static Stack stack(Random random) {
    Map<String, NetworkSpec> networks = new LinkedHashMap<>();
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      String base = "10." + i + ".0.";
      int length = 24 + random.nextInt(5);
      IpAddress gateway = random.nextBoolean() ? address(base + (1 + random.nextInt(14))) : null;
      IpPrefix six = random.nextBoolean() ? prefix("fd00:" + i + "::/112") : null;
      networks.put("n" + i, network("n" + i, base + "0/" + length, gateway, six));
    }
    List<NetworkTarget.Member> members = new ArrayList<>();
    Set<IpAddress> fixed = new HashSet<>();
    for (int i = 0; i < 1 + random.nextInt(12); i++) {
      List<Attachment> attachments = new ArrayList<>();
      for (NetworkSpec network : networks.values()) {
        if (random.nextInt(4) > 0) {
          attachments.add(attachment(network, random, fixed));
        }
      }
      members.add(member("s" + i, attachments));
    }
    return new Stack(networks, members);
  }

  /** With a fixed address now and then, such as the rules of the manifest let pass. */
  private static Attachment attachment(NetworkSpec network, Random random, Set<IpAddress> fixed) {
    IpPrefix subnet = java.util.Objects.requireNonNull(network.subnet());
    IpPrefix subnet6 = network.subnet6();
    IpAddress gateway = network.gateway() != null ? network.gateway() : subnet.address(1);
    IpAddress four = subnet.address(1 + random.nextInt(14));
    boolean free = random.nextInt(3) == 0 && !four.equals(gateway) && fixed.add(four);
    IpAddress six = subnet6 == null ? null : subnet6.address(2 + random.nextInt(14));
    boolean free6 = six != null && random.nextInt(3) == 0 && fixed.add(six);
    return at(network.name(), 1, free ? four : null, free6 ? six : null);
  }

  /** Addresses of an earlier life: of these subnets or others, taken or not. */
  private static Map<String, IpAddress> kept(Random random) {
    Map<String, IpAddress> kept = new HashMap<>();
    for (int i = 0; i < random.nextInt(30); i++) {
      String key = "s" + random.nextInt(12) + "-1 n" + random.nextInt(3);
      kept.put(key, address("10." + random.nextInt(3) + ".0." + random.nextInt(20)));
      kept.put(key + " v6", address("fd00:" + random.nextInt(3) + "::" + random.nextInt(9)));
    }
    return kept;
  }

  @Property(tries = 500)
  void noTwoContainersOfANetworkHaveTheSameAddress(@ForAll Random random) {
    Stack stack = stack(random);
    Map<String, IpAddress> addresses = stack.addresses(kept(random));
    Map<IpAddress, String> owners = new HashMap<>();
    addresses.forEach((key, one) -> assertThat(owners.put(one, key)).as(key).isNull());
  }

  @Property(tries = 500)
  void everyAddressIsOneOfItsSubnetForAContainer(@ForAll Random random) {
    Stack stack = stack(random);
    Map<String, IpAddress> addresses = stack.addresses(kept(random));
    for (NetworkSpec network : stack.networks().values()) {
      IpPrefix subnet = java.util.Objects.requireNonNull(network.subnet());
      IpPrefix subnet6 = network.subnet6();
      IpAddress gateway = network.gateway() != null ? network.gateway() : subnet.address(1);
      addresses.forEach(
          (key, one) -> {
            if (key.endsWith(" " + network.name())) {
              assertThat(subnet.contains(one)).as(key).isTrue();
              assertThat(one)
                  .as(key)
                  .isNotIn(subnet.base(), subnet.address(subnet.size() - 1), gateway);
            } else if (key.endsWith(" " + network.name() + " v6") && subnet6 != null) {
              assertThat(subnet6.contains(one)).as(key).isTrue();
              assertThat(one).as(key).isNotIn(subnet6.base(), subnet6.address(1));
            }
          });
      long six =
          addresses.keySet().stream().filter(k -> k.endsWith(network.name() + " v6")).count();
      long four = addresses.keySet().stream().filter(k -> k.endsWith(network.name())).count();
      assertThat(six).isEqualTo(subnet6 == null ? 0 : four);
    }
  }

  @Property(tries = 500)
  void whoStaysKeepsItsAddressesWhoeverComesAndGoes(@ForAll Random random) {
    Stack before = stack(random);
    Map<String, IpAddress> had = before.addresses(Map.of());
    List<NetworkTarget.Member> others = new ArrayList<>();
    for (NetworkTarget.Member member : before.members()) {
      if (random.nextBoolean()) {
        others.add(member);
      }
    }
    for (String name : List.of("new-a", "new-b")) {
      others.add(member(name, List.of(at("n0", 1, null, null))));
    }
    Collections.shuffle(others, random);
    Map<String, IpAddress> has = new Stack(before.networks(), others).addresses(had);
    has.forEach((key, one) -> assertThat(had.getOrDefault(key, one)).as(key).isEqualTo(one));
  }

  @Test
  void aFixedAddressIsWonFromWhoHadItByChance() {
    Map<String, NetworkSpec> networks = Map.of("n0", network("n0", "10.0.0.0/24", null, null));
    Stack stack =
        new Stack(
            networks,
            List.of(
                member("a", List.of(at("n0", 1, null, null))),
                member("b", List.of(at("n0", 2, address("10.0.0.2"), null)))));
    Map<String, IpAddress> addresses = stack.addresses(Map.of("a-1 n0", address("10.0.0.2")));
    assertThat(addresses)
        .containsOnly(
            Map.entry("b-1 n0", address("10.0.0.2")), Map.entry("a-1 n0", address("10.0.0.3")));
  }

  @Test
  void anAddressIsNotKeptWhereTheSubnetHasItsEdgeNow() {
    Map<String, NetworkSpec> networks = Map.of("n0", network("n0", "10.0.0.8/29", null, null));
    List<Attachment> plain = List.of(at("n0", 1, null, null));
    Stack stack = new Stack(networks, List.of(member("a", plain), member("b", plain)));
    Map<String, IpAddress> had =
        Map.of("a-1 n0", address("10.0.0.15"), "b-1 n0", address("10.0.0.8"));
    assertThat(stack.addresses(had).values())
        .containsExactlyInAnyOrder(address("10.0.0.10"), address("10.0.0.11"));
  }

  @Test
  void aFullSubnetIsAnErrorAtTheLineOfWhoFindsNoPlace() {
    Map<String, NetworkSpec> networks = Map.of("n0", network("n0", "10.0.0.0/29", null, null));
    List<NetworkTarget.Member> members = new ArrayList<>();
    for (int i = 1; i <= 5; i++) {
      members.add(member("s" + i, List.of(at("n0", i, null, null))));
    }
    assertThat(new Stack(networks, members).addresses(Map.of())).hasSize(5);
    members.add(member("s6", List.of(at("n0", 6, null, null))));
    assertThatThrownBy(() -> new Stack(networks, members).plan(Map.of()))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e ->
                assertThat(e.diagnostics().get(0).headline())
                    .isEqualTo(
                        "m.yaml:6:5: error: services.x.networks.n0:"
                            + " no address of 10.0.0.0/29 is free any more"));
  }
}
