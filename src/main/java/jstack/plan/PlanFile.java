package jstack.plan;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.Status;

/**
 * A plan to be carried out later, with everything that it rests on:
 *
 * <pre>
 * jstack-plan 1
 * digest  5891b5b5...                         of the manifest's text
 * option  --file=/home/me/app/jstack.yaml
 * service web
 * program web-1  0a4d55a8...                  what the manifest makes of it
 * seen    web-1  running, pid 4711 of 83211   and 0a4d55a8..., which it was made from
 * action  web-1 recreate restart; command: [a] -> [b]
 * end     d6f2e1c0...                         of all lines above
 * </pre>
 *
 * <p>Fields are divided by tabs. No secret is in it: programs stand by their digests.
 *
 * @param digest of the manifest's text
 * @param network of what the stack's networks have left on the machine
 * @param options of the command line that say which manifest is meant
 * @param services those that were named; none means all
 * @param removeOrphans whether containers go that the manifest does not know
 * @param fetches services whose rootfs was not there, and of which no more was known
 * @param programs digests by container
 * @param seen what each container was
 * @param actions what would be done, a line for each
 */
public record PlanFile(
    String digest,
    String network,
    List<String> options,
    List<String> services,
    boolean removeOrphans,
    List<String> fetches,
    Map<String, String> programs,
    Map<String, String> seen,
    List<String> actions) {
  private static final String HEADER = "jstack-plan ";
  private static final String VERSION = "1";

  public PlanFile {
    options = List.copyOf(options);
    services = List.copyOf(services);
    fetches = List.copyOf(fetches);
    programs = Collections.unmodifiableMap(new LinkedHashMap<>(programs));
    seen = Collections.unmodifiableMap(new LinkedHashMap<>(seen));
    actions = List.copyOf(actions);
  }

  /** What each container is, by name, so that any other one can be told from it. */
  public static Map<String, String> seen(Observed observed) {
    Map<String, String> seen = new LinkedHashMap<>();
    for (ObservedContainer container : observed.containers()) {
      String process = "";
      if (container.state().isAlive() && container.status().isPresent()) {
        Status status = container.status().get();
        process = ", pid " + status.pid() + " of " + status.startTime();
      }
      String made = container.program().map(program -> program.fingerprint()).orElse("nothing");
      seen.put(container.id().name(), container.state() + process + "\t" + made);
    }
    return seen;
  }

  /** What would be done, without the lines that ask for it: those may be named otherwise. */
  public static List<String> actions(Plan plan) {
    List<String> lines = new ArrayList<>();
    for (Action action : plan.changes()) {
      lines.add(line(action.id().name() + " " + word(action), action.causes()));
    }
    if (!plan.limits().isEmpty()) {
      lines.add(line("stack", plan.limits().causes()));
    }
    if (!plan.network().isEmpty()) {
      lines.add(line("network", plan.network()));
    }
    return lines;
  }

  private static String word(Action action) {
    String kind =
        action instanceof Action.Create
            ? "create"
            : action instanceof Action.Start
                ? "start"
                : action instanceof Action.Remove
                    ? "remove"
                    : action instanceof Action.Adjust ? "adjust" : "recreate";
    return kind + " " + action.changeClass();
  }

  private static String line(String head, List<Cause> causes) {
    StringBuilder out = new StringBuilder(head);
    causes.forEach(cause -> out.append("; ").append(cause.text()));
    return plain(out.toString());
  }

  /** A field may hold neither tab nor newline, nor anything else that moves a cursor. */
  private static String plain(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints().forEach(c -> out.appendCodePoint(Character.isISOControl(c) ? ' ' : c));
    return out.toString();
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder(HEADER + VERSION + "\n");
    add(out, "digest", digest);
    add(out, "network", network);
    options.forEach(option -> add(out, "option", plain(option)));
    services.forEach(service -> add(out, "service", service));
    if (removeOrphans) {
      add(out, "remove-orphans", "yes");
    }
    fetches.forEach(service -> add(out, "fetch", service));
    programs.forEach((name, program) -> add(out, "program", name + "\t" + program));
    seen.forEach((name, text) -> add(out, "seen", name + "\t" + text));
    actions.forEach(action -> add(out, "action", action));
    return out + "end\t" + digestOf(out.toString()) + "\n";
  }

  private static void add(StringBuilder out, String key, String value) {
    out.append(key).append('\t').append(value).append('\n');
  }

  /**
   * Inverse of {@link #toString()}.
   *
   * @throws IllegalArgumentException with the reason, for any other text
   */
  public static PlanFile parse(String text) {
    int first = text.indexOf('\n');
    if (first < 0 || !text.startsWith(HEADER)) {
      throw new IllegalArgumentException("is no plan of jstack");
    }
    String version = text.substring(HEADER.length(), first);
    if (!version.equals(VERSION)) {
      String shown = plain(version.substring(0, Math.min(20, version.length())));
      throw new IllegalArgumentException(
          "is a plan of version " + shown + "; this jstack knows version " + VERSION);
    }
    int end = text.lastIndexOf("\nend\t") + 1;
    if (end == 0
        || !text.endsWith("\n")
        || !text.substring(end).equals("end\t" + digestOf(text.substring(0, end)) + "\n")) {
      throw new IllegalArgumentException("is not whole, or was changed since it was written");
    }
    Reader reader = new Reader();
    text.substring(first + 1, end).lines().forEach(reader::read);
    return reader.finish();
  }

  /** Collects the lines. */
  private static final class Reader {
    private final Map<String, List<String>> lists = new LinkedHashMap<>();
    private final Map<String, Map<String, String>> maps = new LinkedHashMap<>();

    void read(String line) {
      int tab = line.indexOf('\t');
      String key = tab < 0 ? line : line.substring(0, tab);
      String value = tab < 0 ? "" : line.substring(tab + 1);
      if (key.equals("program") || key.equals("seen")) {
        int second = value.indexOf('\t');
        if (second < 0) {
          throw new IllegalArgumentException("has a line that is none of a plan's");
        }
        maps.computeIfAbsent(key, any -> new LinkedHashMap<>())
            .put(value.substring(0, second), value.substring(second + 1));
      } else if (KEYS.contains(key) && tab > 0) {
        lists.computeIfAbsent(key, any -> new ArrayList<>()).add(value);
      } else {
        throw new IllegalArgumentException("has a line that is none of a plan's");
      }
    }

    private static final List<String> KEYS =
        List.of("digest", "network", "option", "service", "remove-orphans", "fetch", "action");

    PlanFile finish() {
      return new PlanFile(
          one("digest"),
          one("network"),
          all("option"),
          all("service"),
          lists.containsKey("remove-orphans"),
          all("fetch"),
          maps.getOrDefault("program", Map.of()),
          maps.getOrDefault("seen", Map.of()),
          all("action"));
    }

    private List<String> all(String key) {
      return lists.getOrDefault(key, List.of());
    }

    private String one(String key) {
      List<String> values = all(key);
      if (values.size() != 1) {
        throw new IllegalArgumentException("has no " + key);
      }
      return values.get(0);
    }
  }

  /** SHA-256 in hexadecimal. */
  public static String digestOf(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /**
   * Whatever is not as it was when this was written, a sentence for each; none when this plan may
   * be carried out.
   *
   * @param now the same plan, made anew
   */
  public List<String> movedSince(PlanFile now) {
    if (!digest.equals(now.digest)) {
      return List.of("the manifest's text is another");
    }
    List<String> moved = new ArrayList<>();
    for (String name : names(seen, now.seen)) {
      String was = seen.getOrDefault(name, "not there");
      String is = now.seen.getOrDefault(name, "not there");
      if (!was.equals(is)) {
        moved.add(name + " was " + shown(was) + ", and is " + shown(is) + another(was, is));
      }
    }
    for (String name : names(programs, now.programs)) {
      String service = name.substring(0, Math.max(0, name.lastIndexOf('-')));
      if (!fetches.contains(service)
          && !Optional.ofNullable(programs.get(name))
              .equals(Optional.ofNullable(now.programs.get(name)))) {
        moved.add(name + ": a file, a variable or the machine makes another container of it");
      }
    }
    if (!network.equals(now.network)) {
      moved.add("the networks of the stack were changed");
    }
    if (moved.isEmpty() && fetches.isEmpty()) {
      for (String line : now.actions) {
        if (!actions.contains(line)) {
          moved.add("it would be, too: " + line);
        }
      }
      for (String line : actions) {
        if (!now.actions.contains(line)) {
          moved.add("it would not be any more: " + line);
        }
      }
    }
    return moved;
  }

  private static List<String> names(Map<String, String> one, Map<String, String> other) {
    List<String> names = new ArrayList<>(one.keySet());
    other.keySet().stream().filter(name -> !one.containsKey(name)).forEach(names::add);
    return names;
  }

  private static String shown(String seen) {
    int tab = seen.indexOf('\t');
    return tab < 0 ? seen : seen.substring(0, tab);
  }

  private static String another(String was, String is) {
    return shown(was).equals(shown(is)) ? " of another program" : "";
  }
}
