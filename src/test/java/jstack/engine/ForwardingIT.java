package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Command;
import jstack.support.Host;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forwarding is turned on and off again, on a machine of its own: a network namespace. */
class ForwardingIT {
  @TempDir Path folder;

  private String run(String script) throws Exception {
    Host.needsRoot();
    Path file = Files.writeString(folder.resolve("script"), script);
    String inside = "mount -t sysfs sysfs /sys && mount -t tmpfs run /run && exec sh -e " + file;
    return Command.output("unshare", "--net", "--mount", "sh", "-c", inside);
  }

  private String on(Forwarding family) throws Exception {
    Path rules = folder.resolve(family + ".nft");
    Files.writeString(rules, String.join("\n", family.rules()) + "\n");
    return "nft -f " + rules + "\n" + family.turnOn();
  }

  private static String show(String... settings) {
    StringBuilder out = new StringBuilder();
    for (String setting : settings) {
      out.append("cat /proc/sys/net/").append(setting).append('\n');
    }
    return out.toString();
  }

  @Test
  void eachFamilyIsTurnedOffOnlyWhereItWasTurnedOn() throws Exception {
    String show = show("ipv4/ip_forward", "ipv6/conf/all/forwarding");
    String off = Forwarding.V4.turnOff() + Forwarding.V6.turnOff();
    String script =
        "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding\n" + on(Forwarding.V4) + show + off + show;
    assertThat(run(script + "nft list tables\n")).isEqualTo("1\n1\n0\n1\n");
  }

  @Test
  void interfacesThatTookRoutesGoOnToTakeThem() throws Exception {
    String show =
        show(
            "ipv6/conf/all/forwarding",
            "ipv6/conf/one/accept_ra",
            "ipv6/conf/two/accept_ra",
            "ipv6/conf/none/accept_ra");
    String script =
        "ip link add one type veth peer name two\nip link add none type bridge\n"
            + "echo 0 > /proc/sys/net/ipv6/conf/all/forwarding\n"
            + "echo 1 > /proc/sys/net/ipv6/conf/one/accept_ra\n"
            + "echo 1 > /proc/sys/net/ipv6/conf/two/accept_ra\n"
            + "echo 0 > /proc/sys/net/ipv6/conf/none/accept_ra\n"
            + on(Forwarding.V6)
            + show
            + Forwarding.V6.turnOff()
            + show;
    assertThat(run(script)).isEqualTo("1\n2\n2\n0\n0\n1\n1\n0\n");
  }

  @Test
  void flushedTablesMakeNobodyForgetWhoTurnedItOn() throws Exception {
    String script =
        on(Forwarding.V4)
            + on(Forwarding.V6)
            + "nft flush ruleset\n"
            + Forwarding.V4.turnOff()
            + Forwarding.V6.turnOff()
            + show("ipv4/ip_forward", "ipv6/conf/all/forwarding")
            + "ls /run\n";
    assertThat(run(script)).isEqualTo("0\n0\n");
  }

  @Test
  void forwardingStaysOnWhileABridgeIsThere() throws Exception {
    String script =
        on(Forwarding.V4)
            + "ip link add jsb00000000 type bridge\n"
            + Forwarding.V4.turnOff()
            + show("ipv4/ip_forward")
            + "ip link delete jsb00000000\n"
            + Forwarding.V4.turnOff()
            + show("ipv4/ip_forward");
    assertThat(run(script)).isEqualTo("1\n0\n");
  }
}
