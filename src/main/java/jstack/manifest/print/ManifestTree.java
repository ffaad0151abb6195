package jstack.manifest.print;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jstack.diag.SourceTexts;
import jstack.linux.Capability;
import jstack.linux.Namespace;
import jstack.manifest.Dependency;
import jstack.manifest.Durations;
import jstack.manifest.Expect;
import jstack.manifest.Logging;
import jstack.manifest.Manifest;
import jstack.manifest.Mount;
import jstack.manifest.NamespaceSource;
import jstack.manifest.Role;
import jstack.manifest.RootfsLimits;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Seccomp;
import jstack.manifest.Security;
import jstack.manifest.Service;
import jstack.manifest.Sha256;
import jstack.manifest.yaml.Interpolation;
import org.jspecify.annotations.Nullable;

/** A manifest as maps, lists, strings and numbers, in the order of the documentation. */
final class ManifestTree {
  private static final String MASK = "***";

  private final ManifestPrinter.Secrets secrets;

  private ManifestTree(ManifestPrinter.Secrets secrets) {
    this.secrets = secrets;
  }

  static Map<String, Object> of(Manifest manifest, ManifestPrinter.Secrets secrets) {
    ManifestTree tree = new ManifestTree(secrets);
    Map<String, Object> services = new LinkedHashMap<>();
    Map<String, Object> jobs = new LinkedHashMap<>();
    for (Service service : manifest.services().values()) {
      (service.role().isJob() ? jobs : services).put(service.name(), tree.service(service));
    }
    Map<String, Object> top = new LinkedHashMap<>();
    top.put("name", manifest.name());
    putUnlessEmpty(top, "cgroup", CgroupTree.of(manifest.stack().limits()));
    putUnlessEmpty(top, "services", services);
    putUnlessEmpty(top, "jobs", jobs);
    NetworkTree.top(top, manifest);
    StorageTree.top(top, manifest.storage());
    return top;
  }

  private Map<String, Object> service(Service service) {
    Map<String, Object> map = new LinkedHashMap<>();
    boolean hasTree = !(service.rootfs() instanceof RootfsSpec.Shared);
    if (hasTree) {
      map.put("rootfs", rootfs(service.rootfs()));
    }
    putUnlessEmpty(map, "entrypoint", texts(service.entrypoint()));
    putUnlessEmpty(map, "command", texts(service.command()));
    map.put("working_dir", text(service.workingDir()));
    map.put("environment", environment(service));
    map.put("user", text(service.user()));
    map.put("group_add", texts(service.groupAdd()));
    map.put("umask", octal(service.umask()));
    boolean named = !(service.namespaces().of(Namespace.UTS) instanceof NamespaceSource.Host);
    if (named) {
      map.put("hostname", text(service.hostname()));
    }
    if (service.domainname() != null) {
      map.put("domainname", text(service.domainname()));
    }
    map.put("namespaces", NetworkTree.namespaces(service.namespaces()));
    NetworkTree.service(map, service);
    List<Object> mounts = new ArrayList<>();
    for (Mount mount : service.mounts()) {
      if (!(mount instanceof Mount.File)) {
        mounts.add(mount(mount));
      }
    }
    if (hasTree) {
      map.put("mounts", mounts);
      StorageTree.service(map, service);
      map.put("shm_size", text(service.shmSize()));
      map.put("read_only", service.readOnly());
    }
    security(map, service.security());
    map.put("tty", service.tty());
    map.put("stdin_open", service.stdinOpen());
    map.put("security_opt", securityOptions(service));
    map.put("cgroup", CgroupTree.of(service.cgroup()));
    Integer shares = service.cgroup().cpu().shares();
    if (shares != null) {
      map.put("cpu_shares", shares);
    }
    map.put("depends_on", dependencies(service.dependsOn()));
    map.put("stop_signal", text(service.stopSignal()));
    map.put("stop_grace_period", Durations.toString(service.stopGracePeriod()));
    map.put("logging", logging(service.logging()));
    putUnlessEmpty(map, "expect", expect(service.expect()));
    LifecycleTree.put(map, service.lifecycle(), secrets == ManifestPrinter.Secrets.MASKED);
    role(map, service.role());
    putUnlessEmpty(map, "labels", labels(service.labels().labels()));
    putUnlessEmpty(map, "annotations", labels(service.labels().annotations()));
    return map;
  }

  /** Names alone where no condition says more. */
  private static Object dependencies(List<Dependency> all) {
    if (all.stream().allMatch(Dependency::isPlain)) {
      return texts(all.stream().map(Dependency::service).toList());
    }
    Map<String, Object> map = new LinkedHashMap<>();
    for (Dependency dependency : all) {
      Map<String, Object> keys = new LinkedHashMap<>();
      keys.put("condition", text(dependency.condition()));
      keys.put("restart", dependency.restart());
      keys.put("required", dependency.required());
      map.put(dependency.service(), keys); // a key, where no variable is looked for
    }
    return map;
  }

  private static List<String> securityOptions(Service service) {
    Seccomp seccomp = service.seccomp();
    String value =
        seccomp instanceof Seccomp.OfFile profile
            ? text(profile.file())
            : seccomp instanceof Seccomp.Default ? Seccomp.Default.WORD : Seccomp.Unconfined.WORD;
    boolean gains = service.security().newPrivileges();
    return List.of("no-new-privileges:" + !gains, "seccomp=" + value);
  }

  private static void role(Map<String, Object> map, Role role) {
    putUnlessEmpty(map, "profiles", texts(role.profiles()));
    if (role.scale() != 1) {
      map.put("scale", role.scale());
    }
  }

