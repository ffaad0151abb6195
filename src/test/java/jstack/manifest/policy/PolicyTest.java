package jstack.manifest.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.Failure;
import jstack.diag.SourceTexts;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.ManifestLoader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A manifest of somebody else's against the policy of the machine's owner. */
class PolicyTest {
  @TempDir Path folder;
  private final SourceTexts texts = new SourceTexts();

  @BeforeEach
  void begin() throws Exception {
    for (String name : new String[] {"src", "out", "data", "root"}) {
      Files.createDirectories(folder.resolve(name));
    }
    Files.writeString(folder.resolve("r.tar"), "x");
    Files.writeString(folder.resolve("p.json"), "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}");
    Files.writeString(folder.resolve("src/good.env"), "A=1");
    Files.createSymbolicLink(folder.resolve("link.env"), Path.of("/etc/passwd"));
    Files.createSymbolicLink(folder.resolve("out/away"), folder.resolve("src"));
  }

  private List<Diagnostic> check(String policy, String service) throws Exception {
    Files.writeString(folder.resolve("policy.yaml"), policy);
    Files.writeString(
        folder.resolve("jstack.yaml"),
        "services:\n  web:\n    command: x\n    "
            + service
            + (service.contains("\nnetworks:") ? "" : "\nnetworks: {in: {internal: true}}")
            + "\nsecrets: {s: {file: ./r.tar}}\nvolumes: {v: , w: {external: true}}\n");
    LoadRequest request =
        new LoadRequest(Path.of("jstack.yaml"), folder, null, List.of(), Map.of("OUT", "./out"))
            .withPolicy(Path.of("policy.yaml"));
    try {
      ManifestLoader.load(request, texts);
      return List.of();
    } catch (DiagnosticException e) {
      assertThat(e.failure()).isEqualTo(Failure.MANIFEST);
      return e.diagnostics().stream().filter(Diagnostic::isError).toList();
    }
  }

  /** With what a file has wrong, its lines are shown: they are somebody else's. */
  @Test
  void noLineOfAFileElsewhereIsShown() throws Exception {
    Path elsewhere = Files.createTempFile("elsewhere", ".txt");
    Files.writeString(elsewhere, "root:$6$salt$hash:: {[ \n\tno manifest\n");
    for (String name : new String[] {".env", "jstack.lock", "more.env", "more.yaml", "p2.json"}) {
      Files.createSymbolicLink(folder.resolve(name), elsewhere);
      boolean more = !name.startsWith(".") && !name.endsWith("lock");
      String key =
          name.endsWith("env")
              ? "env_file: ./more.env"
              : name.endsWith("json")
                  ? "security_opt: [seccomp=./p2.json]"
                  : "extends: {file: ./more.yaml, service: x}";
      List<Diagnostic> errors = check("{}", "rootfs: ./r.tar" + (more ? "\n    " + key : ""));
      assertThat(errors).as(name).isNotEmpty();
      assertThat(printed(errors)).as(name).doesNotContain("$6$").contains(elsewhere.toString());
      Files.delete(folder.resolve(name));
    }
    Files.delete(elsewhere);
  }

  private String printed(List<Diagnostic> errors) {
    return new DiagnosticPrinter(texts::linesOf).print(errors);
  }

  private static final String S = "a".repeat(64);

