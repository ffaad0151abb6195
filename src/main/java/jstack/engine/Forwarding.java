package jstack.engine;

import java.util.List;
import jstack.program.NetworkTarget;

/**
 * A machine that forwarded nothing goes on to forward nothing but our packets, and nothing at all
 * when our last bridge is gone: a table of its own in each family says that it was jstack who
 * turned forwarding on there.
 */
enum Forwarding {
  V4("net/ipv4/ip_forward", "ip jstack-forward"),
  V6("net/ipv6/conf/all/forwarding", "ip6 jstack-forward");

  private final String setting;
  private final String table;

  Forwarding(String setting, String table) {
    this.setting = setting;
    this.table = table;
  }

  /** The family whose switch a setting is; null when it is another setting. */
  static @org.jspecify.annotations.Nullable Forwarding of(String setting) {
    for (Forwarding family : values()) {
      if (family.setting.equals(setting)) {
        return family;
      }
    }
    return null;
  }

  /** The set holds the interfaces whose accept_ra was changed. */
  List<String> rules() {
    String ours = "\"" + NetworkTarget.BRIDGE_PREFIX + "*\"";
    return List.of(
        "table " + table + " {",
        "  comment \"jstack turned forwarding on, and off again with its last network\"",
        "  set accept_ra { type ifname; }",
        "  chain forward {",
        "    type filter hook forward priority -1; policy accept;",
        "  }",
        "}",
        "flush chain " + table + " forward",
        "add rule " + table + " forward iifname != " + ours + " oifname != " + ours + " drop");
  }

  /** A router takes no routes from others, unless it is told to; see ip-sysctl. */
  String turnOn() {
    String on = "echo 1 > /proc/sys/" + setting + "\n";
    return this == V4
        ? on
        : """
        for f in /proc/sys/net/ipv6/conf/*/accept_ra; do
          name=${f%%/accept_ra}
          name=${name##*/}
          case $name in all|default|lo|js[bv]*) continue ;; esac
          [ "$(cat "$f")" = 1 ] || continue
          nft add element TABLE accept_ra "{ \\"$name\\" }"
          echo 2 > "$f"
        done
        """
                .replace("TABLE", table)
                .replace("%%", "%")
            + on;
  }

  /** Once the last of our bridges is gone. */
  String turnOff() {
    return """
        set -- /sys/class/net/PREFIX*
        if [ ! -e "$1" ] && nft list table TABLE > /dev/null 2>&1; then
          echo 0 > /proc/sys/SETTING
          nft list set TABLE accept_ra | grep -o '"[^"]*"' | tr -d '"' | while read -r name; do
            f=/proc/sys/net/ipv6/conf/$name/accept_ra
            [ ! -e "$f" ] || echo 1 > "$f"
          done
          nft delete table TABLE
        fi
        """
        .replace("PREFIX", NetworkTarget.BRIDGE_PREFIX)
        .replace("TABLE", table)
        .replace("SETTING", setting);
  }
}
