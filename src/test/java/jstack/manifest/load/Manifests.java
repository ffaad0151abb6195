package jstack.manifest.load;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.SourceTexts;
import jstack.manifest.HostPath;
import jstack.manifest.Manifest;
import jstack.manifest.Topology;
import jstack.manifest.bind.BindContext;
import jstack.manifest.bind.Binder;
import jstack.manifest.files.HostPlaces;
import jstack.manifest.files.UncheckedFiles;
import jstack.manifest.policy.HeldPolicy;
import jstack.manifest.yaml.Node;
import jstack.manifest.yaml.SourceMap;
import jstack.manifest.yaml.TreeInterpolation;
import jstack.manifest.yaml.YamlReader;

/** Manifests from texts, without a file; the machine has every file that is asked for. */
public final class Manifests {
  static final Map<String, String> CALLER = Map.of("HOME", "/home/me", "EMPTY", "", "SET", "value");

  /** Good ones that between them use every key. */
  public static final List<String> GOOD =
      List.of(
          """
          name: demo
          services:
            web:
              rootfs: {url: "https://example.org/rootfs.tar.gz", strip_components: 1, mode: readonly}
              command: [/bin/httpd, -f, -p, "80"]
              entrypoint: [/bin/init, --]
              environment: {A: "1", B: "${HOME}", C: yes, D: 1.10}
              mounts:
                - ./site:/www:ro
                - {type: tmpfs, target: /tmp, size: 64m, mode: "1777"}
                - data:/data:ro
                - {type: volume, source: media, target: /media}
                - {type: bind, source: /srv, target: /srv, read_only: true, propagation: rslave}
              tmpfs: [/run, "/var/tmp:size=5m,mode=700"]
              cgroup:
                memory: {max: 100m, swap_max: 10m, swappiness: 0}
                cpu: {max: 0.5, weight: 200}
                pids: {max: 64}
                delegate: true
              depends_on: [db]
              logging: {driver: file, max-size: 1m, max-file: 2}
              expect: {exit_code: 0, memory_peak: 90m, cpu_time: 10s, wall: 1m30s}
              secrets: [password, {source: token, target: api.key, uid: "7", gid: 8, mode: "0440"}]
              configs: [app, {source: nginx.conf, target: /etc/nginx.conf}]
            db:
              rootfs: ./rootfs.tar
              command: sh -c 'echo "hi there"'
              stop_grace_period: 1m30s
              stop_signal: SIGINT
          volumes:
            data:
            media: {driver: local, name: all-media, labels: {kind: "a: b", n: 1}}
            unused: {external: true}
          secrets:
            password: {file: ./password}
            token: {environment: SET}
          configs:
            app: {content: "a: $$b\n"}
            nginx.conf: {file: ./nginx.conf}
          """,
          """
          version: "3"
          x-base: &base
            user: "1000:1000"
            group_add: [audio, 5]
            umask: "0027"
            hostname: base.example
            domainname: example.org
          services:
            a:
              <<: *base
              rootfs: {path: /srv/rootfs, mode: ephemeral}
              command: [/bin/sh, -c, "exit $$?"]
              namespaces: [mount, uts, ipc, pid, network, cgroup]
              cap_add: [CAP_NET_RAW, SYS_ADMIN]
              cap_drop: [MKNOD, kill]
              security: {allow: [host-user, cap-sys-admin]}
              volumes: [./a:/a]
              shm_size: 1m
              read_only: true
              tty: false
              stdin_open: true
              working_dir: /a
              mem_limit: 64m
              memswap_limit: 96m
              mem_swappiness: 10
              cpus: "1.5"
              pids_limit: 100
            b:
              <<: *base
              rootfs: {host: {binaries: [/bin/sh], files: [/etc/hosts], directories: [/usr/lib]}}
              command: /bin/sh
              environment: [A=1, "B=${SET:-x}", C=]
              deploy: {resources: {limits: {memory: 64m, cpus: 0.25, pids: 10}}}
              depends_on: {a: {condition: service_started}}
              logging: {options: {max-size: 2m, max-file: 4}}
              namespaces: {mount: new, uts: new, ipc: new, pid: new, network: new, cgroup: new}
          """,
          """
          name: net
          namespaces:
            shared: ipc
            later: {type: time, monotonic: 1h, boottime: -5m}
            ids: {type: user, uid_map: ["0:600000:1000"]}
            wire: network
          networks:
            back: {subnet: 10.5.0.0/24, gateway: 10.5.0.254, internal: true, mtu: 1400}
            front: {ipv6: true, subnet6: "fd00:5::/64"}
            default: {ipam: {config: [{subnet: 10.6.0.0/24}]}}
          services:
            a:
              rootfs: /r.tar
              command: /bin/sh
              cpu_shares: 2
              namespaces: {user: {uid_map: ["0:700000:10", "100:800000:1"]}, time: {boottime: 1m}}
              networks:
                back: {ipv4_address: 10.5.0.5, aliases: [db, d_b], mac_address: "02:42:ac:11:00:02"}
                front: {ipv6_address: "fd00:5::7"}
              ports: [8080:80, "127.0.0.1:53:53/udp", 9000-9002:9000-9002, {target: 1, published: 2, host_ip: 0.0.0.0}]
              egress: {default: deny, allow: ["10.0.0.0/8:443/tcp", "b:5432", "[fd00::/8]:80-90", "*:53/udp"], deny: [10.1.2.3]}
              extra_hosts: ["x:10.1.1.1", "y=::1", "z:host-gateway"]
              dns: 1.1.1.1
              dns_search: [a.example]
              dns_opt: [ndots:2]
              expose: [80, "90/udp"]
            b:
              rootfs: /r.tar
              command: /bin/sh
              networks: [back]
              namespaces: {ipc: shared, time: later}
            c:
              rootfs: /r.tar
              command: /bin/sh
              network_mode: service:a
              pid: service:a
              ipc: host
              uts: host
              userns_mode: host
              cgroup: host
              security: {allow: [host-ipc, host-uts, host-user, host-cgroup]}
            d:
              command: /bin/sh
              namespaces: [uts, pid]
              security: {allow: [host-mount, host-ipc, host-network, host-user, host-cgroup]}
            e:
              rootfs: /r.tar
              command: /bin/sh
              namespaces: {network: wire, user: ids, uts: {path: /proc/1/ns/uts}}
              security: {allow: [namespace-path]}
            f: {rootfs: /r.tar, command: x, network_mode: none}
            g: {rootfs: /r.tar, command: x}
          """,
          """
          name: limits
          cgroup:
            memory: 1g
            cpuset: {cpus: 0-2, mems: "0"}
            pids: 500
            parent: /machine.slice/builds
          services:
            a:
              rootfs: /r.tar
              command: x
              cgroup:
                memory: {max: 100m, high: 90m, low: 20m, min: 10m, oom_group: true}
                cpu: {max: 50000/200000, burst: 10ms, weight: 50}
                cpuset: {cpus: "0,2", mems: 0}
                io:
                  weight: 300
                  max:
                    - {device: /dev/vda, rbps: 1m, wbps: 512k}
                    - {device: /dev/vdb, riops: 100, wiops: 200}
            b:
              rootfs: /r.tar
              command: x
              cgroup: {cpu: {idle: true}, cpuset: 1-2, unified: {hugetlb.2MB.max: "0", misc.max: res 5}}
            c:
              rootfs: /r.tar
              command: x
              mem_reservation: 5m
              cpu_shares: 512
              cpu_quota: 20000
              cpu_period: 50000
              cpuset: "0"
              deploy: {resources: {limits: {cpus: "20000/50000"}, reservations: {memory: 5m}}}
              blkio_config:
                weight: 300
                device_read_bps: [{path: /dev/vda, rate: 1mb}]
                device_write_bps: [{path: /dev/vda, rate: "12mb"}]
                device_read_iops: [{path: /dev/vda, rate: 120}]
                device_write_iops: [{path: /dev/vdb, rate: 30}]
          """,
          """
          services:
            a: {rootfs: /r.tar, command: x, cgroup_parent: build.slice}
            b: {rootfs: /r.tar, command: x, cgroup: {parent: build.slice}}
          """,
          """
          services:
            a:
              rootfs: /r.tar
              command: x
              depends_on:
                b: {condition: service_completed_successfully, restart: true}
                c: {condition: service_started, required: false}
                absent: {required: false}
            b: {rootfs: /r.tar, command: x}
            c: {rootfs: /r.tar, command: x, depends_on: [b]}
          """,
          """
          jobs:
            a: {rootfs: /r.tar, command: x, timeout: 10m, triggers: {manual: true}}
            b: {rootfs: {path: /r.tar, mode: overlay}, command: x, expect: {exit_code: 3, wall: 1m}}
            c: {rootfs: /r.tar, command: x, depends_on: [b], network_mode: bridge}
          """,
          """
          services:
            a: {rootfs: /r.tar, command: x, scale: 3, profiles: [debug, ci]}
            b: {rootfs: /r.tar, command: x, deploy: {replicas: 2}, profiles: []}
            c: {rootfs: /r.tar, command: x, deploy: {replicas: 0}, scale: 0}
          """,
          """
          defaults: {user: "1000:1000", environment: [A=1]}
          services:
            a: {rootfs: /r.tar, command: x, mounts: ["/srv:/srv"], depends_on: [c]}
            b: {extends: a, environment: {B: "2"}, mounts: [{type: bind, source: /opt, target: /srv}]}
            c: {extends: {service: d}, command: y}
          jobs:
            d: {rootfs: {path: /r.tar, mode: overlay}, command: x}
          """,
          """
          networks: {default: {labels: [a, b=1]}}
          secrets: {s: {file: ./s, labels: {who: me}}}
          configs: {c: {content: x, labels: {n: 1}}}
          services:
            a:
              rootfs: /r.tar
              command: x
              labels: {tier: front, count: 3, on: true, none: , price: "$$5", "dotted.name/x": y}
              annotations: ["who=a=b", alone]
              mounts: [{type: bind, source: ./conf, target: /conf, watch: content, create_host_path: true}]
          """);

