package jstack.program;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.linux.CgroupLayout;
import jstack.linux.Namespace;
import jstack.linux.Signal;
import jstack.manifest.ByteSize;
import jstack.manifest.ContainerPath;
import jstack.manifest.CpuLimits;
import jstack.manifest.CpuMax;
import jstack.manifest.Expect;
import jstack.manifest.FileObject;
import jstack.manifest.HostPath;
import jstack.manifest.Logging;
import jstack.manifest.MemoryLimits;
import jstack.manifest.Mount;
import jstack.manifest.NamespaceSource;
import jstack.manifest.Namespaces;
import jstack.manifest.Networking;
import jstack.manifest.Origins;
import jstack.manifest.Propagation;
import jstack.manifest.Resources;
import jstack.manifest.RootfsMode;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Seccomp;
import jstack.manifest.Security;
import jstack.manifest.Service;
import jstack.manifest.StackLimits;

/** Services and targets for tests, changed one word at a time. */
public final class ServiceFixture {
  private List<String> command = List.of("/bin/httpd", "-f");
  private Map<String, String> environment = new LinkedHashMap<>();
  private String hostname = "web";
  private final List<Mount> mounts = new ArrayList<>();
  private Resources cgroup = Resources.of(MemoryLimits.NONE, CpuLimits.NONE, 1024L);
  private RootfsMode mode = RootfsMode.OVERLAY;
  private boolean readOnly;
  private Seccomp seccomp = new Seccomp.Default();
  private Security security = Security.DEFAULT;
  private int firstLine = 1;

  public ServiceFixture command(String... words) {
    command = List.of(words);
    return this;
  }

  public ServiceFixture environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  public ServiceFixture hostname(String name) {
    hostname = name;
    return this;
  }

  public ServiceFixture bind(String source, String target, boolean ro) {
    mounts.add(
        new Mount.Bind(
            new HostPath(source),
            new HostPath(source),
            new ContainerPath(target),
            ro,
            true,
            Propagation.RPRIVATE,
            false,
            false,
            new Origin(
                "jstack.yaml",
                20 + mounts.size(),
                9,
                10,
                "services.web.mounts[" + mounts.size() + "]")));
    return this;
  }

  public ServiceFixture tmpfs(String target) {
    mounts.add(
        new Mount.Tmpfs(
            new ContainerPath(target),
            false,
            new ByteSize(1 << 20),
            01777,
            new Origin(
                "jstack.yaml",
                20 + mounts.size(),
                9,
                10,
                "services.web.mounts[" + mounts.size() + "]")));
    return this;
  }

  /** A volume, a secret and a config, and a bind that is followed. */
  ServiceFixture storage() {
    mounts.add(new Mount.Volume("data", new ContainerPath("/data"), false, mountOrigin()));
    mounts.add(new Mount.Volume("media", new ContainerPath("/media"), true, mountOrigin()));
    for (FileObject.Kind kind : FileObject.Kind.values()) {
      boolean secret = kind == FileObject.Kind.SECRET;
      mounts.add(
          new Mount.File(
              kind,
              secret ? "password" : "page",
              new ContainerPath(secret ? Mount.File.SECRETS + "/password" : "/etc/page.html"),
              1000,
              secret ? 1000 : 0,
              secret ? 0400 : 0444,
              "",
              mountOrigin()));
    }
    mounts.add(
        new Mount.Bind(
            new HostPath("/srv/conf"),
            new HostPath("/srv/conf"),
            new ContainerPath("/conf"),
            true,
            true,
            Propagation.RPRIVATE,
            false,
            true,
            mountOrigin()));
    return this;
  }

  private Origin mountOrigin() {
    String key = "services.web.mounts[" + mounts.size() + "]";
    return new Origin("jstack.yaml", 20 + mounts.size(), 9, 10, key);
  }

  /** What a service with {@link #storage()} finds around it. */
  static Target storageTarget(String mountinfo) {
    Target plain = target(mountinfo);
    Surroundings around =
        new Surroundings(
            null,
            null,
            null,
            null,
            Map.of(),
            Map.of(),
            Map.of(
                "data", new HostPath("/var/lib/jstack/volumes/demo_data/_data"),
                "media", new HostPath("/var/lib/jstack/volumes/media/_data")),
            Map.of(
                Mount.File.SECRETS + "/password",
                new HostPath("/run/jstack/demo/.files/secret.password.0123.0.0.400"),
                "/etc/page.html",
                new HostPath("/run/jstack/demo/.files/config.page.4567.1000.0.444")),
            Map.of("/conf", "89ab"));
    return new Target(
        plain.project(),
        plain.name(),
        plain.runDirectory(),
        plain.controlSocket(),
        plain.rootfs(),
        plain.upper(),
        plain.work(),
        plain.root(),
        plain.cgroups(),
        plain.cgroup(),
        plain.stack(),
        plain.host(),
        around);
  }