  /** Below the policy, then the service's key and what is said of it; nothing when it may. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          rootfs: {hosts: [a.example]}           | rootfs: "https://a.example/r.tar"          |
          rootfs: {hosts: [A.example]}           | rootfs: "https://a.EXAMPLE:8443/r.tar"     |
          rootfs: {hosts: ["a.example:443"]}     | rootfs: "https://a.example/r.tar"          |
          rootfs: {hosts: ["a.example:443"]}     | rootfs: "https://a.example:8443/r.tar"     | rootfs.hosts
          rootfs: {hosts: ["*.example"]}         | rootfs: "https://b.a.example/r.tar"        |
          rootfs: {hosts: ["*.example"]}         | rootfs: "https://example/r.tar"            | rootfs.hosts
          rootfs: {hosts: ["*.example"]}         | rootfs: "https://a.example.org/r.tar"      | rootfs.hosts
          rootfs: {hosts: [a.example]}           | rootfs: "https://xa.example/r.tar"         | rootfs.hosts
          rootfs: {hosts: [a.example]}           | rootfs: "https://a.example@b.example/r.tar"| rootfs.hosts
          rootfs: {hosts: [a.example]}           | rootfs: ./r.tar                            | rootfs.paths
          rootfs: {hosts: [a.example]}           | rootfs: {host: {binaries: [/bin/sh]}}      | rootfs.host
          rootfs: {hosts: []}                    | rootfs: "https://a.example/r.tar"          | rootfs.hosts
          rootfs: {host: true}                   | rootfs: {host: {binaries: [/bin/sh]}}      |
          rootfs: {paths: [.]}                   | rootfs: ./r.tar                            |
          rootfs: {paths: [./src]}               | rootfs: ./r.tar                            | rootfs.paths
          rootfs: {paths: [./src]}               | rootfs: "file:///etc/passwd"               | rootfs.paths
          rootfs: {sha256: required}             | rootfs: "https://a.example/r.tar"          | rootfs.sha256
          rootfs: {sha256: required}             | rootfs: ./r.tar                            | rootfs.sha256
          rootfs: {sha256: required}             | rootfs: ./root                             |
          rootfs: {sha256: required}             | rootfs: {url: "https://a.example/r.tar", sha256: SUM} |
          mounts: {writable: []}                 | mounts: ["./src:/src"]                     | mounts.writable
          mounts: {writable: []}                 | mounts: ["./src:/src:ro"]                  |
          mounts: {writable: [./out]}            | mounts: ["./out:/out"]                     |
          mounts: {writable: ["${OUT}"]}         | mounts: ["./out:/out"]                     |
          mounts: {writable: [./out]}            | mounts: ["./out/away:/out"]                | mounts.writable
          mounts: {writable: [./out]}            | mounts: ["./out/../src:/out"]              | mounts.writable
          mounts: {writable: [./ou]}             | mounts: ["./out:/out"]                     | mounts.writable
          mounts: {writable: [./out/away]}       | mounts: ["./src:/src"]                     |
          mounts: {writable: [/]}                | mounts: ["./src:/src"]                     |
          mounts: {readable: [./src]}            | mounts: ["./src:/src:ro"]                  |
          mounts: {readable: [./src]}            | mounts: ["./data:/src:ro"]                 | mounts.readable
          mounts: {readable: [], writable: [./out]} | mounts: ["./out:/out:ro"]               |
          mounts: {readable: [./src]}            | secrets: [s]                               | mounts.readable
          mounts: {readable: [.]}                | secrets: [s]                               |
          mounts: {writable: []}                 | {mounts: ["v:/v"]}                         |
          mounts: {writable: []}                 | {mounts: ["w:/v"]}                         | mounts
          limits: {memory: 100m}                 | user: "0"                                  | limits.memory
          limits: {memory: 100m}                 | mem_limit: 100m                            |
          limits: {memory: 100m}                 | cgroup: {memory: {max: 101m}}              | limits.memory
          limits: {memory: 100m}                 | cgroup: {memory: {max: 60m, swap_max: 50m}} | limits.memory
          limits: {memory: 100m}                 | cgroup: {memory: {max: 60m, swap_max: 40m}} |
          limits: {cpus: 0.5}                    | user: "0"                                  | limits.cpus
          limits: {cpus: 0.5}                    | cpus: 0.5                                  |
          limits: {cpus: 0.5}                    | cgroup: {cpu: {max: 60000/100000}}         | limits.cpus
          limits: {pids: 64}                     | user: "0"                                  | limits.pids
          limits: {pids: 64}                     | pids_limit: 64                             |
          limits: {pids: 64}                     | pids_limit: 65                             | limits.pids
          limits: {services: 1}                  | user: "0"                                  |
          limits: {rootfs: 1g}                   | rootfs: ./r.tar                            | limits.rootfs
          limits: {rootfs: 1g}                   | rootfs: "https://a.example/r.tar"          | limits.rootfs
          limits: {rootfs: 1g}                   | rootfs: {path: ./r.tar, limits: {size: 1g}} |
          limits: {rootfs: 1g}                   | rootfs: {path: ./r.tar, limits: {size: 1025m}} | limits.rootfs
          limits: {rootfs: 20g}                  | rootfs: ./r.tar                            |
          limits: {rootfs: 1g}                   | rootfs: ./root                             |
          limits: {logs: 30m}                    | user: "0"                                  |
          limits: {logs: 29m}                    | user: "0"                                  | limits.logs
          limits: {logs: 29m}                    | logging: {max-size: 9m, max-file: 3}       |
          limits: {logs: 29m}                    | logging: {max-size: 1m, max-file: 30}      | limits.logs
          limits: {logs: 29m}                    | logging: {max-size: 15m}                   | limits.logs
          ports: {addresses: []}                 | user: "0"                                  |
          ports: {addresses: []}                 | ports: ["8080:80"]                         | ports.addresses
          ports: {addresses: [127.0.0.1]}        | ports: ["8080:80"]                         |
          ports: {addresses: [127.0.0.1]}        | ports: ["0.0.0.0:8080:80"]                 | ports.addresses
          ports: {addresses: ["fd00::1"]}        | ports: ["[fd00:0::1]:8080:80"]             |
          ports: {range: 8000-8999}              | ports: ["8000-8010:80-90"]                 |
          ports: {range: 8000-8999}              | ports: ["8990-9020:1-31"]                  | ports.range
          ports: {range: 8000-8999}              | ports: ["443:80/udp"]                      | ports.range
          ports: {range: 443}                    | ports: [{target: 80, published: 443}]      |
          {}                                     | {pid: host, security: {allow: [host-pid]}} | security.allow
          security: {allow: [host-ipc]}          | {pid: host, security: {allow: [host-pid]}} | security.allow
          security: {allow: [host-pid]}          | {pid: host, security: {allow: [host-pid]}} |
          {}                                     | security_opt: [seccomp=./p.json]           | security.allow
          {}                                     | {privileged: true, security: {allow: [privileged]}} | security.allow
          security: {allow: [new-privileges]}    | {privileged: true, security: {allow: [privileged]}} | security.allow
          {}                                     | env_file: ./src/good.env                   |
          mounts: {readable: []}                 | env_file: ./link.env                       | mounts.readable
          mounts: {readable: []}                 | env_file: /etc/passwd                      | mounts.readable
          mounts: {readable: []}                 | env_file: [{path: /etc/passwd, required: false}] | mounts.readable
          {mounts: {readable: []}, security: {allow: [seccomp-unconfined]}} | security_opt: [seccomp=/etc/passwd]       | mounts.readable
          mounts: {readable: []}                 | rootfs: ./root                             |
          mounts: {readable: []}                 | rootfs: /etc                               | mounts.readable
          mounts: {readable: [/etc]}             | rootfs: /etc                               |
          mounts: {readable: []}                 | rootfs: {host: {binaries: [/bin/sh]}}      | mounts.readable
          {mounts: {readable: []}, rootfs: {host: true}} | rootfs: {host: {binaries: [/bin/sh]}} |
          limits: {services: 3}                  | scale: 3                                   |
          limits: {services: 3}                  | scale: 4                                   | limits.services
          security: {allow: [seccomp-unconfined]} | security_opt: [seccomp=./p.json]          |
          security: {allow: [host-pid]}          | {cap_add: [BPF], security: {allow: [cap-bpf]}} | security.allow
          cgroup: {parents: []}                  | cgroup: {memory: 1g}                       |
          cgroup: {parents: []}                  | cgroup: {parent: ci.slice}                 | cgroup.parents
          cgroup: {parents: [/ci.slice]}         | cgroup: {parent: ci.slice}                 |
          cgroup: {parents: [/ci.slice/]}        | cgroup: {parent: /ci.slice/a/b}            |
          cgroup: {parents: [ci.slice]}          | cgroup_parent: ci.slice2                   | cgroup.parents
          cgroup: {parents: [ci.slice/a]}        | cgroup: {parent: ci.slice}                 | cgroup.parents
          networks: {egress: []}                 | network_mode: none                         |
          networks: {egress: []}                 | {hostname: x}                              | networks.egress
          networks: {egress: []}                 | networks: [in]                             |
          networks: {egress: []}                 | networks: [in, default]                    | networks.egress
          networks: {egress: []}                 | egress: {default: deny, allow: ["web:80"]} |
          networks: {egress: []}                 | egress: {default: allow, deny: ["*"]}      | networks.egress
          networks: {egress: []}                 | egress: {default: deny, allow: ["*:53"]}   | networks.egress
          networks: {egress: ["*"]}              | {hostname: x}                              |
          networks: {egress: ["0.0.0.0/0", "::/0"]} | {hostname: x}                           |
          networks: {egress: ["0.0.0.0/0"]}      | {hostname: x}                              | networks.egress
          networks: {egress: ["*:443/tcp"]}      | {hostname: x}                              | networks.egress
          networks: {egress: ["*:443/tcp"]}      | egress: {default: deny, allow: ["1.2.3.4:443/tcp"]} |
          networks: {egress: ["*:443/tcp"]}      | egress: {default: deny, allow: ["1.2.3.4:443"]}     | networks.egress
          networks: {egress: ["*:400-500"]}      | egress: {default: deny, allow: ["1.2.3.4:443/udp"]} |
          networks: {egress: ["*:400-500"]}      | egress: {default: deny, allow: ["*:443-501"]}       | networks.egress
          networks: {egress: ["*:400-500"]}      | egress: {default: deny, allow: ["1.2.3.4"]}         | networks.egress
          networks: {egress: [10.0.0.0/8]}       | egress: {default: deny, allow: [10.1.0.0/16]}       |
          networks: {egress: [10.1.0.0/16]}      | egress: {default: deny, allow: [10.0.0.0/8]}        | networks.egress
          networks: {egress: ["fd00::/8"]}       | egress: {default: deny, allow: ["[fd00::1]:80"]}    |
          """)
  void eachRuleHoldsWithBothLines(String policy, String service, String refused) throws Exception {
    String keys =
        service.startsWith("{")
            ? service.substring(1, service.length() - 1).replace(", security", "\n    security")
            : service;
    boolean own = service.startsWith("rootfs");
    String text = keys.replace("SUM", S) + (own ? "" : "\n    rootfs: ./root");
    List<Diagnostic> said = check("# comment\n" + policy + "\n", text);
    if (refused == null) {
      assertThat(said).as(said.toString()).isEmpty();
      return;
    }
    assertThat(said).hasSize(1);
    Diagnostic error = said.get(0);
    assertThat(error.code()).isEqualTo("policy");
    assertThat(error.origin().file()).isEqualTo("jstack.yaml");
    assertThat(error.origin().keyPath()).startsWith("services.web.");
    assertThat(error.origin().line()).isBetween(2, 4);
    String beside = policy.equals("{}") ? "policy.yaml: " : "policy.yaml:2:";
    assertThat(error.details().get(0)).startsWith(beside).contains(": " + refused + ": ");
  }

  @Test
  void theLineOfThePolicyIsShownBelowThatOfTheManifest() throws Exception {
    List<Diagnostic> said =
        check("limits:\n  memory: 2g\n", "rootfs: ./root\n    cgroup:\n      memory: 4g");
    assertThat(new DiagnosticPrinter(texts::linesOf).print(said))
        .isEqualTo(
            """
            jstack.yaml:6:15: error: services.web.cgroup.memory.max: 4g of memory is more than the policy allows
                6 |       memory: 4g
                  |               ^^
              policy.yaml:2:11: limits.memory: at most 2g, swap included
                  2 |   memory: 2g
                    |           ^^
              hint: write cgroup: {memory: {max: 2g}} or less
            """);
  }

  @Test
  void theCgroupOfTheWholeStackIsHeldToo() throws Exception {
    String stack = "rootfs: ./root\ncgroup: {parent: other.slice}";
    assertThat(check("cgroup: {parents: [other.slice]}", stack)).isEmpty();
    List<Diagnostic> said = check("cgroup: {parents: [ci.slice]}", stack);
    assertThat(printed(said))
        .isEqualTo(
            """
            jstack.yaml:5:18: error: cgroup.parent: the cgroup other.slice is not allowed by the policy
                5 | cgroup: {parent: other.slice}
                  |                  ^^^^^^^^^^^
              policy.yaml:1:19: cgroup.parents: ci.slice
                  1 | cgroup: {parents: [ci.slice]}
                    |                   ^^^^^^^^^^
              hint: without parent jstack makes a cgroup of its own
            """);
  }

  @Test
  void whoMayConnectToEverythingIsToldWhatToWrite() throws Exception {
    List<Diagnostic> said = check("networks: {egress: [\"10.0.0.0/8:443/tcp\"]}", "rootfs: ./root");
    assertThat(printed(said))
        .contains("error: services.web.networks: web may connect to everything")
        .contains("networks.egress: 10.0.0.0/8:443/tcp")
        .contains("hint: write egress: {default: deny, allow: [\"10.0.0.0/8:443/tcp\"]}");
  }

  @Test
  void moreServicesThanAllowedAreRefused() throws Exception {
    List<Diagnostic> said =
        check("limits: {services: 1}", "rootfs: ./root\n  b: {rootfs: ./root, command: x}");
    assertThat(said)
        .extracting(Diagnostic::message)
        .containsExactly("2 services are more than the policy allows");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          rootfs: {host: [a]}           | must be true or false
          rootfs: {hots: [a]}           | did you mean "hosts"?
          rootfs: {hosts: a.example}    | must be a list
          rootfs: {hosts: ["a/b"]}      | is no host of a URL
          rootfs: {sha256: yes}         | is not one of required, optional
          mount: {writable: []}         | did you mean "mounts"?
          mounts: {writeable: []}       | did you mean "writable"?
          mounts: {writable:}           | has no value
          limits: {memory: lots}        | not a size
          limits: {cpus: two}           | must be a number of processors
          limits: {pids: 0}             | must be from 1 to
          ports: {range: 0-80}          | is no range of ports
          variables: ["*_TOKEN"]        | is no name of a variable
          networks: {subnets: [10.1.2.3/8]} | is no subnet
          networks: {egress: [db]}      | "db" is no network or address
          networks: {egress: ["*:0"]}   | is no port, nor a range
          networks: {egres: []}         | did you mean "egress"?
          cgroup: {parents: [../x]}     | without . and ..
          cgroup: {parents: [/]}        | is no name of a cgroup
          cgroup: {parent: [x]}         | did you mean "parents"?
          ports: {range: x}             | write it like 8000-8999
          ports: {addresses: [here]}    | is no IP address
          limits: {log: 1m}             | did you mean "logs"?
          security: {allow: [all]}      | no opening is called "all"
          security: {allow: [host-pit]} | did you mean "host-pid"?
          services: {}                  | unknown key "services"
          [a]                           | mapping
          mounts: {writable: ["${NOPE}"]} | NOPE
          """)
  void aPolicyIsReadAsStrictlyAsAManifest(String policy, String help) throws Exception {
    List<Diagnostic> said = check(policy, "rootfs: ./root");
    assertThat(said).hasSize(1);
    assertThat(said.get(0).origin().file()).isEqualTo("policy.yaml");
    assertThat(new DiagnosticPrinter(texts::linesOf).print(said)).contains(help);
  }

  /** Otherwise the packages that the machine itself fetches could come from a container. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                               | subnet: 10.9.0.0/24                     | true
          {}                               | subnet: 151.101.0.0/16                  | false
          {}                               | subnet: 169.254.169.0/24                | false
          {}                               | ipv6: true, subnet6: "fd00:9::/64"      | true
          {}                               | ipv6: true, subnet6: "2a04:4e42::/64"   | false
          networks: {subnets: []}          | internal: true                          | true
          networks: {subnets: []}          | subnet: 10.9.0.0/24                     | false
          networks: {subnets: [10.9.0.0/16]} | subnet: 10.9.1.0/24                   | true
          networks: {subnets: [10.9.1.0/24]} | subnet: 10.9.0.0/16                   | false
          networks: {subnets: [151.101.0.0/16]} | subnet: 151.101.1.0/24             | true
          """)
  void aNetworkTakesNoAddressesOfOthers(String policy, String network, boolean good)
      throws Exception {
    List<Diagnostic> said =
        check(policy, "rootfs: ./root\n    networks: [n]\nnetworks: {n: {" + network + "}}");
    if (good) {
      assertThat(said).isEmpty();
    } else {
      assertThat(said).singleElement().extracting(Diagnostic::code).isEqualTo("policy");
      assertThat(printed(said)).contains("networks.subnets: ").contains("jstack finds a free one");
    }
  }

  /** The runner's own secrets are in its environment, and the manifest is somebody else's. */
  @Test
  void aManifestReadsNoVariableOfTheCallerThatIsNotNamed() throws Exception {
    String[] uses = {
      "rootfs: ./root\n    environment: {A: \"${OUT}\"}",
      "rootfs: ./root\n    environment: {A: \"${OUT?needed OUT}\"}",
      "rootfs: ./root\n    configs: [v]\nconfigs: {v: {environment: OUT}}",
    };
    for (String use : uses) {
      assertThat(check("variables: [OUT]", use)).as(use).isEmpty();
      assertThat(check("variables: [\"O*\"]", use)).as(use).isEmpty();
      List<Diagnostic> said = check("variables: [OUTER, \"OUTE*\"]", use);
      assertThat(said).as(use).hasSize(1);
      assertThat(printed(said))
          .contains("policy.yaml:1:12: variables: OUTER, OUTE*")
          .contains("the policy withholds it")
          .doesNotContain("./out");
    }
    Files.writeString(folder.resolve(".env"), "MINE=${OUT}\n");
    assertThat(check("variables: []", "rootfs: ./root\n    environment: {A: \"${MINE}\"}"))
        .isNotEmpty();
    Files.delete(folder.resolve(".env"));
    assertThat(check("variables: []", "rootfs: ./root\n    environment: {A: \"${OUT:-none}\"}"))
        .isEmpty();
  }

