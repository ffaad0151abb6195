package jstack.engine;

import java.nio.file.Path;
import java.util.List;
import jstack.program.NetworkTarget;
import org.jspecify.annotations.Nullable;

/**
 * A machine that forwarded nothing goes on to forward nothing but our packets, and nothing at all
 * when our last bridge is gone. A file says that it was jstack who turned forwarding on, since
 * tables of rules may be flushed by anybody; like the switches it is gone with a reboot.
 */
enum Forwarding {
  V4("net/ipv4/ip_forward", "ip jstack-forward"),
  V6("net/ipv6/conf/all/forwarding", "ip6 jstack-forward");

  /**
   * A line for each family, and for each interface whose accept_ra was changed. In a directory that
   * is root's alone: whoever can make files in it could have us write elsewhere.
   */
  private static final String MEMORY = "/run/jstack.forwarding";

  private final String setting;
  private final String table;

  Forwarding(String setting, String table) {
    this.setting = setting;
    this.table = table;
  }

  /** The family whose switch a setting is; null when it is another setting. */
  static @Nullable Forwarding of(String setting) {
    for (Forwarding family : values()) {
      if (family.setting.equals(setting)) {
        return family;
      }
    }
    return null;
  }

  /** Whether it was jstack who turned it on. */
  boolean isOurs() {
    return StackNetwork.read(Path.of(MEMORY)).lines().anyMatch(line -> line.equals(name()));
  }

  List<String> rules() {
    String ours = "\"" + NetworkTarget.BRIDGE_PREFIX + "*\"";
    return List.of(
        "table " + table,
        "delete table " + table,
        "table " + table + " {",
        "  comment \"jstack turned forwarding on, and off again with its last network\"",
        "  chain forward {",
        "    type filter hook forward priority -1; policy accept;",
        "    iifname != " + ours + " oifname != " + ours + " drop",
        "  }",
        "}");
  }

  /** A router takes no routes from others, unless it is told to; see ip-sysctl. */
  String turnOn() {
    String interfaces =
        """
        for f in /proc/sys/net/ipv6/conf/*/accept_ra; do
          name=${f%/accept_ra}
          name=${name##*/}
          case $name in all|default|lo|js[bv]*) continue ;; esac
          [ "$(cat "$f")" = 1 ] || continue
          echo "accept_ra $name" >> MEMORY
          echo 2 > "$f"
        done
        """;
    return ("echo FAMILY >> MEMORY\n" + (this == V6 ? interfaces : "") + "echo 1 > SWITCH\n")
        .replace("MEMORY", MEMORY)
        .replace("FAMILY", name())
        .replace("SWITCH", "/proc/sys/" + setting);
  }

  /** Once the last of our bridges is gone. */
  String turnOff() {
    String interfaces =
        """
          while read -r what name; do
            f=/proc/sys/net/ipv6/conf/$name/accept_ra
            [ "$what" != accept_ra ] || [ ! -e "$f" ] || echo 1 > "$f"
          done < MEMORY
        """;
    return """
        set -- /sys/class/net/PREFIX*
        if [ ! -e "$1" ] && grep -qsx FAMILY MEMORY; then
          echo 0 > SWITCH
        INTERFACES  grep -vx -e FAMILY REST MEMORY > MEMORY.new || :
          mv MEMORY.new MEMORY
          [ -s MEMORY ] || rm MEMORY
          nft delete table TABLE 2> /dev/null || :
        fi
        """
        .replace("INTERFACES", this == V6 ? interfaces : "")
        .replace("REST", this == V6 ? "-e 'accept_ra .*'" : "")
        .replace("MEMORY", MEMORY)
        .replace("FAMILY", name())
        .replace("SWITCH", "/proc/sys/" + setting)
        .replace("PREFIX", NetworkTarget.BRIDGE_PREFIX)
        .replace("TABLE", table);
  }
}