  public ServiceFixture limits() {
    cgroup =
        Resources.of(
            new MemoryLimits(new ByteSize(100 << 20), null, null, null, new ByteSize(0), 0, false),
            new CpuLimits(CpuMax.ofCpus(new BigDecimal("0.5")), null, 200, false),
            64L);
    return this;
  }

  public ServiceFixture cgroup(Resources resources) {
    cgroup = resources;
    return this;
  }

  public ServiceFixture mode(RootfsMode other) {
    mode = other;
    return this;
  }

  public ServiceFixture readOnly() {
    readOnly = true;
    return this;
  }

  public ServiceFixture seccomp(Seccomp other) {
    seccomp = other;
    return this;
  }

  public ServiceFixture security(Security other) {
    security = other;
    return this;
  }

  /** Every origin moves down: nothing else changes. */
  public ServiceFixture atLine(int line) {
    firstLine = line;
    return this;
  }

  public Service build() {
    Map<String, Origin> places = new LinkedHashMap<>();
    String[] keys = {
      "",
      ".rootfs",
      ".command",
      ".hostname",
      ".environment",
      ".cgroup",
      ".cgroup.memory.max",
      ".cgroup.memory.swappiness",
      ".cgroup.cpu.max",
      ".cgroup.pids.max",
      ".user",
      ".working_dir"
    };
    for (int i = 0; i < keys.length; i++) {
      String path = "services.web" + keys[i];
      places.put(path, new Origin("jstack.yaml", firstLine + i, 5, 4, path));
    }
    return new Service(
        "web",
        new RootfsSpec.Local(
            new HostPath("/srv/rootfs.tar"),
            new HostPath("/srv/rootfs.tar"),
            null,
            0,
            jstack.manifest.RootfsLimits.DEFAULT,
            mode,
            places.get("services.web.rootfs")),
        List.of(),
        command,
        ContainerPath.ROOT,
        environment,
        "0:0",
        List.of(),
        0022,
        hostname,
        null,
        new Namespaces(Map.of(Namespace.USER, NamespaceSource.HOST), null, null),
        Networking.NONE,
        mounts,
        new ByteSize(64 << 20),
        readOnly,
        false,
        false,
        seccomp,
        cgroup,
        List.of(),
        Signal.TERM,
        Duration.ofSeconds(10),
        Logging.DEFAULT,
        Expect.NONE,
        security,
        jstack.manifest.Lifecycle.NONE,
        new Origins("jstack.yaml", places),
        jstack.manifest.Role.SERVICE,
        jstack.manifest.Labels.NONE);
  }

  public static final String HYBRID =
      """
      31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
      32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
      33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
      35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
      37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
      39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
      40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
      41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
      """;
  public static final String V2 =
      "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";

  private static final String OFFERED = "cpuset cpu io memory pids\n";

  public static Target target(String mountinfo) {
    return target(CgroupLayout.parse(mountinfo).offering(OFFERED));
  }

  static Target target(CgroupLayout cgroups) {
    return target(cgroups, StackLimits.NONE, new FakeHost(Map.of()));
  }

  public static Target target(String mountinfo, StackLimits stack, HostView host) {
    return target(CgroupLayout.parse(mountinfo).offering(OFFERED), stack, host);
  }

  private static Target target(CgroupLayout cgroups, StackLimits stack, HostView host) {
    return new Target(
        "demo",
        "web-1",
        new HostPath("/run/jstack/demo/web-1"),
        new HostPath("/run/jstack/.control/00000000"),
        new HostPath("/var/lib/jstack/rootfs/sha256/abc/root"),
        new HostPath("/var/lib/jstack/containers/demo/web-1/abc/upper"),
        new HostPath("/var/lib/jstack/containers/demo/web-1/abc/work"),
        new HostPath("/run/jstack/demo/web-1/root"),
        cgroups,
        "jstack",
        stack,
        host,
        Surroundings.NONE);
  }
}