  @Test
  void variablesOfFilesBesideTheManifestDoNotCount() throws Exception {
    Files.writeString(folder.resolve(".env"), "OUT=/\nNOPE=/\n");
    assertThat(check("mounts: {writable: [\"${NOPE}\"]}", "rootfs: ./root")).isNotEmpty();
    assertThat(
            check("mounts: {writable: [\"${OUT}\"]}", "rootfs: ./root\n    mounts: [\"./src:/x\"]"))
        .isNotEmpty();
  }

  @Test
  void stoppingAsksNoPolicy() throws Exception {
    check("limits: {pids: 1}", "rootfs: ./root");
    LoadRequest request =
        new LoadRequest(Path.of("jstack.yaml"), folder, null, List.of(), Map.of())
            .withPolicy(Path.of("policy.yaml"));
    ManifestLoader.load(request.withPurpose(LoadRequest.Purpose.STOP), texts);
  }

  @Test
  void withAPolicyNoFileFromElsewhereIsShownWithItsLines() throws Exception {
    Path secret = Files.writeString(folder.resolve("src/secret"), "root:x:hash\n");
    Path own = Files.createDirectories(folder.resolve("out/project"));
    Files.createSymbolicLink(own.resolve("link.yaml"), secret);
    Files.writeString(folder.resolve("out/policy.yaml"), "mounts: {writable: []}\n");
    for (String text :
        List.of(
            "include: [link.yaml]\n",
            "include: [../../src/secret]\n",
            "include: [{path: part.yaml, env_file: ../../src/secret}]\n",
            "services: {a: {extends: {file: link.yaml, service: a}}}\n")) {
      Files.writeString(own.resolve("jstack.yaml"), text);
      Files.writeString(own.resolve("part.yaml"), "services: {}\n");
      LoadRequest request =
          new LoadRequest(Path.of("jstack.yaml"), own, null, List.of(), Map.of())
              .withPolicy(Path.of("../policy.yaml"));
      try {
        ManifestLoader.load(request, texts);
      } catch (DiagnosticException e) {
        assertThat(e.diagnostics()).extracting(Diagnostic::code).contains("policy");
        assertThat(new DiagnosticPrinter(texts::linesOf).print(e.diagnostics()))
            .doesNotContain("hash");
        continue;
      }
      throw new AssertionError("accepted: " + text);
    }
  }
}
