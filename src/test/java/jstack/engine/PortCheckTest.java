package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.linux.IpAddress;
import jstack.manifest.Protocol;
import jstack.manifest.PublishedPort;
import jstack.program.NetworkPart;
import jstack.state.NetworkRecord;
import jstack.state.StateLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asks about ports of 127.0.0.1, one of which a server of the test has. */
class PortCheckTest {
  private static final Origin LINE = new Origin("m.yaml", 9, 7, 8, "services.web.ports[0]");

  @TempDir private Path folder;
  private final ServerSocketChannel server;
  private final int busy;

  PortCheckTest() throws IOException {
    server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress("127.0.0.1", 0));
    busy = ((InetSocketAddress) server.getLocalAddress()).getPort();
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private static PublishedPort port(String ip, int number, Protocol protocol) {
    return new PublishedPort(IpAddress.parse(ip).orElseThrow(), number, 80, protocol, LINE);
  }

  /** As it is written when these ports have been published. */
  private static NetworkRecord record(PublishedPort... ports) {
    Map<String, String> facts = Map.of("web.ports", List.of(ports).toString());
    return new NetworkRecord(
        List.of(new NetworkRecord.Entry(NetworkPart.Kind.RULES, "t", "demo", "f", facts)));
  }

  private StateLayout layout() {
    return new StateLayout(folder.resolve("run"), folder.resolve("home"));
  }

  /** What is said of ports; nothing when they are free. */
  private List<String> check(NetworkRecord own, PublishedPort... ports) {
    try {
      new PortCheck(layout(), "demo", own).check(List.of(ports));
      return List.of();
    } catch (DiagnosticException e) {
      return e.diagnostics().stream().map(Diagnostic::headline).toList();
    }
  }

  private String inUse(int port, String protocol, String why) {
    return "m.yaml:9:7: error: services.web.ports[0]: port "
        + port
        + "/"
        + protocol
        + " of the host is in use: "
        + why;
  }

  private int free() throws IOException {
    try (ServerSocketChannel other = ServerSocketChannel.open()) {
      other.bind(new InetSocketAddress("127.0.0.1", 0));
      return ((InetSocketAddress) other.getLocalAddress()).getPort();
    }
  }

  @Test
  void aPortThatNobodyHasIsFree() throws IOException {
    int port = free();
    assertThat(check(NetworkRecord.EMPTY, port("127.0.0.1", port, Protocol.TCP))).isEmpty();
    assertThat(check(NetworkRecord.EMPTY, port("0.0.0.0", port, Protocol.TCP))).isEmpty();
  }

  @Test
  void everyPortOnWhichAProgramListensIsAnErrorAtItsLine() {
    String why = inUse(busy, "tcp", "another program listens there");
    assertThat(
            check(
                NetworkRecord.EMPTY,
                port("127.0.0.1", busy, Protocol.TCP),
                port("0.0.0.0", busy, Protocol.TCP)))
        .containsExactly(why, why);
  }

  @Test
  void aPortOfUdpIsAnotherOneThanThatOfTcp() throws IOException {
    try (DatagramChannel channel = DatagramChannel.open()) {
      channel.bind(new InetSocketAddress("127.0.0.1", 0));
      int udp = ((InetSocketAddress) channel.getLocalAddress()).getPort();
      assertThat(check(NetworkRecord.EMPTY, port("127.0.0.1", udp, Protocol.UDP)))
          .containsExactly(inUse(udp, "udp", "another program listens there"));
    }
    assertThat(check(NetworkRecord.EMPTY, port("127.0.0.1", busy, Protocol.UDP))).isEmpty();
  }

  @Test
  void anAddressOfAnotherMachineIsCalledThat() throws IOException {
    int port = free();
    assertThat(check(NetworkRecord.EMPTY, port("203.0.113.7", port, Protocol.TCP)))
        .containsExactly(inUse(port, "tcp", "203.0.113.7 is no address of this machine"));
  }

  @Test
  void whatTheProjectPublishesAlreadyIsItsOwn() {
    PublishedPort four = port("127.0.0.1", busy, Protocol.TCP);
    assertThat(check(record(four), four)).isEmpty();
    assertThat(check(record(port("127.0.0.1", busy, Protocol.UDP)), four)).hasSize(1);
    assertThat(check(record(port("127.0.0.1", busy + 1, Protocol.TCP)), four)).hasSize(1);
  }

  @Test
  void aPortThatAnotherProjectPublishesIsNamedWithIt() throws IOException {
    int port = free();
    record(port("10.0.0.1", 1, Protocol.TCP), port("0.0.0.0", port, Protocol.TCP))
        .write(layout(), "other");
    String why = inUse(port, "tcp", "project other has published it already");
    assertThat(check(NetworkRecord.EMPTY, port("127.0.0.1", port, Protocol.TCP)))
        .containsExactly(why);
    assertThat(check(NetworkRecord.EMPTY, port("0.0.0.0", port, Protocol.TCP)))
        .containsExactly(why);
    assertThat(check(NetworkRecord.EMPTY, port("127.0.0.1", port, Protocol.UDP))).isEmpty();
  }

  @Test
  void everyAddressOfTheHostIsTakenByOneOfThem() throws IOException {
    int port = free();
    record(port("192.0.2.99", port, Protocol.TCP)).write(layout(), "other");
    assertThat(check(NetworkRecord.EMPTY, port("0.0.0.0", port, Protocol.TCP))).hasSize(1);
    assertThat(check(NetworkRecord.EMPTY, port("127.0.0.1", port, Protocol.TCP))).isEmpty();
  }

  @Test
  void portsOfTheTwoFamiliesAreNotInEachOthersWay() throws IOException {
    int port = free();
    record(port("::", port, Protocol.TCP)).write(layout(), "other");
    assertThat(check(NetworkRecord.EMPTY, port("0.0.0.0", port, Protocol.TCP))).isEmpty();
    assertThat(check(NetworkRecord.EMPTY, port("fd00::7", port, Protocol.TCP)))
        .containsExactly(inUse(port, "tcp", "project other has published it already"));
    record(port("fd00::7", port, Protocol.TCP)).write(layout(), "other");
    assertThat(check(NetworkRecord.EMPTY, port("fd00::7", port, Protocol.TCP)))
        .containsExactly(inUse(port, "tcp", "project other has published it already"));
  }
}
