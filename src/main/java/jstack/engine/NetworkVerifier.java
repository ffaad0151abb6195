package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.plan.Drift;
import jstack.program.NetworkPart;
import jstack.program.NetworkProgram;

/**
 * Holds what ip(8) and nft(8) show against the lines that make a stack's networks. What nft makes
 * of its rules is not what was written, so the wanted ones are loaded, too, in a network namespace
 * that is gone afterwards, and both are compared as nft prints them.
 */
public final class NetworkVerifier {
  private static final String MARK = "@@ ";

  private final NetworkProgram wanted;
  private final Map<String, List<String>> shown = new HashMap<>();
  private final List<Drift> drifts = new ArrayList<>();

  public NetworkVerifier(NetworkProgram wanted) {
    this.wanted = wanted;
  }

  /** Everything in which the machine's networks are not those of the program. */
  public List<Drift> verify() {
    if (wanted.parts().isEmpty()) {
      return List.of();
    }
    ask(script());
    for (NetworkPart part : wanted.parts()) {
      Ask host = new Ask(part, "");
      part.lines().host().forEach(line -> verify(host, line));
      part.lines().attach().forEach(line -> verify(host, line));
      Ask inside = new Ask(part, part.name());
      part.lines().inside().forEach(line -> verify(inside, line));
      if (!part.lines().rules().isEmpty()) {
        rules(part);
      }
      part.lines().settings().forEach(line -> setting(part, line));
    }
    return List.copyOf(drifts);
  }

  /** Whose line it is, and in which namespace it was said. */
  private record Ask(NetworkPart part, String namespace) {}

  private String script() {
    StringBuilder shell = new StringBuilder("exec 2>/dev/null\n");
    show(shell, "link ", "ip -o link");
    show(shell, "addr ", "ip -o addr");
    for (NetworkPart part : wanted.parts()) {
      if (part.kind() == NetworkPart.Kind.NAMESPACE) {
        String name = part.name();
        show(shell, "link " + name, "ip -n " + name + " -o link");
        show(shell, "addr " + name, "ip -n " + name + " -o addr");
        show(shell, "route " + name, "ip -n " + name + " route; ip -n " + name + " -6 route");
      }
      if (!part.lines().rules().isEmpty()) {
        String list = "nft -s list table inet " + table(part);
        boolean inside = part.kind() == NetworkPart.Kind.EGRESS;
        show(
            shell,
            "rules " + key(part),
            (inside ? "ip netns exec " + part.name() + " " : "") + list);
        StringBuilder text = new StringBuilder();
        part.lines().rules().forEach(line -> text.append(line.text()).append('\n'));
        show(
            shell,
            "wanted " + key(part),
            "unshare -n sh -c 'nft -f - && " + list + "' <<'RULES'\n" + text + "RULES");
      }
    }
    return shell.toString();
  }

  private static String key(NetworkPart part) {
    return part.kind() + " " + part.name();
  }

  private static String table(NetworkPart part) {
    return part.kind() == NetworkPart.Kind.EGRESS ? NetworkPart.EGRESS_TABLE : part.name();
  }

  private static void show(StringBuilder shell, String what, String command) {
    shell.append("echo '").append(MARK).append(what).append("'\n").append(command).append('\n');
  }

