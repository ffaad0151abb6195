package jstack.engine;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.manifest.Protocol;
import jstack.manifest.PublishedPort;
import jstack.state.NetworkRecord;
import jstack.state.StateLayout;

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
    String own = published(record);
    List<Diagnostic> problems = new ArrayList<>();
    for (PublishedPort port : ports) {
      String host = host(port.toString());
      if (isPublished(own, host, port.protocol())) {
        continue;
      }
      String owner = stackOf(port, host);
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

  /** Everything that a record publishes, as {@link PublishedPort#toString} says it. */
  private static String published(NetworkRecord record) {
    StringBuilder out = new StringBuilder();
    for (NetworkRecord.Entry entry : record.entries()) {
      entry
          .facts()
          .forEach(
              (key, value) -> {
                if (key.endsWith(".ports")) {
                  out.append(' ').append(value.replaceAll("[\\[\\],]", " "));
                }
              });
    }
    return out.append(' ').toString();
  }

  private static boolean isPublished(String all, String host, Protocol protocol) {
    for (String each : all.split(" ", -1)) {
      if ((" " + each).startsWith(host) && each.endsWith("/" + protocol)) {
        return true;
      }
    }
    return false;
  }

  /** The host's side of a published port. */
  private static String host(String port) {
    return " " + port.substring(0, port.lastIndexOf(':') + 1).replace("[", "").replace("]", "");
  }

  private String stackOf(PublishedPort port, String host) {
    String everywhere = " 0.0.0.0:" + port.hostPort() + ":";
    String number = ":" + port.hostPort() + ":";
    try (DirectoryStream<Path> projects = Files.newDirectoryStream(layout.run())) {
      for (Path other : projects) {
        String name = other.getFileName().toString();
        if (name.equals(project) || name.startsWith(".")) {
          continue;
        }
        for (String theirs : published(NetworkRecord.read(layout, name)).split(" ", -1)) {
          boolean protocol = theirs.endsWith("/" + port.protocol());
          boolean same =
              (" " + theirs).startsWith(host)
                  || (" " + theirs).startsWith(everywhere)
                  || (port.hostIp().isAny() && theirs.contains(number));
          if (protocol && same) {
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
      if (port.protocol() == Protocol.UDP) {
        try (DatagramChannel channel = DatagramChannel.open()) {
          channel.bind(place);
        }
      } else {
        try (ServerSocketChannel channel = ServerSocketChannel.open()) {
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