  private static Map<String, Object> expect(Expect expect) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (expect.exitCode() != null) {
      map.put("exit_code", expect.exitCode());
    }
    if (expect.memoryPeak() != null) {
      map.put("memory_peak", text(expect.memoryPeak()));
    }
    if (expect.cpuTime() != null) {
      map.put("cpu_time", Durations.toString(expect.cpuTime()));
    }
    if (expect.wall() != null) {
      map.put("wall", Durations.toString(expect.wall()));
    }
    return map;
  }

  /** Only what is not as it is for everybody. */
  private static void security(Map<String, Object> map, Security security) {
    List<Object> added = new ArrayList<>();
    List<Object> dropped = new ArrayList<>();
    for (Capability capability : Capability.values()) {
      boolean usual = security.privileged() || Capability.DEFAULTS.contains(capability);
      boolean has = security.capabilities().contains(capability);
      if (usual != has) {
        (has ? added : dropped).add(capability.name());
      }
    }
    if (security.privileged()) {
      map.put("privileged", true);
    }
    putUnlessEmpty(map, "cap_add", added);
    putUnlessEmpty(map, "cap_drop", dropped);
    if (!security.allow().isEmpty()) {
      map.put("security", Map.of("allow", texts(security.allow())));
    }
  }

  private static Map<String, Object> logging(Logging logging) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("driver", "file");
    map.put("max-size", text(logging.maxSize()));
    map.put("max-file", logging.maxFile());
    return map;
  }

  private Map<String, Object> environment(Service service) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (Map.Entry<String, String> variable : service.environment().entrySet()) {
      boolean masked =
          secrets == ManifestPrinter.Secrets.MASKED && SourceTexts.isSecretName(variable.getKey());
      map.put(variable.getKey(), masked ? MASK : text(variable.getValue()));
    }
    return map;
  }

  private Map<String, Object> rootfs(RootfsSpec rootfs) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (rootfs instanceof RootfsSpec.Url url) {
      map.put("url", text(secrets == ManifestPrinter.Secrets.MASKED ? masked(url) : url.url()));
      archive(map, url.sha256(), url.stripComponents(), url.limits());
      map.put("pull_policy", lower(url.pullPolicy()));
    } else if (rootfs instanceof RootfsSpec.Local local) {
      map.put("path", text(local.path()));
      archive(map, local.sha256(), local.stripComponents(), local.limits());
    } else if (rootfs instanceof RootfsSpec.Host host) {
      Map<String, Object> jail = new LinkedHashMap<>();
      jail.put("binaries", texts(host.binaries()));
      jail.put("files", texts(host.files()));
      jail.put("directories", texts(host.directories()));
      map.put("host", jail);
    }
    map.put("mode", lower(rootfs.mode()));
    return map;
  }

  private static String masked(RootfsSpec.Url url) {
    String user = url.url().getRawUserInfo();
    String text = url.url().toString();
    return user == null ? text : text.replace(user + "@", MASK + "@");
  }

  private static void archive(
      Map<String, Object> map, @Nullable Sha256 sha256, int strip, RootfsLimits limits) {
    if (sha256 != null) {
      map.put("sha256", sha256.hex());
    }
    if (strip > 0) {
      map.put("strip_components", strip);
    }
    if (!limits.equals(RootfsLimits.DEFAULT)) {
      Map<String, Object> shown = new LinkedHashMap<>();
      shown.put("entries", limits.entries());
      shown.put("size", limits.size().bytes());
      shown.put("file", limits.file().bytes());
      shown.put("ratio", limits.ratio());
      map.put("limits", shown);
    }
  }

  private static Map<String, Object> mount(Mount mount) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (mount instanceof Mount.Bind bind) {
      map.put("type", "bind");
      map.put("source", text(bind.source()));
      map.put("target", text(bind.target()));
      map.put("read_only", bind.readOnly());
      map.put("recursive", bind.recursive());
      map.put("propagation", lower(bind.propagation()));
      map.put("create_host_path", bind.createHostPath());
      if (bind.watched()) {
        map.put("watch", "content");
      }
    } else if (mount instanceof Mount.Volume volume) {
      map.put("type", "volume");
      map.put("source", text(volume.volume()));
      map.put("target", text(volume.target()));
      map.put("read_only", volume.readOnly());
    } else if (mount instanceof Mount.Tmpfs tmpfs) {
      map.put("type", "tmpfs");
      map.put("target", text(tmpfs.target()));
      map.put("read_only", tmpfs.readOnly());
      if (tmpfs.size() != null) {
        map.put("size", text(tmpfs.size()));
      }
      map.put("mode", octal(tmpfs.mode()));
    }
    return map;
  }

  static Map<String, Object> labels(Map<String, String> labels) {
    Map<String, Object> map = new LinkedHashMap<>();
    labels.forEach((name, value) -> map.put(name, text(value)));
    return map;
  }

  static void putUnlessEmpty(Map<String, Object> map, String key, Object value) {
    boolean empty =
        value instanceof List<?> list
            ? list.isEmpty()
            : value instanceof Map<?, ?> inner && inner.isEmpty();
    if (!empty) {
      map.put(key, value);
    }
  }

  static String octal(int mode) {
    String digits = Integer.toOctalString(mode);
    return "0".repeat(Math.max(0, 4 - digits.length())) + digits;
  }

  private static String lower(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT);
  }

  /** A dollar sign is doubled, or reading it back would look for a variable. */
  static String text(Object value) {
    return Interpolation.escape(value.toString());
  }

  static List<String> texts(List<?> values) {
    List<String> texts = new ArrayList<>();
    for (Object value : values) {
      texts.add(text(value));
    }
    return texts;
  }
}
