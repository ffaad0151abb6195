package jstack.engine;

import java.util.List;
import jstack.program.NetworkTarget;

/**
 * A machine that forwarded nothing goes on to forward nothing but our packets, and nothing at all
 * when our last bridge is gone: a table of its own says that it was jstack who turned it on.
 */
final class Forwarding {
  private static final String V4 = "net/ipv4/ip_forward";
  private static final String V6 = "net/ipv6/conf/all/forwarding";
  private static final String TABLE = "inet jstack-forward";
  private static final String OURS = "\"" + NetworkTarget.BRIDGE_PREFIX + "*\"";

  /** The set holds the interfaces whose accept_ra was changed. */
  static final List<String> RULES =
      List.of(
          "table " + TABLE + " {",
          "  comment \"jstack turned forwarding on, and off again with its last network\"",
          "  set accept_ra { type ifname; }",
          "  chain forward {",
          "    type filter hook forward priority -1; policy accept;",
          "  }",
          "}",
          "flush chain " + TABLE + " forward",
          "add rule " + TABLE + " forward iifname != " + OURS + " oifname != " + OURS + " drop");

  static final String TURN_OFF =
      """
      set -- /sys/class/net/%s*
      if [ ! -e "$1" ] && nft list table %s > /dev/null 2>&1; then
        echo 0 > /proc/sys/%s
        echo 0 > /proc/sys/%s
        nft list set %s accept_ra | grep -o '"[^"]*"' | tr -d '"' | while read -r name; do
          f=/proc/sys/net/ipv6/conf/$name/accept_ra
          [ ! -e "$f" ] || echo 1 > "$f"
        done
        nft delete table %s
      fi
      """
          .formatted(NetworkTarget.BRIDGE_PREFIX, TABLE, V4, V6, TABLE, TABLE);

  private Forwarding() {}

  static boolean isSwitch(String setting) {
    return setting.equals(V4) || setting.equals(V6);
  }

  /** A router takes no routes from others, unless it is told to; see ip-sysctl. */
  static String turnOn(String setting) {
    String on = "echo 1 > /proc/sys/" + setting + "\n";
    return setting.equals(V4)
        ? on
        : """
        for f in /proc/sys/net/ipv6/conf/*/accept_ra; do
          name=${f%%/accept_ra}
          name=${name##*/}
          case $name in all|default|lo|js[bv]*) continue ;; esac
          [ "$(cat "$f")" = 1 ] || continue
          nft add element %s accept_ra "{ \\"$name\\" }"
          echo 2 > "$f"
        done
        """
                .formatted(TABLE)
            + on;
  }
}
