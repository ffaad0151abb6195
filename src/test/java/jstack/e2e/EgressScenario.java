package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import jstack.state.StateLayout;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Outside;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Egress rules, by connections that come about and that do not. */
@Tag("kernel")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EgressScenario {
  private static final String STACK =
      """
      name: egress
      services:
        open: {rootfs: BUSYBOX, command: [httpd, -f, -p, "80", -h, /www]}
        db: {rootfs: BUSYBOX, command: [httpd, -f, -p, "80", -h, /www]}
        locked:
          rootfs: BUSYBOX
          command: [httpd, -f, -p, "80", -h, /www]
          egress: {default: deny, allow: ["db:80/tcp"]}
          ports: ["8951:80"]
        worker:
          rootfs: BUSYBOX
          command: [sleep, "1000"]
          egress: {default: deny, allow: ["198.51.100.0/24:80/tcp"]}
        careful:
          rootfs: BUSYBOX
          command: [sleep, "1000"]
          egress: {default: allow, deny: ["198.51.100.0/24"]}
      """;

  private Jstack jstack;
  private Outside outside;

  @BeforeAll
  void begin(@TempDir Path folder) throws Exception {
    jstack = new Jstack(folder);
    outside = new Outside(folder);
    jstack.manifest(STACK);
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(() -> assertThat(reaches("open", "db", 80)).isTrue());
    Eventually.check(() -> assertThat(reaches("open", Outside.ADDRESS, 80)).isTrue());
  }

  @AfterAll
  void end() throws Exception {
    outside.close();
    jstack.close();
  }

  private boolean reaches(String service, String host, int port) throws Exception {
    String[] nc = {"exec", "-T", service, "nc", "-w", "1", host, Integer.toString(port)};
    return jstack.jstack(nc).code() == 0;
  }

  @Test
  void whatIsAllowedByNameIsReachedAndNothingElse() throws Exception {
    assertThat(reaches("locked", "db", 80)).isTrue();
    assertThat(reaches("locked", "open", 80)).isFalse();
    assertThat(reaches("locked", Outside.ADDRESS, 80)).isFalse();
    assertThat(reaches("locked", "127.0.0.1", 80)).as("itself").isTrue();
  }

  @Test
  void whatIsAllowedByAddressIsReachedAndNothingElse() throws Exception {
    assertThat(reaches("worker", Outside.ADDRESS, 80)).isTrue();
    assertThat(reaches("worker", "db", 80)).isFalse();
  }

  @Test
  void whatIsDeniedIsNotReachedAndEverythingElseIs() throws Exception {
    assertThat(reaches("careful", Outside.ADDRESS, 80)).isFalse();
    assertThat(reaches("careful", "db", 80)).isTrue();
  }

  @Test
  void answersToThoseWhoAskAreNoEgress() throws Exception {
    assertThat(reaches("open", "locked", 80)).isTrue();
    assertThat(Command.output("curl", "-s", "-m", "2", "http://127.0.0.1:8951/"))
        .isEqualTo("hello\n");
  }

  @Test
  void aRefusedConnectionSaysSoAtOnce() throws Exception {
    long begin = System.nanoTime();
    jstack.jstack("exec", "-T", "locked", "nc", "-w", "9", "open", "80").says("nc");
    assertThat(System.nanoTime() - begin).isLessThan(5_000_000_000L);
  }

  @Test
  void theRulesAreInTheServicesOwnNamespaceAndItsRootCannotChangeThem() throws Exception {
    String netns = new StateLayout(jstack.run(), jstack.home()).cgroup() + ".egress.locked-1";
    assertThat(Command.output("ip", "netns", "exec", netns, "nft", "list", "ruleset"))
        .contains("table inet jstack-egress");
    assertThat(Command.output("nft", "list", "tables")).doesNotContain("jstack-egress\n");
    String try1 =
        "ip link set eth0 down; ip address add 10.0.0.9/24 dev eth0; ip route del default";
    jstack.jstack("exec", "-T", "locked", "sh", "-c", try1).says("Operation not permitted");
    assertThat(reaches("locked", "db", 80)).isTrue();
  }
}
