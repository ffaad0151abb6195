package jstack.manifest;

import jstack.diag.Origin;
import jstack.linux.IpAddress;

/** A port of the host that leads to one of the container; ranges are written out one by one. */
public record PublishedPort(
    IpAddress hostIp, int hostPort, int containerPort, Protocol protocol, Origin origin) {
  /** As in the short form. */
  @Override
  public String toString() {
    String ip = hostIp.isV6() ? "[" + hostIp + "]" : hostIp.toString();
    return ip + ":" + hostPort + ":" + containerPort + "/" + protocol;
  }
}
