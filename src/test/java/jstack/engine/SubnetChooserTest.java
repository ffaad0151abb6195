package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.linux.IpPrefix;
import jstack.manifest.NetworkSpec;
import jstack.program.NetworkPart;
import jstack.program.NetworkTarget;
import jstack.state.NetworkRecord;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SubnetChooserTest {
  private static final IpPrefix POOL_FIRST = prefix("10.201.0.0/16");

  @TempDir private Path folder;

  private static IpPrefix prefix(String text) {
    return IpPrefix.parse(text).orElseThrow();
  }

  private static List<IpPrefix> prefixes(String... texts) {
    return java.util.Arrays.stream(texts).map(SubnetChooserTest::prefix).toList();
  }

  private static NetworkSpec network(
      String name, @Nullable String four, boolean ipv6, @Nullable String six) {
    return new NetworkSpec(
        name,
        four == null ? null : prefix(four),
        null,
        ipv6,
        six == null ? null : prefix(six),
        false,
        0,
        java.util.Map.of(),
        new Origin("m.yaml", 4, 3, 4, "networks." + name));
  }

  private static NetworkSpec plain(String name) {
    return network(name, null, false, null);
  }

  /** As it is written when these subnets have been made. */
  private static NetworkRecord record(String network, String subnets) {
    return new NetworkRecord(
        List.of(
            new NetworkRecord.Entry(
                NetworkPart.Kind.BRIDGE,
                "jsb",
                network,
                "f",
                Map.of("networks." + network, subnets))));
  }

  private StateLayout layout() {
    return new StateLayout(folder.resolve("run"), folder.resolve("home"));
  }

  private Map<String, NetworkTarget.Subnets> choose(
      String project, NetworkRecord record, List<IpPrefix> routes, NetworkSpec... networks) {
    Map<String, NetworkSpec> byName = new LinkedHashMap<>();
    for (NetworkSpec network : networks) {
      byName.put(network.name(), network);
    }
    return new SubnetChooser(layout(), project, record, routes).choose(byName);
  }

  private NetworkTarget.Subnets one(
      NetworkRecord record, List<IpPrefix> routes, NetworkSpec network) {
    return java.util.Objects.requireNonNull(
        choose("demo", record, routes, network).get(network.name()));
  }

  @Test
  void theSameNetworkGetsTheSameSubnetOfThePool() {
    NetworkTarget.Subnets first = one(NetworkRecord.EMPTY, List.of(), plain("back"));
    assertThat(one(NetworkRecord.EMPTY, List.of(), plain("back"))).isEqualTo(first);
    assertThat(first.v4().length()).isEqualTo(24);
    assertThat(first.v4().base()).isBetween(POOL_FIRST.base(), prefix("10.254.255.0/24").base());
    assertThat(first.v6()).isNull();
  }

  @Test
  void aSubnetToWhichTheMachineHasAWayIsPassedOver() {
    IpPrefix first = one(NetworkRecord.EMPTY, List.of(), plain("back")).v4();
    List<IpPrefix> routes =
        List.of(IpPrefix.of(first.base(), 20), IpPrefix.of(first.address(9), 32));
    IpPrefix other = one(NetworkRecord.EMPTY, routes, plain("back")).v4();
    assertThat(other.overlaps(routes.get(0))).isFalse();
    assertThat(one(NetworkRecord.EMPTY, routes.subList(1, 2), plain("back")).v4())
        .isNotEqualTo(first);
  }

  @Test
  void aHundredNetworksNeverOverlap() {
    List<NetworkSpec> networks = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      networks.add(network("n" + i, null, true, null));
    }
    List<IpPrefix> all = new ArrayList<>();
    choose("demo", NetworkRecord.EMPTY, List.of(), networks.toArray(new NetworkSpec[0]))
        .values()
        .forEach(
            subnets -> {
              all.add(subnets.v4());
              all.add(java.util.Objects.requireNonNull(subnets.v6()));
            });
    assertThat(all).hasSize(200);
    for (int i = 0; i < all.size(); i++) {
      for (int j = 0; j < i; j++) {
        assertThat(all.get(i).overlaps(all.get(j))).as(all.get(i) + " " + all.get(j)).isFalse();
      }
    }
  }

  @Test
  void aWrittenSubnetIsTakenAndKeptFromTheOthers() {
    IpPrefix usual = one(NetworkRecord.EMPTY, List.of(), plain("back")).v4();
    Map<String, NetworkTarget.Subnets> chosen =
        choose(
            "demo",
            NetworkRecord.EMPTY,
            List.of(),
            plain("back"),
            network("front", usual.toString(), true, "fd00:5::/64"));
    assertThat(chosen.get("front"))
        .isEqualTo(new NetworkTarget.Subnets(usual, prefix("fd00:5::/64")));
    assertThat(java.util.Objects.requireNonNull(chosen.get("back")).v4().overlaps(usual)).isFalse();
  }

  @Test
  void everyWrittenSubnetThatIsTakenIsAnErrorAtItsLine() {
    List<IpPrefix> routes = prefixes("10.5.0.0/16", "fd00:5::9/128");
    assertThatThrownBy(
            () ->
                choose(
                    "demo",
                    NetworkRecord.EMPTY,
                    routes,
                    network("back", "10.5.3.0/24", true, "fd00:5::/64"),
                    network("front", "10.0.0.0/8", false, null)))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e ->
                assertThat(e.diagnostics().stream().map(d -> d.headline()))
                    .containsExactly(
                        "m.yaml:4:3: error: networks.back: 10.5.3.0/24 overlaps 10.5.0.0/16,"
                            + " to which this machine has a way already",
                        "m.yaml:4:3: error: networks.back: fd00:5::/64 overlaps fd00:5::9/128,"
                            + " to which this machine has a way already",
                        "m.yaml:4:3: error: networks.front: 10.0.0.0/8 overlaps 10.5.0.0/16,"
                            + " to which this machine has a way already"));
  }

  /** The kernel lists the address of a bridge beside its network; see /proc/net/ipv6_route. */
  @Test
  void whatIsMadeAlreadyIsNoObstacleToItself() {
    List<IpPrefix> routes =
        prefixes("10.230.7.0/24", "fd00:5::/64", "fd00:5::1/128", "fd00:5::/128");
    NetworkRecord record = record("back", "10.230.7.0/24 fd00:5::/64");
    NetworkTarget.Subnets made =
        new NetworkTarget.Subnets(prefix("10.230.7.0/24"), prefix("fd00:5::/64"));
    assertThat(one(record, routes, network("back", "10.230.7.0/24", true, "fd00:5::/64")))
        .isEqualTo(made);
    assertThat(one(record, routes, network("back", null, true, null))).isEqualTo(made);
  }

  @Test
  void aSubnetThatWasChosenIsLeftWhenSomebodyElseHasItNow() {
    NetworkRecord record = record("back", "10.230.7.0/24");
    List<IpPrefix> routes = prefixes("10.230.0.0/16");
    assertThat(one(record, routes, plain("back")).v4().overlaps(routes.get(0))).isFalse();
  }

  @Test
  void whatAnotherProjectHasIsTakenThoughItsBridgeIsDown() throws IOException {
    IpPrefix usual = one(NetworkRecord.EMPTY, List.of(), plain("back")).v4();
    record("back", usual.toString()).write(layout(), "other");
    assertThat(one(NetworkRecord.EMPTY, List.of(), plain("back")).v4()).isNotEqualTo(usual);
  }

  @Test
  void aBrokenRecordOfAnotherProjectIsNoObstacle() throws IOException {
    Files.createDirectories(layout().project("other"));
    Files.writeString(layout().networkRecord("other"), "CASTLE\ta\tb\tc\n\u00ff");
    Files.writeString(layout().run().resolve("stray"), "");
    assertThat(one(NetworkRecord.EMPTY, List.of(), plain("back")).v4().length()).isEqualTo(24);
  }

  @Test
  void aFullPoolIsAnErrorThatSaysWhatToWrite() {
    assertThatThrownBy(() -> one(NetworkRecord.EMPTY, prefixes("10.128.0.0/9"), plain("back")))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e ->
                assertThat(e.diagnostics().get(0).headline())
                    .isEqualTo("m.yaml:4:3: error: networks.back: no subnet is free"));
  }
}