  private Manifests() {}

  /** Everything that loading ends in. */
  record Outcome(Manifest manifest, List<Diagnostic> errors, Node.Mapping tree) {}

  /** Binds a text, without asking the schema. Throws DiagnosticException for YAML's mistakes. */
  static Outcome bind(String text) {
    List<String> lines = SourceTexts.split(text);
    Node.Mapping written = YamlReader.read(text, lines, "m.yaml");
    Problems problems = new Problems();
    Node.Mapping tree = new TreeInterpolation(CALLER, lines, problems).top(written);
    LoadRequest request = new LoadRequest(null, Path.of("/project"), null, List.of(), CALLER);
    if (Include.isNeeded(tree)) {
      HostPath root = HostPath.of(Path.of("/project"));
      ManifestFiles files =
          new ManifestFiles(request, root, HeldPolicy.NONE, new SourceTexts(), problems);
      ManifestFiles.Opened main =
          new ManifestFiles.Opened(Path.of("/project/m.yaml"), root, tree, CALLER);
      tree = new Include(files, problems).resolve(main);
    }
    Map<String, Origin> places = new HashMap<>(SourceMap.of(tree));
    HostPath directory = HostPath.of(Path.of("/project"));
    BindContext context =
        new BindContext(
            problems,
            directory,
            new UncheckedFiles(),
            CALLER,
            4,
            Topology.parse("0-3\n", "0\n"),
            new HostPlaces(new UncheckedFiles(), HostPlaces.USUAL_STATE),
            places);
    Manifest manifest = new Binder(context, "m.yaml").bind(tree, null);
    return new Outcome(manifest, problems.errors(), tree);
  }

  /** A manifest that must be good. */
  public static Manifest good(String text) {
    Outcome outcome = bind(text);
    if (!outcome.errors().isEmpty()) {
      throw new DiagnosticException(jstack.diag.Failure.MANIFEST, outcome.errors());
    }
    return outcome.manifest();
  }
}
