package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.Attachment;
import jstack.manifest.Dns;
import jstack.manifest.Egress;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Networking;
import jstack.manifest.Protocol;
import jstack.manifest.PublishedPort;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NetworkCompilerTest {
  private static final Origin LINE = new Origin("m.yaml", 7, 3, 4, "services.web");

  private static IpPrefix prefix(String text) {
    return IpPrefix.parse(text).orElseThrow();
  }

  private static IpAddress address(String text) {
    return IpAddress.parse(text).orElseThrow();
  }

  private static Attachment at(String network, @Nullable IpAddress address, @Nullable String mac) {
    return new Attachment(network, address, null, List.of(), mac, LINE);
  }

  private static NetworkTarget.Member member(
      String name,
      List<Attachment> attachments,
      List<PublishedPort> ports,
      @Nullable Egress egress) {
    Networking networking = new Networking(attachments, ports, egress, List.of(), Dns.OF_THE_HOST);
    return new NetworkTarget.Member(name + "-1", name, name, "ns." + name, networking);
  }

  private static NetworkSpec network(String name, int number, boolean internal) {
    IpPrefix subnet = prefix("10.0." + number + ".0/24");
    return new NetworkSpec(name, subnet, null, false, null, internal, 0, java.util.Map.of(), LINE);
  }

  private static NetworkProgram compile(
      List<NetworkSpec> networks, List<NetworkTarget.Member> members) {
    Map<String, NetworkSpec> byName = new LinkedHashMap<>();
    Map<String, NetworkTarget.Subnets> subnets = new LinkedHashMap<>();
    for (NetworkSpec network : networks) {
      byName.put(network.name(), network);
      IpPrefix four = Objects.requireNonNull(network.subnet());
      subnets.put(network.name(), new NetworkTarget.Subnets(four, network.subnet6()));
    }
    NetworkTarget target = new NetworkTarget("jstack", "demo", "jstack-demo", subnets, Map.of());
    return NetworkCompiler.compile(target, byName, members);
  }

  private static String rules(NetworkProgram program) {
    NetworkPart part = program.find(NetworkPart.Kind.RULES, "jstack-demo").orElseThrow();
    StringBuilder out = new StringBuilder();
    part.lines().rules().forEach(line -> out.append(line.text().trim()).append('\n'));
    return out.toString();
  }

  /** One stack, with one thing or another written differently. */
  private static NetworkProgram edited(Random random) {
    List<NetworkSpec> networks = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      IpPrefix six = random.nextBoolean() ? prefix("fd00:" + i + "::/64") : null;
      networks.add(
          new NetworkSpec(
              "n" + i,
              prefix("10.0." + i + ".0/24"),
              random.nextBoolean() ? address("10.0." + i + ".254") : null,
              six != null,
              six,
              random.nextBoolean(),
              random.nextBoolean() ? 1400 : 0,
              java.util.Map.of(),
              LINE));
    }
    Egress.Rule rule =
        random.nextBoolean()
            ? new Egress.Rule(null, "db", 5432, 5432, Protocol.TCP, LINE)
            : new Egress.Rule(prefix("10.0.0.0/8"), null, 0, 0, null, LINE);
    Egress egress = new Egress(random.nextBoolean(), List.of(rule), List.of());
    String mac = random.nextBoolean() ? "02:00:00:00:00:01" : null;
    IpAddress fixed = random.nextBoolean() ? address("10.0.0.77") : null;
    List<Attachment> own = new ArrayList<>(List.of(at("n0", null, mac), at("n1", null, null)));
    if (random.nextBoolean()) {
      java.util.Collections.reverse(own);
    }
    return compile(
        networks,
        List.of(
            member("web", own, List.of(), random.nextBoolean() ? egress : null),
            member("db", List.of(at("n0", fixed, null)), List.of(), null)));
  }

  /** Or a plan would keep a container whose namespace is made anew below it. */
  @Property(tries = 500)
  void whatIsMadeWithOtherLinesHasOtherFacts(@ForAll Random random) {
    NetworkProgram before = edited(random);
    NetworkProgram after = edited(random);
    int seen = 0;
    for (NetworkPart old : before.parts()) {
      if (old.kind() == NetworkPart.Kind.BRIDGE || old.kind() == NetworkPart.Kind.NAMESPACE) {
        NetworkPart part = after.find(old.kind(), old.name()).orElseThrow();
        assertThat(NetworkCompilerTest.values(part).equals(values(old)))
            .as("%s%n%s", old, part)
            .isEqualTo(part.fingerprint().equals(old.fingerprint()));
        seen++;
      }
    }
    assertThat(seen).isEqualTo(4);
  }

  private static Map<String, String> values(NetworkPart part) {
    Map<String, String> values = new LinkedHashMap<>();
    part.facts().forEach((key, fact) -> values.put(key, fact.value()));
    return values;
  }

  @Test
  void nobodyToConnectMakesNothing() {
    assertThat(compile(List.of(network("n0", 0, false)), List.of()))
        .isEqualTo(NetworkProgram.EMPTY);
  }

  @Test
  void aPortLeadsToTheNetworkThatTheAnswersLeaveBy() {
    PublishedPort port = new PublishedPort(IpAddress.ANY, 80, 8080, Protocol.TCP, LINE);
    NetworkProgram program =
        compile(
            List.of(network("in", 0, true), network("out", 1, false)),
            List.of(
                member(
                    "web",
                    List.of(at("in", null, null), at("out", null, null)),
                    List.of(port),
                    null)));
    assertThat(rules(program)).contains("dnat ip to 10.0.1.2:8080").doesNotContain("to 10.0.0.2");
  }

  @Test
  void eachFamilyLeavesByTheFirstNetworkThatHasIt() {
    NetworkSpec second =
        new NetworkSpec(
            "n1",
            prefix("10.0.1.0/24"),
            null,
            true,
            prefix("fd00:1::/64"),
            false,
            0,
            java.util.Map.of(),
            LINE);
    NetworkProgram program =
        compile(
            List.of(network("n0", 0, false), second),
            List.of(
                member(
                    "web", List.of(at("n0", null, null), at("n1", null, null)), List.of(), null)));
    NetworkPart part = program.find(NetworkPart.Kind.NAMESPACE, "ns.web").orElseThrow();
    assertThat(part.lines().inside().stream().map(NetworkPart.Line::text))
        .filteredOn(text -> text.startsWith("route"))
        .containsExactly(
            "route add default via 10.0.0.1 dev eth0", "route add default via fd00:1::1 dev eth1");
  }

  @Test
  void aPortOfIpv6WithoutIpv6IsAnErrorAtItsLine() {
    PublishedPort port = new PublishedPort(address("::"), 80, 80, Protocol.TCP, LINE);
    List<NetworkTarget.Member> members =
        List.of(member("web", List.of(at("n0", null, null)), List.of(port), null));
    assertThatThrownBy(() -> compile(List.of(network("n0", 0, false)), members))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e ->
                assertThat(e.diagnostics().get(0).headline())
                    .isEqualTo(
                        "m.yaml:7:3: error: services.web:"
                            + " the service is on no network with IPv6"));
  }

  @Test
  void namesOfInterfacesFitTheKernel() {
    String longest = "n".repeat(63);
    NetworkProgram program =
        compile(
            List.of(network(longest, 0, false)),
            List.of(member("w".repeat(63), List.of(at(longest, null, null)), List.of(), null)));
    for (NetworkPart part : program.parts()) {
      if (part.kind() == NetworkPart.Kind.BRIDGE) {
        assertThat(part.name().length()).isLessThan(16);
      }
      part.lines()
          .attach()
          .forEach(l -> assertThat(l.text().split(" ")[2].length()).isLessThan(16));
    }
    assertThat(program.parts()).hasSize(3);
  }

  @Test
  void anotherStateHasOtherBridgesUnderTheSameNames() {
    NetworkSpec network = network("n0", 0, false);
    NetworkTarget one = new NetworkTarget("jstack", "demo", "t", Map.of(), Map.of());
    NetworkTarget other = new NetworkTarget("jstack-1", "demo", "t", Map.of(), Map.of());
    assertThat(one.bridge(network)).isNotEqualTo(other.bridge(network));
  }
}
