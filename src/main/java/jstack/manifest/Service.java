package jstack.manifest;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.linux.Signal;
import org.jspecify.annotations.Nullable;

/**
 * One container to run, with every default filled in.
 *
 * <pre>
 * services:
 *   web:
 *     rootfs: {url: "https://example.org/rootfs.tar.gz"}
 *     command: [/bin/httpd, -f, -p, "80"]
 * </pre>
 *
 * @param user {@code uid[:gid]} or {@code name[:group]} of the container's own /etc/passwd
 * @param environment what the manifest and its env files say; nothing of the caller's
 * @param expect what its runs are held against; no part of what runs
 * @param origins where the keys were written, by full key path
 * @param role when it runs and how often; no part of what runs
 * @param labels words of the user's own
 */
public record Service(
    String name,
    RootfsSpec rootfs,
    List<String> entrypoint,
    List<String> command,
    ContainerPath workingDir,
    Map<String, String> environment,
    String user,
    List<String> groupAdd,
    int umask,
    String hostname,
    @Nullable String domainname,
    Namespaces namespaces,
    Networking networking,
    List<Mount> mounts,
    ByteSize shmSize,
    boolean readOnly,
    boolean tty,
    boolean stdinOpen,
    Seccomp seccomp,
    Resources cgroup,
    List<Dependency> dependsOn,
    Signal stopSignal,
    Duration stopGracePeriod,
    Logging logging,
    Expect expect,
    Security security,
    Lifecycle lifecycle,
    Origins origins,
    Role role,
    Labels labels) {

  public Service {
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
    environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
    groupAdd = List.copyOf(groupAdd);
    mounts = List.copyOf(mounts);
    dependsOn = List.copyOf(dependsOn);
  }

  /** The same with other limits. */
  public Service withCgroup(Resources other) {
    return with(other, security, role);
  }

  public Service withSecurity(Security other) {
    return with(cgroup, other, role);
  }

  public Service withRole(Role other) {
    return with(cgroup, security, other);
  }

  private Service with(Resources limits, Security walls, Role when) {
    return new Service(
        name,
        rootfs,
        entrypoint,
        command,
        workingDir,
        environment,
        user,
        groupAdd,
        umask,
        hostname,
        domainname,
        namespaces,
        networking,
        mounts,
        shmSize,
        readOnly,
        tty,
        stdinOpen,
        seccomp,
        limits,
        dependsOn,
        stopSignal,
        stopGracePeriod,
        logging,
        expect,
        walls,
        lifecycle,
        origins,
        when,
        labels);
  }

  /** Where a key of this service was written; {@code ""} is the service itself. */
  public Origin at(String key) {
    if (key.isEmpty() || key.charAt(0) == '[') {
      return origins.at(path() + key);
    }
    return origins.at((role.isJob() ? "jobs." : "services.") + name + "." + key);
  }

  /** Its key path: {@code services.web} or {@code jobs.test}. */
  public String path() {
    return (role.isJob() ? "jobs." : "services.") + name;
  }
}
