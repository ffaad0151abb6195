package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RoutesTest {
  private static List<String> texts(List<IpPrefix> prefixes) {
    return prefixes.stream().map(IpPrefix::toString).toList();
  }

  @Test
  void theNetworksOfIpv4AreReadWithoutHeadingAndDefaultRoute() {
    String file =
        """
        Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
        eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
        eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
        jsb0	000010AC	00000000	0001	0	0	0	0000F0FF	0	0	0
        tun0	0108000A	00000000	0005	0	0	0	FFFFFFFF	0	0	0
        """;
    assertThat(texts(Routes.v4(file.lines().toList())))
        .containsExactly("192.0.2.0/24", "172.16.0.0/12", "10.0.8.1/32");
  }

  @Test
  void theNetworksOfIpv6AreReadWithoutDefaultRoutes() {
    String zeros = "0".repeat(32);
    String rest = " " + zeros + " 00 " + zeros + " 00000100 00000001 00000000 00000001 eth0\n";
    String file =
        "fd000005000000000000000000000000 40"
            + rest
            + (zeros + " 00" + rest)
            + ("fd000005000000000000000000000001 80" + rest)
            + ("ff000000000000000000000000000000 08" + rest);
    assertThat(texts(Routes.v6(file.lines().toList())))
        .containsExactly("fd00:5::/64", "fd00:5::1/128", "ff00::/8");
  }

  @Test
  void linesThatAreCutOffAreNoNetworks() {
    assertThat(Routes.v4(List.of("", "eth0", "eth0\t000200C0\t00000000\t0001"))).isEmpty();
    assertThat(Routes.v6(List.of("", "fd00", "fd000005000000000000000000000000"))).isEmpty();
  }
}
