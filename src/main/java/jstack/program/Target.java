package jstack.program;

import jstack.linux.CgroupLayout;
import jstack.manifest.HostPath;
import jstack.manifest.StackLimits;

/**
 * Where on this machine a service becomes a container.
 *
 * @param name of the container, unique in its project
 * @param rootfs the unpacked tree, never written to
 * @param upper what the container writes, kept; {@code work} belongs to the overlay
 * @param root an empty directory on which the container mounts its root, in its own namespace
 * @param cgroup the directory of all our cgroups in each hierarchy
 * @param stack limits of all containers of the project together
 */
public record Target(
    String project,
    String name,
    HostPath runDirectory,
    HostPath controlSocket,
    HostPath rootfs,
    HostPath upper,
    HostPath work,
    HostPath root,
    CgroupLayout cgroups,
    String cgroup,
    StackLimits stack,
    HostView host,
    Surroundings around) {}
