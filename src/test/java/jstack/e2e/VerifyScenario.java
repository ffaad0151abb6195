package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jstack.support.Command;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The manifest against the kernel, after somebody has changed things behind jstack's back. */
@Tag("kernel")
class VerifyScenario {
  private static final String STACK =
      """
      name: demo
      cgroup: {pids: {max: 700}}
      services:
        web:
          rootfs: BUSYBOX
          command: [sleep, "1000"]
          stop_grace_period: 0s
          ports: ["127.0.0.1:8089:80"]
          egress: {default: deny, allow: [10.0.0.0/8]}
          mounts: [./site:/site:ro, {type: tmpfs, target: /scratch}]
          cgroup: {memory: {max: 64m}, pids: 50}
        db:
          rootfs: ROOTFS
          command: [/probe, sleep]
          network_mode: none
          user: "1000:1001"
          cap_drop: [ALL]
          read_only: true
          domainname: example.org
        side:
          rootfs: BUSYBOX
          command: [sleep, "1000"]
          stop_grace_period: 0s
          namespaces: {ipc: "service:web", network: "service:web"}
          tty: true
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    Files.createDirectory(folder.resolve("site"));
    jstack.manifest(STACK).jstack("up", "-d").exits(0);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private String inside(String kinds, String... command) throws Exception {
    List<String> words =
        new java.util.ArrayList<>(
            List.of("nsenter", "-t", Long.toString(jstack.pid("web-1")), "-p", kinds));
    words.addAll(List.of(command));
    return Command.output(words.toArray(String[]::new));
  }

  @Test
  void anUntouchedStackIsAsItsManifestSays() throws Exception {
    jstack.jstack("verify").exits(0).prints("3 containers, all as the manifest says\n");
    assertThat(jstack.jstack("verify", "--format", "json").exits(0).out()).isEmpty();
    jstack.manifest(STACK.replace("pids: 50", "pids: 60"));
    jstack
        .jstack("verify", "web")
        .exits(2)
        .prints("web-1  cgroup.pids.max: 60 is wanted, 50 is there  up mends it");
  }

  @Test
  void whatUpCanMendIsFoundAndMended() throws Exception {
    Path cgroup = jstack.cgroup("pids").resolve("demo/web-1/pids.max");
    Files.writeString(cgroup, "77");
    Files.writeString(jstack.cgroup("pids").resolve("demo/pids.max"), "max");
    jstack
        .jstack("verify")
        .exits(2)
        .prints(
            "web-1  cgroup.pids.max: 50 is wanted, 77 is there  up mends it  (jstack.yaml:11:40)")
        .prints("stack  cgroup.pids.max: 700 is wanted, unlimited is there  up mends it")
        .prints("2 drifts in 3 containers\n");
    String link =
        Command.output(
            "sh",
            "-c",
            "n=$(nsenter -t $1 -n ip -o link show dev eth0 | sed 's/.*@if\\([0-9]*\\):.*/\\1/');"
                + " ip -o link | sed -n \"s/^$n: \\(jsv[0-9a-f]*\\)@.*/\\1/p\"",
            "sh",
            Long.toString(jstack.pid("web-1")));
    assertThat(link.strip()).isNotEmpty();
    Command.output("ip", "link", "delete", link.strip());
    jstack
        .jstack("verify", "--format", "json")
        .exits(2)
        .prints("\"name\":\"web-1\",\"key\":\"networks.default\",\"wanted\":\"link " + link.strip())
        .prints("\"seen\":\"no such link\",\"mend\":\"up mends it\"");
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("verify").exits(0);
  }

  @Test
  void whatOnlyAnotherContainerHasIsFound() throws Exception {
    inside("-u", "hostname", "evil");
    inside("-m", "/bin/busybox", "mount", "-o", "remount,bind,rw", "/site");
    inside("-m", "/bin/busybox", "umount", "/scratch");
    inside("-m", "/bin/busybox", "mount", "-t", "tmpfs", "x", "/etc");
    jstack
        .jstack("verify")
        .exits(2)
        .prints("web-1  hostname: web is wanted, evil is there  up --force-recreate mends it")
        .prints("web-1  mounts[/site]: ro is wanted, rw,")
        .prints("web-1  mounts[/scratch]: tmpfs is wanted, not mounted is there")
        .prints("web-1  mounts[/etc]: nothing is wanted, tmpfs is there");
    jstack.jstack("up", "-d", "--force-recreate", "web").exits(0);
    jstack.jstack("verify").exits(0);
  }

  @Test
  void rulesOfThePacketFilterAreRead() throws Exception {
    String table =
        Command.output("sh", "-c", "nft list tables | grep -o 'jstack[^ ]*demo'").strip();
    Command.output("nft", "add", "rule", "inet", table, "forward", "accept");
    jstack.jstack("verify").exits(2).prints("no such rule is wanted, accept is there");
    Command.output("nft", "delete", "table", "inet", table);
    jstack.jstack("verify").exits(2).prints("no such table is there  up mends it");
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("verify").exits(0);
    inside("-n", "nft", "flush", "table", "inet", "jstack-egress");
    jstack.jstack("verify").exits(2).prints("web-1  web-1.egress: ");
  }

  @Test
  void whatIsDoneOrWasNotAskedForIsNoDrift() throws Exception {
    jstack
        .manifest(
            """
            name: demo
            services:
              migrate: {rootfs: ROOTFS, command: [/probe, exit, "0"]}
              web:
                rootfs: ROOTFS
                command: [/probe, sleep]
                depends_on: {migrate: {condition: service_completed_successfully}}
            jobs:
              test: {rootfs: ROOTFS, command: [/probe, exit, "0"]}
            """)
        .jstack("up", "--wait")
        .exits(0);
    assertThat(jstack.jstack("verify").exits(0).out())
        .isEqualTo("2 containers, all as the manifest says\n");
  }

  @Test
  void whoeverDoesNotRunIsNamed() throws Exception {
    jstack.jstack("kill", "-s", "KILL", "db").exits(0);
    jstack
        .jstack("verify", "db")
        .exits(2)
        .prints("db-1  state: running is wanted, exited with code 137");
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("verify").exits(0);
  }
}
