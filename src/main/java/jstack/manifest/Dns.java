package jstack.manifest;

import java.util.List;
import jstack.linux.IpAddress;

/** Lines of resolv.conf(5); empty lists leave them as the host has them. */
public record Dns(List<IpAddress> servers, List<String> search, List<String> options) {
  public static final Dns OF_THE_HOST = new Dns(List.of(), List.of(), List.of());

  public Dns {
    servers = List.copyOf(servers);
    search = List.copyOf(search);
    options = List.copyOf(options);
  }
}
