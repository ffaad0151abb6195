package jstack.manifest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a service is connected. All of it belongs to the network namespace, so only a service with
 * one of its own has any of it.
 *
 * @param attachments in the order of the interfaces eth0, eth1 ...; none is loopback only
 */
public record Networking(
    List<Attachment> attachments,
    List<PublishedPort> ports,
    @Nullable Egress egress,
    List<ExtraHost> extraHosts,
    Dns dns) {
  /** Loopback only. */
  public static final Networking NONE =
      new Networking(List.of(), List.of(), null, List.of(), Dns.OF_THE_HOST);

  public Networking {
    attachments = List.copyOf(attachments);
    ports = List.copyOf(ports);
    extraHosts = List.copyOf(extraHosts);
  }
}