  private void ask(String script) {
    try {
      Process process = new ProcessBuilder("/bin/sh").redirectErrorStream(true).start();
      try (var stdin = process.getOutputStream()) {
        stdin.write(script.getBytes(StandardCharsets.UTF_8));
      }
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      List<String> current = new ArrayList<>();
      for (String line : text.lines().toList()) {
        if (line.startsWith(MARK)) {
          current = new ArrayList<>();
          shown.put(line.substring(MARK.length()), current);
        } else {
          current.add(line.strip());
        }
      }
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "network-tools", "cannot ask for the networks: " + e.getMessage(), "");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<String> of(String what, String namespace) {
    return shown.getOrDefault(what + " " + namespace, List.of());
  }

  private void verify(Ask ask, NetworkPart.Line line) {
    String[] words = line.text().split(" ", -1);
    if (line.text().startsWith("link add ")) {
      link(ask, words[2], line);
      int peer = List.of(words).indexOf("peer");
      if (peer > 0) {
        peer(ask, words, line);
      }
    } else if (line.text().startsWith("link set ")) {
      state(ask, words, line);
    } else if (line.text().startsWith("address add ")) {
      address(ask, words[2], words[4], line);
    } else if (line.text().startsWith("route add default ")) {
      String route = line.text().substring("route add ".length());
      boolean there = of("route", ask.namespace()).stream().anyMatch(r -> r.startsWith(route));
      if (!there && !find(ask.namespace(), words[words.length - 1]).isEmpty()) {
        add(ask.part(), line.origin(), route, "no such route");
      }
    }
  }

  /** The line of a link in `ip -o link`; empty when there is none. */
  private String find(String namespace, String name) {
    for (String line : of("link", namespace)) {
      String[] words = line.split(" ", -1);
      String own = words.length > 1 ? words[1].replaceAll("(@.*)?:$", "") : "";
      if (own.equals(name)) {
        return line + " ";
      }
    }
    return "";
  }

  private boolean link(Ask ask, String name, NetworkPart.Line line) {
    boolean there = !find(ask.namespace(), name).isEmpty();
    if (!there) {
      add(ask.part(), line.origin(), "link " + name, "no such link");
    }
    return there;
  }

  /** {@code link add V type veth peer name E address MAC [mtu M] netns N}. */
  private void peer(Ask ask, String[] words, NetworkPart.Line line) {
    List<String> all = List.of(words);
    String name = words[all.indexOf("name") + 1];
    String namespace = words[all.indexOf("netns") + 1];
    String seen = find(namespace, name);
    if (seen.isEmpty()) {
      add(ask.part(), line.origin(), "link " + name + " inside", "no such link");
      return;
    }
    String mac = words[all.indexOf("address") + 1];
    if (!seen.toLowerCase(java.util.Locale.ROOT)
        .contains("link/ether " + mac.toLowerCase(java.util.Locale.ROOT) + " ")) {
      add(ask.part(), line.origin(), name + " " + mac, "another hardware address");
    }
    int mtu = all.lastIndexOf("mtu");
    if (mtu > 0) {
      mtu(ask.part(), name, words[mtu + 1], seen, line);
    }
  }

  private void mtu(NetworkPart part, String name, String mtu, String seen, NetworkPart.Line line) {
    if (!seen.contains(" mtu " + mtu + " ")) {
      add(part, line.origin(), name + " mtu " + mtu, "another mtu");
    }
  }

  /** {@code link set D [mtu M] [master B] up}; what is missing was said where it was added. */
  private void state(Ask ask, String[] words, NetworkPart.Line line) {
    String name = words[2];
    String seen = find(ask.namespace(), name);
    if (seen.isEmpty()) {
      return;
    }
    List<String> all = List.of(words);
    if (all.contains("up") && !seen.matches(".*[<,]UP[,>].*")) {
      add(ask.part(), line.origin(), name + " up", "down");
    }
    int master = all.indexOf("master");
    if (master > 0 && !seen.contains(" master " + words[master + 1] + " ")) {
      add(ask.part(), line.origin(), name + " on " + words[master + 1], "on no such bridge");
    }
    int mtu = all.indexOf("mtu");
    if (mtu > 0) {
      mtu(ask.part(), name, words[mtu + 1], seen, line);
    }
  }

  private void address(Ask ask, String address, String device, NetworkPart.Line line) {
    boolean there = false;
    for (String seen : of("addr", ask.namespace())) {
      String[] words = seen.split("\\s+", -1);
      there |= words.length > 3 && words[1].equals(device) && words[3].equals(address);
    }
    if (!there && !find(ask.namespace(), device).isEmpty()) {
      add(ask.part(), line.origin(), device + " " + address, "no such address");
    }
  }

  private void rules(NetworkPart part) {
    List<String> should = of("wanted", key(part));
    List<String> is = of("rules", key(part));
    if (is.isEmpty()) {
      boolean mends = part.kind() == NetworkPart.Kind.RULES;
      Drift.Mend mend = mends ? Drift.Mend.UP : Drift.Mend.DOWN;
      drifts.add(drift(part, Origin.NONE, "table inet " + table(part), "no such table", mend));
      return;
    }
    List<String> lost = new ArrayList<>(should);
    is.forEach(lost::remove);
    List<String> more = new ArrayList<>(is);
    should.forEach(more::remove);
    for (String rule : lost) {
      add(part, originOf(part, rule), rule, "no such rule");
    }
    for (String rule : more) {
      add(part, Origin.NONE, "no such rule", rule);
    }
  }

  /** Where nft says it as it was written, the line is known. */
  private static Origin originOf(NetworkPart part, String rule) {
    for (NetworkPart.Line line : part.lines().rules()) {
      if (line.text().strip().equals(rule)) {
        return line.origin();
      }
    }
    return Origin.NONE;
  }

  private void setting(NetworkPart part, NetworkPart.Line line) {
    String[] setting = line.text().split("=", 2);
    String seen = StackNetwork.read(Path.of("/proc/sys").resolve(setting[0])).trim();
    if (!seen.equals(setting[1]) && !seen.isEmpty()) {
      add(part, line.origin(), line.text(), seen);
    }
  }

  private void add(NetworkPart part, Origin origin, String should, String seen) {
    boolean lost = seen.equals("no such link") && part.kind() != NetworkPart.Kind.RULES;
    drifts.add(drift(part, origin, should, seen, lost ? Drift.Mend.UP : Drift.Mend.DOWN));
  }

  private static Drift drift(
      NetworkPart part, Origin origin, String should, String seen, Drift.Mend mend) {
    Map<String, NetworkPart.Fact> facts = new LinkedHashMap<>(part.facts());
    String key = "networks";
    Origin place = origin;
    for (Map.Entry<String, NetworkPart.Fact> fact : facts.entrySet()) {
      boolean same = fact.getValue().origin().equals(origin);
      if (same || !place.isKnown()) {
        key = fact.getKey();
        place = fact.getValue().origin();
      }
      if (same) {
        break;
      }
    }
    return new Drift(part.label(), key, should, seen, place, mend);
  }
}
