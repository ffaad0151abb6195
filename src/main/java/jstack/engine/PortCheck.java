package jstack.engine;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.linux.IpAddress;
import jstack.manifest.Protocol;
import jstack.manifest.PublishedPort;
import jstack.state.NetworkRecord;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/**
 * Whether the ports that a stack wants to publish are free, asked before anything is made: rules
 * would take them away from whoever has them, without a word.
 */
final class PortCheck {
  private final StateLayout layout;
  private final String project;
  private final NetworkRecord record;

  /**
   * @param record of the project; what it publishes already is its own
   */
  PortCheck(StateLayout layout, String project, NetworkRecord record) {
    this.layout = layout;
    this.project = project;
    this.record = record;
  }

  void check(List<PublishedPort> ports) {
    List<Taken> own = published(record);
    List<Diagnostic> problems = new ArrayList<>();
    for (PublishedPort port : ports) {
      Taken wanted = new Taken(port.hostIp(), port.hostPort(), port.protocol().toString());
      if (own.contains(wanted)) {
        continue;
      }
      String owner = stackOf(wanted);
      String why =
          owner.isEmpty() ? whyTaken(port) : "project " + owner + " has published it already";
      if (!why.isEmpty()) {
        problems.add(
            Diagnostic.error(
                    port.origin(),
                    "port-in-use",
                    "port "
                        + port.hostPort()
                        + "/"
                        + port.protocol()
                        + " of the host is in use: "
                        + why)
                .withHint("end what uses it (see ss -lpn), or publish on another port"));
      }
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, problems);
    }
  }

  /** The host's side of a published port. */
  private record Taken(IpAddress ip, int port, String protocol) {
    /** By hand, because the generated one costs a short-lived JVM 15 ms at its first call. */
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Taken that
          && port == that.port
          && ip.equals(that.ip)
          && protocol.equals(that.protocol);
    }

    @Override
    public int hashCode() {
      return port;
    }

    /** From {@link PublishedPort#toString}; empty for any other text. */
    static Optional<Taken> parse(String text) {
      int slash = text.lastIndexOf('/');
      int inside = text.lastIndexOf(':', slash);
      int outside = text.lastIndexOf(':', inside - 1);
      if (slash < 0 || inside < 0 || outside < 0) {
        return Optional.empty();
      }
      String ip = text.substring(0, outside).replace("[", "").replace("]", "");
      try {
        int port = Integer.parseInt(text.substring(outside + 1, inside));
        return IpAddress.parse(ip).map(a -> new Taken(a, port, text.substring(slash + 1)));
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    }

    boolean clashes(Taken other) {
      return port == other.port
          && protocol.equals(other.protocol)
          && ip.isV6() == other.ip.isV6()
          && (ip.equals(other.ip) || ip.isAny() || other.ip.isAny());
    }
  }

  /** Everything that a record publishes. */
  private static List<Taken> published(NetworkRecord record) {
    List<Taken> taken = new ArrayList<>();
    for (NetworkRecord.Entry entry : record.entries()) {
      entry
          .facts()
          .forEach(
              (key, value) -> {
                if (key.endsWith(".ports") && value.length() > 1) {
                  String list = value.substring(1, value.length() - 1);
                  for (String text : list.split(", ", -1)) {
                    Taken.parse(text).ifPresent(taken::add);
                  }
                }
              });
    }
    return taken;
  }

  private String stackOf(Taken wanted) {
    try (DirectoryStream<Path> projects = Files.newDirectoryStream(layout.run())) {
      for (Path other : projects) {
        String name = other.getFileName().toString();
        if (name.equals(project) || name.startsWith(".")) {
          continue;
        }
        for (Taken theirs : published(NetworkRecord.read(layout, name))) {
          if (theirs.clashes(wanted)) {
            return name;
          }
        }
      }
    } catch (IOException e) {
      return "";
    }
    return "";
  }

  private static String whyTaken(PublishedPort port) {
    try {
      InetAddress address = InetAddress.getByName(port.hostIp().toString());
      InetSocketAddress place = new InetSocketAddress(address, port.hostPort());
      boolean v6 = port.hostIp().isV6(); // or 0.0.0.0 would be that of both families
      if (port.protocol() == Protocol.UDP) {
        try (DatagramChannel channel =
            v6 ? DatagramChannel.open() : DatagramChannel.open(StandardProtocolFamily.INET)) {
          channel.bind(place);
        }
      } else {
        try (ServerSocketChannel channel =
            v6
                ? ServerSocketChannel.open()
                : ServerSocketChannel.open(StandardProtocolFamily.INET)) {
          channel.bind(place);
        }
      }
      return "";
    } catch (BindException e) {
      String message = String.valueOf(e.getMessage());
      return message.contains("assign")
          ? port.hostIp() + " is no address of this machine"
          : "another program listens there";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
