package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.linux.Routes;
import jstack.manifest.NetworkSpec;
import jstack.program.NetworkTarget;
import jstack.state.NetworkRecord;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/**
 * Free subnets for networks that name none: a /24 of 10.201.0.0 to 10.254.255.0 that nothing on
 * this machine leads to, the same one for the same network as long as it stays free.
 */
final class SubnetChooser {
  private static final long FIRST = 0x0ac9_0000L;
  private static final int COUNT = 54 * 256;

  private final String project;
  private final NetworkRecord record;
  private final List<IpPrefix> taken = new ArrayList<>();

  /**
   * @param record what the project has already, which is no obstacle to itself
   */
  SubnetChooser(StateLayout layout, String project, NetworkRecord record) {
    this(layout, project, record, routes());
  }

  /**
   * @param routes of the machine; those into the project's own subnets lead to its bridges, whose
   *     addresses are routes of their own with IPv6
   */
  SubnetChooser(StateLayout layout, String project, NetworkRecord record, List<IpPrefix> routes) {
    this.project = project;
    this.record = record;
    taken.addAll(routes);
    for (IpPrefix own : record.subnets().values()) {
      taken.removeIf(route -> route.length() >= own.length() && own.contains(route.base()));
    }
    try (DirectoryStream<Path> projects = Files.newDirectoryStream(layout.run())) {
      for (Path other : projects) {
        String name = other.getFileName().toString();
        if (!name.equals(project) && !name.startsWith(".")) {
          taken.addAll(NetworkRecord.read(layout, name).subnets().values());
        }
      }
    } catch (IOException e) {
      return; // the first project here
    }
  }

  private static List<IpPrefix> routes() {
    List<IpPrefix> routes = new ArrayList<>(Routes.v4(lines("/proc/net/route")));
    routes.addAll(Routes.v6(lines("/proc/net/ipv6_route")));
    return routes;
  }

  private static List<String> lines(String file) {
    try {
      return Files.readAllLines(Path.of(file), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return List.of(); // a kernel without that family
    }
  }

  /** Whether everything leads past the subnets that the project has. */
  boolean areOwnFree() {
    return record.subnets().values().stream().allMatch(this::isFree);
  }

  /**
   * @throws DiagnosticException when a written subnet is not free, or none is left
   */
  Map<String, NetworkTarget.Subnets> choose(Map<String, NetworkSpec> networks) {
    List<Diagnostic> problems = new ArrayList<>();
    for (NetworkSpec network : networks.values()) {
      written(network, network.subnet(), problems);
      written(network, network.subnet6(), problems);
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, problems);
    }
    for (NetworkSpec network : networks.values()) {
      reserve(network.subnet());
      reserve(network.subnet6());
    }
    Map<String, NetworkTarget.Subnets> chosen = new LinkedHashMap<>();
    for (NetworkSpec network : networks.values()) {
      IpPrefix v4 = network.subnet() != null ? network.subnet() : free(network, false);
      IpPrefix v6 = null;
      if (network.ipv6()) {
        v6 = network.subnet6() != null ? network.subnet6() : free(network, true);
      }
      chosen.put(network.name(), new NetworkTarget.Subnets(v4, v6));
    }
    return chosen;
  }

  private void reserve(@Nullable IpPrefix subnet) {
    if (subnet != null) {
      taken.add(subnet);
    }
  }

  private void written(NetworkSpec network, @Nullable IpPrefix subnet, List<Diagnostic> problems) {
    if (subnet == null) {
      return;
    }
    for (IpPrefix other : taken) {
      if (subnet.overlaps(other)) {
        problems.add(
            Diagnostic.error(
                    network.origin(),
                    "subnet-taken",
                    subnet + " overlaps " + other + ", to which this machine has a way already")
                .withHint("see ip route; take another subnet, or none: jstack finds a free one"));
        return;
      }
    }
  }

  private IpPrefix free(NetworkSpec network, boolean v6) {
    IpPrefix had = record.subnets().get(network.name() + (v6 ? " v6" : ""));
    if (had != null && isFree(had)) {
      taken.add(had);
      return had;
    }
    CRC32 crc = new CRC32();
    crc.update((project + "/" + network.name()).getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < COUNT; i++) {
      long number = (crc.getValue() + i) % COUNT;
      IpPrefix candidate =
          v6
              ? new IpPrefix(new IpAddress(true, 0xfd6a_7374_6163_0000L + number, 0), 64)
              : new IpPrefix(IpAddress.v4(FIRST + number * 256), 24);
      if (isFree(candidate)) {
        taken.add(candidate);
        return candidate;
      }
    }
    throw new DiagnosticException(
        Failure.OPERATION,
        Diagnostic.error(network.origin(), "no-subnet", "no subnet is free")
            .withHint("write one: networks: {" + network.name() + ": {subnet: ...}}"));
  }

  private boolean isFree(IpPrefix candidate) {
    for (IpPrefix other : taken) {
      if (candidate.overlaps(other)) {
        return false;
      }
    }
    return true;
  }
}
