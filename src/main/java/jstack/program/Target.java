package jstack.program;

import java.util.function.Predicate;
import jstack.linux.CgroupLayout;
import jstack.manifest.HostPath;

/**
 * Where on this machine a service becomes a container.
 *
 * @param name of the container, unique in its project
 * @param rootfs the unpacked tree, never written to
 * @param upper what the container writes, kept; {@code work} belongs to the overlay
 * @param root an empty directory on which the container mounts its root, in its own namespace
 * @param cgroup the directory of all our cgroups in each hierarchy
 * @param isDirectory tells whether a bind's source is a directory: the one fact about the host that
 *     a compiler cannot know
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
    Predicate<HostPath> isDirectory,
    Surroundings around) {}
