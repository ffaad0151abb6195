package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.linux.Namespace;
import jstack.manifest.Manifest;
import jstack.manifest.NamedNamespace;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Networking;
import jstack.manifest.Service;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.ManifestLoader;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Manifests and all that their networks put on a machine; -Djstack.golden.write=true rewrites the
 * expected texts.
 */
class NetworkGoldenTest {
  private static final Path CASES = Path.of("src/test/resources/golden/network");

  @ParameterizedTest
  @ValueSource(strings = {"one-bridge", "two-networks", "egress"})
  void networksReadAsTheirGoldenText(String name) throws IOException {
    Path file = CASES.resolve(name).resolve("network.txt");
    String text = print(compile(CASES.resolve(name)));
    if (Boolean.getBoolean("jstack.golden.write")) {
      Files.writeString(file, text);
    }
    assertThat(text).isEqualTo(Files.readString(file));
  }

  private static NetworkProgram compile(Path folder) {
    LoadRequest request =
        new LoadRequest(Path.of("manifest.yaml"), folder, null, List.of(), Map.of())
            .withPurpose(LoadRequest.Purpose.STOP);
    Manifest manifest = ManifestLoader.load(request).manifest();
    List<NetworkTarget.Member> members = new ArrayList<>();
    for (NamedNamespace named : manifest.namespaces().values()) {
      assertThat(named.type()).isEqualTo(Namespace.NETWORK);
      members.add(member(named.name(), "", named.name(), Networking.NONE));
    }
    for (Service service : manifest.services().values()) {
      if (!service.networking().attachments().isEmpty()) {
        String container = service.name() + "-1";
        members.add(member(container, service.name(), service.hostname(), service.networking()));
      }
    }
    Map<String, NetworkTarget.Subnets> subnets = new LinkedHashMap<>();
    for (NetworkSpec network : manifest.networks().values()) {
      subnets.put(network.name(), subnets(network, subnets.size()));
    }
    NetworkTarget target =
        new NetworkTarget("jstack", "demo", "jstack-demo", subnets, Map.<String, IpAddress>of());
    return NetworkCompiler.compile(target, manifest.networks(), members);
  }

  private static NetworkTarget.Member member(
      String container, String service, String hostname, Networking networking) {
    return new NetworkTarget.Member(
        container, service, hostname, "jstack-demo." + container, networking);
  }

  private static NetworkTarget.Subnets subnets(NetworkSpec network, int number) {
    IpPrefix v4 = network.subnet();
    IpPrefix v6 = network.subnet6();
    if (v4 == null) {
      v4 = IpPrefix.parse("10.201." + number + ".0/24").orElseThrow();
    }
    if (v6 == null && network.ipv6()) {
      v6 = IpPrefix.parse("fd6a:7374:6163:" + number + "::/64").orElseThrow();
    }
    return new NetworkTarget.Subnets(v4, v6);
  }

  private static String print(NetworkProgram program) {
    StringBuilder out = new StringBuilder();
    for (NetworkPart part : program.parts()) {
      out.append(part.kind()).append(' ').append(part.name());
      out.append(" (").append(part.label()).append(")\n");
      part.facts()
          .forEach((key, fact) -> line(out, "fact", key + " = " + fact.value(), fact.origin()));
      lines(out, "host", part.lines().host());
      lines(out, "attach", part.lines().attach());
      lines(out, "inside", part.lines().inside());
      lines(out, "rules", part.lines().rules());
      lines(out, "settings", part.lines().settings());
    }
    program
        .hosts()
        .forEach(
            (name, text) -> out.append("/etc/hosts of ").append(name).append('\n').append(text));
    return out.toString();
  }

  private static void lines(StringBuilder out, String kind, List<NetworkPart.Line> lines) {
    lines.forEach(line -> line(out, kind, line.text(), line.origin()));
  }

  private static void line(StringBuilder out, String kind, String text, Origin origin) {
    String place = origin.isKnown() ? origin.line() + ":" + origin.column() : "";
    out.append(String.format("  %-8s %5s  %s%n", kind, place, text));
  }
}
