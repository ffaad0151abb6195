package jstack.manifest.fields;

import java.util.List;

/**
 * The keys that are valid at each place of a manifest or a policy; a test holds them against the
 * schema.
 */
public final class Keys {
  private Keys() {}

  /** A kind of mapping with fixed keys. */
  public enum Place {
    TOP(
        List.of(
            "name",
            "services",
            "jobs",
            "networks",
            "namespaces",
            "cgroup",
            "version",
            "include",
            "defaults",
            "volumes",
            "secrets",
            "configs")),
    SERVICE(
        List.of(
            "rootfs",
            "command",
            "entrypoint",
            "working_dir",
            "environment",
            "env_file",
            "user",
            "group_add",
            "umask",
            "privileged",
            "hostname",
            "domainname",
            "namespaces",
            "pid",
            "ipc",
            "uts",
            "userns_mode",
            "network_mode",
            "networks",
            "ports",
            "expose",
            "egress",
            "extra_hosts",
            "dns",
            "dns_search",
            "dns_opt",
            "mac_address",
            "mounts",
            "volumes",
            "tmpfs",
            "shm_size",
            "read_only",
            "tty",
            "stdin_open",
            "security_opt",
            "cgroup",
            "mem_limit",
            "mem_swappiness",
            "memswap_limit",
            "cpus",
            "pids_limit",
            "mem_reservation",
            "cpu_shares",
            "cpu_quota",
            "cpu_period",
            "cpuset",
            "blkio_config",
            "cgroup_parent",
            "deploy",
            "cap_add",
            "cap_drop",
            "security",
            "depends_on",
            "stop_signal",
            "stop_grace_period",
            "logging",
            "expect",
            "triggers",
            "profiles",
            "scale",
            "restart",
            "timeout",
            "healthcheck",
            "pre_start",
            "post_start",
            "pre_stop",
            "extends",
            "secrets",
            "configs",
            "labels",
            "annotations")),
    ROOTFS(
        List.of(
            "url", "path", "host", "sha256", "strip_components", "limits", "mode", "pull_policy")),
    ROOTFS_LIMITS(List.of("entries", "size", "file", "ratio")),
    ROOTFS_HOST(List.of("binaries", "files", "directories")),
    MOUNT(
        List.of(
            "type",
            "source",
            "target",
            "read_only",
            "recursive",
            "propagation",
            "create_host_path",
            "watch",
            "size",
            "mode")),
    NAMESPACE_PATH(List.of("path")),
    NAMESPACE_USER(List.of("uid_map", "gid_map", "path")),
    NAMESPACE_TIME(List.of("monotonic", "boottime", "path")),
    NAMED_NAMESPACE(List.of("type", "uid_map", "gid_map", "monotonic", "boottime")),
    NETWORK(
        List.of(
            "subnet",
            "gateway",
            "ipv6",
            "enable_ipv6",
            "subnet6",
            "internal",
            "mtu",
            "driver",
            "ipam",
            "labels")),
    VOLUME(List.of("driver", "external", "name", "labels")),
    SECRET(List.of("file", "environment", "labels")),
    CONFIG(List.of("file", "content", "environment", "labels")),
    FILE_REFERENCE(List.of("source", "target", "uid", "gid", "mode")),
    IPAM(List.of("config")),
    IPAM_CONFIG(List.of("subnet", "gateway")),
    ATTACHMENT(List.of("aliases", "ipv4_address", "ipv6_address", "mac_address")),
    PORT(List.of("target", "published", "host_ip", "protocol")),
    EGRESS(List.of("default", "allow", "deny")),
    ENV_FILE(List.of("path", "required")),
    CGROUP(List.of("memory", "cpu", "cpuset", "pids", "io", "unified", "parent", "delegate")),
    MEMORY(List.of("max", "high", "low", "min", "swap_max", "swappiness", "oom_group")),
    CPU(List.of("max", "burst", "weight", "idle")),
    CPUSET(List.of("cpus", "mems")),
    PIDS(List.of("max")),
    IO(List.of("weight", "max")),
    IO_MAX(List.of("device", "rbps", "wbps", "riops", "wiops")),
    BLKIO(
        List.of(
            "weight",
            "device_read_bps",
            "device_write_bps",
            "device_read_iops",
            "device_write_iops")),
    BLKIO_RATE(List.of("path", "rate")),
    DEPLOY(List.of("resources", "replicas", "restart_policy")),
    RESTART_POLICY(List.of("condition", "delay", "max_attempts", "window")),
    DEPLOY_RESOURCES(List.of("limits", "reservations")),
    DEPLOY_RESERVATIONS(List.of("memory")),
    DEPLOY_LIMITS(List.of("memory", "cpus", "pids")),
    DEPENDENCY(List.of("condition", "restart", "required")),
    INCLUDE(List.of("path", "project_directory", "env_file")),
    EXTENDS(List.of("file", "service")),
    TRIGGERS(List.of("manual")),
    EXPECT(List.of("exit_code", "memory_peak", "cpu_time", "wall")),
    SECURITY(List.of("allow")),
    HEALTHCHECK(
        List.of(
            "test",
            "interval",
            "timeout",
            "retries",
            "start_period",
            "start_interval",
            "disable",
            "on_failure")),
    HOOK(List.of("command", "user", "working_dir", "environment")),
    LOGGING(List.of("driver", "options", "max-size", "max-file")),
    LOGGING_OPTIONS(List.of("max-size", "max-file")),
    POLICY(
        List.of(
            "rootfs", "mounts", "limits", "cgroup", "ports", "networks", "variables", "security")),
    POLICY_ROOTFS(List.of("hosts", "paths", "host", "sha256")),
    POLICY_MOUNTS(List.of("writable", "readable")),
    POLICY_LIMITS(List.of("memory", "cpus", "pids", "services", "rootfs", "logs")),
    POLICY_CGROUP(List.of("parents")),
    POLICY_NETWORKS(List.of("subnets", "egress")),
    POLICY_PORTS(List.of("addresses", "range"));

    @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable, but has no type that says so
    private final List<String> known;

    Place(List<String> known) {
      this.known = known;
    }

    public List<String> known() {
      return known;
    }

    /** Whether keys that begin with x- are the user's own here. */
    public boolean isExtensible() {
      return this == TOP || this == SERVICE || this == POLICY;
    }
  }
}
