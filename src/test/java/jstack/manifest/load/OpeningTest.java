package jstack.manifest.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.linux.Capability;
import jstack.manifest.HostPath;
import jstack.manifest.Manifest;
import jstack.manifest.Mount;
import jstack.manifest.Opening;
import jstack.manifest.Security;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What opens a wall is an error at its line unless the service names it. */
class OpeningTest {
  @TempDir Path folder;

  private static final String HEAD =
      """
      name: t
      namespaces: {ids: user}
      services:
        hosted: {rootfs: /r.tar, command: x, pid: host, security: {allow: [host-pid]}}
        web:
          rootfs: /r.tar
          command: x
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          pid: host                                          | host-pid
          ipc: host                                          | host-ipc
          uts: host                                          | host-uts
          network_mode: host                                 | host-network
          userns_mode: host                                  | host-user
          cgroup: host                                       | host-cgroup
          namespaces: {pid: host}                            | host-pid
          namespaces: {time: host}                           |
          namespaces: [mount, pid, network, user]            | host-uts host-ipc host-cgroup
          namespaces: {pid: "service:hosted"}                | host-pid
          namespaces: {ipc: "service:hosted"}                |
          namespaces: {uts: {path: /run/x}}                  | namespace-path
          namespaces: {user: {uid_map: ["0:700000:1"]}}      |
          namespaces: {user: ids}                            |
          mounts: ["/:/host"]                                | mount-root
          mounts: ["/..:/host:ro"]                           | mount-root
          mounts: ["/srv/../:/host"]                         | mount-root
          mounts: ["/proc:/host"]                            | mount-proc
          mounts: ["/proc/sys:/host:ro"]                     | mount-proc
          mounts: ["/sys/fs/cgroup:/host"]                   | mount-sys
          mounts: ["/dev:/host"]                             | mount-dev
          mounts: ["/dev/shm:/host"]                         | mount-dev
          mounts: ["/develop:/host"]                         |
          mounts: ["/var/lib/jstack:/host"]                  | mount-state
          mounts: ["/var/lib:/host"]                         | mount-state
          mounts: ["/var/lib/jstack/rootfs/x:/host"]         | mount-state
          mounts: ["/var/lib/jstackx:/host"]                 |
          mounts: ["/run:/host"]                             | mount-state
          mounts: ["/run/docker.sock:/d"]                    | mount-socket
          mounts: ["/home/me/.docker/run/docker.sock:/d"]    | mount-socket
          mounts: ["/run/user:/d"]                           | mount-socket
          mounts: [{type: bind, source: /proc, target: /p}]  | mount-proc
          mounts: [{type: tmpfs, target: /proc2}]            |
          cap_add: [SYS_ADMIN]                               | cap-sys-admin
          cap_add: [cap_sys_ptrace, CAP_BPF]                 | cap-sys-ptrace cap-bpf
          cap_add: [NET_RAW, MKNOD, SYS_CHROOT, SYS_NICE]    |
          cap_add: [ALL]                                     | cap-all
          cap_drop: [ALL]                                    |
          security_opt: [seccomp=unconfined]                 | seccomp-unconfined
          security_opt: [seccomp=default]                    |
          """)
  void eachOpeningNeedsItsName(String line, String names) {
    List<String> wanted = names == null ? List.of() : List.of(names.split(" "));
    Manifests.Outcome refused = Manifests.bind(HEAD + "    " + line + "\n");
    List<String> said = new ArrayList<>();
    for (Diagnostic error : refused.errors()) {
      assertThat(error.code()).isEqualTo("opening");
      assertThat(error.origin().line()).isEqualTo(8);
      assertThat(error.origin().keyPath()).startsWith("services.web.");
      error.details().forEach(detail -> said.add(detail.substring(0, detail.indexOf(':'))));
    }
    assertThat(said).containsExactlyInAnyOrderElementsOf(wanted);
    if (wanted.isEmpty()) {
      return;
    }
    String list = String.join(", ", said);
    assertThat(refused.errors().get(0).hint())
        .startsWith("if that is meant, write security: {allow: [");
    String allow = "    security: {allow: [" + list + "]}\n";
    Manifest opened = Manifests.good(HEAD + "    " + line + "\n" + allow);
    Security security = opened.services().get("web").security();
    assertThat(security.open())
        .extracting(open -> open.opening().word())
        .containsExactlyInAnyOrderElementsOf(wanted);
  }

  @Test
  void theHintAddsToTheListThatIsThere() {
    Manifests.Outcome outcome =
        Manifests.bind(HEAD + "    pid: host\n    ipc: host\n    security: {allow: [host-ipc]}\n");
    assertThat(outcome.errors())
        .extracting(Diagnostic::hint)
        .containsExactly("if that is meant, add host-pid to security.allow (line 10)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          host-pids     | did you mean "host-pid"
          SYS_ADMIN     | did you mean "cap-sys-admin"
          CAP_SYS_ADMIN | did you mean "cap-sys-admin"
          pid           | did you mean "host-pid"
          proc          | did you mean "mount-proc"
          host_pid      | did you mean "host-pid"
          all           | name each wall that is to be open
          nonsense-all  | `jstack schema` lists all
          """)
  void anUnknownNameIsAnError(String name, String help) {
    Manifests.Outcome outcome = Manifests.bind(HEAD + "    security: {allow: [" + name + "]}\n");
    assertThat(outcome.errors()).hasSize(1);
    Diagnostic error = outcome.errors().get(0);
    assertThat(error.origin().keyPath()).isEqualTo("services.web.security.allow[0]");
    assertThat(error.message() + error.hint()).contains(help);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          cap_add: [NET_ADMN]                         | did you mean "NET_ADMIN"
          cap_add: [CAP_NET_ADMN]                     | did you mean "NET_ADMIN"
          cap_add: [CHOWN, CHOWN]                     | CHOWN is listed twice
          cap_add: NET_RAW                            | must be a list
          {cap_add: [CHOWN], cap_drop: [CHOWN]}       | both added and dropped
          {cap_add: [ALL], cap_drop: [ALL]}           | both added and dropped
          privileged: true                            | security: {allow: [privileged]}
          privileged: maybe                           | must be true or false
          security_opt: [no-new-privileges:false]     | security: {allow: [new-privileges]}
          security_opt: [no-new-privileges, no-new-privileges:true] | given twice
          security: {allowed: [host-pid]}             | did you mean "allow"
          security: {allow: [host-pid, host-pid]}     | listed twice
          """)
  void whatIsWrongWithCapabilitiesIsSaid(String keys, String help) {
    String lines = keys.startsWith("{") ? keys.substring(1, keys.length() - 1) : keys;
    String two = lines.replace("], cap_drop", "]\n    cap_drop");
    Manifests.Outcome outcome = Manifests.bind(HEAD + "    " + two + "\n");
    assertThat(outcome.errors().toString()).contains(help);
  }

  @Test
  void capabilitiesAreTheDefaultOnesAndThoseAddedLessThoseDropped() {
    String text = HEAD + "    cap_add: [NET_RAW]\n    cap_drop: [CHOWN, KILL]\n";
    Security security = Manifests.good(text).services().get("web").security();
    assertThat(security.capabilities()).extracting(Enum::name).contains("NET_RAW", "SETUID");
    assertThat(security.capabilities()).hasSize(7);
    String only = HEAD + "    cap_drop: [ALL]\n    cap_add: [NET_RAW]\n";
    assertThat(Manifests.good(only).services().get("web").security().capabilities())
        .extracting(Enum::name)
        .containsExactly("NET_RAW");
  }

  /** Who lives in its files has them without masks, devices among them. */
  @Test
  void aNeighbourOfAPrivilegedOneSaysSo() {
    String text =
        """
        name: t
        services:
          priv: {rootfs: /r.tar, command: x, privileged: true, security: {allow: [privileged]}}
          web:
            command: x
            namespaces: {mount: "service:priv", user: "service:priv"}
        """;
    Manifests.Outcome outcome = Manifests.bind(text);
    assertThat(outcome.errors()).hasSize(1);
    assertThat(outcome.errors().get(0).hint()).contains("allow: [privileged]");
    assertThat(Manifests.bind(text + "    security: {allow: [privileged]}\n").errors()).isEmpty();
  }

  @Test
  void theSchemaKnowsTheSameNames() {
    JSONArray names =
        (JSONArray)
            new JSONObject(ManifestLoader.schemaText()).query("#/definitions/opening/anyOf/0/enum");
    assertThat(new TreeSet<Object>(names.toList())).isEqualTo(new TreeSet<>(Opening.words()));
  }

  private LoadedManifest load(String service) throws Exception {
    Path manifest = folder.resolve("jstack.yaml");
    Files.createDirectories(folder.resolve("root"));
    Files.writeString(
        manifest, "services:\n  web:\n    rootfs: ./root\n    command: x\n    " + service + "\n");
    LoadRequest request = new LoadRequest(manifest, folder, null, List.of(), Map.of());
    return ManifestLoader.load(
        request.withState(List.of(HostPath.of(folder.resolve("moved/run")))));
  }

  private List<String> refused(String service) throws Exception {
    try {
      load(service);
      return List.of();
    } catch (DiagnosticException e) {
      List<String> names = new ArrayList<>();
      for (Diagnostic error : e.diagnostics()) {
        assertThat(error.code()).as(error.headline()).isEqualTo("opening");
        error.details().forEach(detail -> names.add(detail.substring(0, detail.indexOf(':'))));
      }
      return names;
    }
  }

  @Test
  void aPathIsJudgedByWhereItLeads() throws Exception {
    Files.createDirectories(folder.resolve("moved/run"));
    Files.createSymbolicLink(folder.resolve("slash"), Path.of("/"));
    Files.createSymbolicLink(folder.resolve("one"), Path.of("two"));
    Files.createSymbolicLink(folder.resolve("two"), Path.of("/proc"));
    Files.createSymbolicLink(folder.resolve("state"), folder.resolve("moved"));
    assertThat(refused("mounts: [\"./slash:/x\"]")).containsExactly("mount-root");
    assertThat(refused("mounts: [\"./slash/dev:/x\"]")).containsExactly("mount-dev");
    assertThat(refused("mounts: [\"./one:/x\"]")).containsExactly("mount-proc");
    assertThat(refused("mounts: [\"./one/sys/net:/x\"]")).containsExactly("mount-proc");
    assertThat(refused("mounts: [\".:/x\"]")).containsExactly("mount-state");
    assertThat(refused("mounts: [\"./state:/x\"]")).containsExactly("mount-state");
    assertThat(refused("mounts: [\"./moved/run:/x\"]")).containsExactly("mount-state");
    assertThat(refused("mounts: [\"./root:/x\"]")).isEmpty();
    String made =
        "mounts: [{type: bind, source: ./slash/sys/x/y, target: /x, create_host_path: true}]";
    assertThat(refused(made)).containsExactly("mount-sys");
    assertThat(refused("namespaces: {uts: {path: /proc/self/ns/uts}}"))
        .containsExactlyInAnyOrder("namespace-path", "host-uts");
  }

  @Test
  void theManifestKeepsThePathThatWasJudged() throws Exception {
    Path real = Files.createDirectories(folder.resolve("data"));
    Files.createSymbolicLink(folder.resolve("link"), Path.of("data"));
    Manifest manifest = load("mounts: [\"./link/new:/x\"]".replace("/new", "")).manifest();
    Mount.Bind bind = (Mount.Bind) manifest.services().get("web").mounts().get(0);
    assertThat(bind.source().value()).endsWith("/link");
    assertThat(bind.real()).isEqualTo(HostPath.of(real.toRealPath()));
  }

  @Test
  void aRootOfTheMachineIsAnOpeningToo() throws Exception {
    Files.createSymbolicLink(folder.resolve("slash"), Path.of("/"));
    Path manifest = folder.resolve("m.yaml");
    Files.writeString(manifest, "services: {web: {rootfs: ./slash, command: x}}");
    LoadRequest request = new LoadRequest(manifest, folder, null, List.of(), Map.of());
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> ManifestLoader.load(request))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e ->
                assertThat(e.diagnostics().get(0).details())
                    .first()
                    .asString()
                    .contains("mount-root"));
    // A manifest from before the key existed can still be taken down.
    ManifestLoader.load(request.withPurpose(LoadRequest.Purpose.STOP));
  }

  @Test
  void whatIsAllowedAndNotNeededIsAWarningAtItsLine() throws Exception {
    List<Diagnostic> warnings =
        load("pid: host\n    security:\n      allow:\n        - host-pid\n        - mount-dev")
            .warnings();
    assertThat(warnings)
        .extracting(d -> d.code() + "@" + d.origin().line())
        .containsExactly("unused-opening@9");
  }

  /** So that those who have them need not be asked one by one. */
  @Test
  void noUsualCapabilityOpensAnything() {
    for (Capability usual : Capability.DEFAULTS) {
      assertThat(Opening.of(usual)).as(usual.toString()).isNull();
    }
  }
}
