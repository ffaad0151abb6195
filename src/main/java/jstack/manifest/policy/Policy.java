package jstack.manifest.policy;

import java.math.BigDecimal;
import java.util.List;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.ByteSize;
import jstack.manifest.CgroupPath;
import jstack.manifest.Egress;
import jstack.manifest.HostPath;
import jstack.manifest.Opening;
import jstack.manifest.Origins;
import jstack.manifest.PortRange;
import org.jspecify.annotations.Nullable;

/**
 * What manifests of others may ask for; null means that nothing was said, and nothing is held.
 *
 * <pre>
 * rootfs: {hosts: [artifacts.example.org], sha256: required}
 * mounts: {writable: [/builds], readable: [/builds, /usr/share/zoneinfo]}
 * limits: {memory: 2g, cpus: 2, pids: 256, services: 10, rootfs: 4g, logs: 100m}
 * cgroup: {parents: [ci.slice]}
 * ports: {addresses: [127.0.0.1], range: 8000-8999}
 * networks: {subnets: [10.200.0.0/16], egress: ["10.0.0.0/8:443/tcp"]}
 * variables: [CI_COMMIT_*, TZ]
 * security: {allow: []}
 * </pre>
 *
 * @param sources which rootfs there may be
 * @param writable the folders below which binds may be written to
 * @param readable the folders below which other binds may lie
 * @param memory the most that a service may have, swap included
 * @param rootfs the most that an archive may become on the disk
 * @param logs the most that is kept of a container's output
 * @param parents the cgroups that containers may be put into, and all below
 * @param subnets in which a network may choose its own; null are the private ones
 * @param egress where containers may connect to, besides the services of their own stack
 * @param variables of the caller, which the manifest may read; a name, or its beginning and a *
 * @param allow the walls that may be open; none unless they are named
 * @param origins where all that was written
 */
public record Policy(
    @Nullable Sources sources,
    boolean sha256Required,
    @Nullable List<HostPath> writable,
    @Nullable List<HostPath> readable,
    @Nullable ByteSize memory,
    @Nullable BigDecimal cpus,
    @Nullable Long pids,
    @Nullable Long services,
    @Nullable ByteSize rootfs,
    @Nullable ByteSize logs,
    @Nullable List<CgroupPath> parents,
    @Nullable Ports ports,
    @Nullable List<IpPrefix> subnets,
    @Nullable List<Egress.Rule> egress,
    @Nullable List<String> variables,
    List<Opening> allow,
    Origins origins) {

  /**
   * As soon as one of them is named, those that are not are refused.
   *
   * @param hosts of URLs, {@code *.example.org} for every name below, with or without a port
   * @param paths folders for archives and directories of this machine
   * @param jails whether {@code rootfs: {host: ...}} may copy files of this machine
   */
  record Sources(List<String> hosts, List<HostPath> paths, boolean jails) {}

  /**
   * Which ports of the machine may lead to a container.
   *
   * @param addresses of the machine, those that stand there alone
   * @param range of its ports
   */
  record Ports(@Nullable List<IpAddress> addresses, @Nullable PortRange range) {}
}
