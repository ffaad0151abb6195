package jstack.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;

/**
 * The unit file of a stack; see systemd.unit(5) and systemd.service(5).
 *
 * @param jstack the command, absolute
 * @param project of the stack
 * @param services to bring up, none for all
 * @param manifest its file, absolute
 * @param options of every {@code up}, besides the manifest
 * @param environment that jstack needs to find its state and its Java
 * @param paths whose file systems must be there
 * @param network whether the network has to be up before
 * @param stopSeconds how long a stop may take
 */
record UnitFile(
    Path jstack,
    String project,
    List<String> services,
    Path manifest,
    List<String> options,
    Map<String, String> environment,
    List<Path> paths,
    boolean network,
    long stopSeconds) {
  /** What it is called in /etc/systemd/system. */
  String name() {
    return "jstack-" + project + ".service";
  }

  /** The text, as it goes into the file. */
  String text() {
    StringBuilder out = new StringBuilder();
    String place = "/etc/systemd/system/" + name();
    out.append("# ").append(place).append(": the stack of ").append(manifest).append('\n');
    out.append("#\n");
    out.append("# to install: write it there, then systemctl daemon-reload\n");
    out.append("#   systemctl enable --now ").append(name()).append('\n');
    out.append(
        "# systemctl reload does the cheapest change after an edit of the manifest; stop is\n");
    out.append("# down: what containers wrote is kept.\n");
    out.append("[Unit]\n");
    line(out, "Description", "jstack: " + project);
    if (network) {
      line(out, "Wants", "network-online.target");
      line(out, "After", "network-online.target");
    }
    List<String> mounts = new ArrayList<>();
    paths.forEach(path -> mounts.add(quoted(path.toString())));
    line(out, "RequiresMountsFor", String.join(" ", mounts));
    out.append("\n[Service]\n");
    line(out, "Type", "oneshot");
    line(out, "RemainAfterExit", "yes");
    line(out, "WorkingDirectory", bare(folder()));
    environment.forEach((name, value) -> line(out, "Environment", quoted(name + "=" + value)));
    line(out, "ExecStart", up());
    line(out, "ExecReload", up());
    line(out, "ExecStop", down());
    line(out, "TimeoutStopSec", Long.toString(stopSeconds));
    out.append("# The containers' cgroups are made below this unit's own.\n");
    line(out, "Delegate", "yes");
    line(out, "TasksMax", "infinity");
    out.append("# A container out of memory is for jstack to see to, not for the whole unit.\n");
    line(out, "OOMPolicy", "continue");
    out.append("# Only what is left after ExecStop is killed, at once.\n");
    line(out, "KillMode", "mixed");
    out.append("\n[Install]\n");
    line(out, "WantedBy", "multi-user.target");
    return out.toString();
  }

  private Path folder() {
    Path parent = manifest.getParent();
    return parent == null ? Path.of("/") : parent;
  }

  private String up() {
    List<String> words = new ArrayList<>(List.of("up", "-d", "-f", manifest.toString()));
    words.addAll(options);
    words.addAll(services);
    return command(words);
  }

  /** By the project's name: an edited manifest may be wrong, and has to stop all the same. */
  private String down() {
    List<String> words = new ArrayList<>(List.of("down", "-p", project));
    words.addAll(services);
    return command(words);
  }

  /**
   * A variable may stand in every word but the program's own, and that may have no quotes or
   * backslashes.
   */
  private String command(List<String> words) {
    String program = jstack.toString();
    boolean safe = program.chars().noneMatch(c -> "\"'\\".indexOf(c) >= 0);
    StringBuilder out = new StringBuilder(safe ? quoted(program) : "/usr/bin/env ");
    if (!safe) {
      out.append(quoted(program.replace("$", "$$")));
    }
    for (String word : words) {
      out.append(' ').append(quoted(word.replace("$", "$$")));
    }
    return out.toString();
  }

  private static void line(StringBuilder out, String key, String value) {
    out.append(key).append('=').append(value).append('\n');
  }

  /** One word of a list: a percent sign begins a specifier everywhere. */
  static String quoted(String word) {
    String text = checked(word).replace("%", "%%");
    boolean plain = !text.isEmpty() && text.chars().noneMatch(c -> " \"'\\;#".indexOf(c) >= 0);
    return plain ? text : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  /** A whole value that is one path, where quotes are letters like others. */
  private static String bare(Path path) {
    String text = checked(path.toString());
    if (text.endsWith(" ") || text.endsWith("\\")) {
      throw unspeakable(text);
    }
    return text.replace("%", "%%");
  }

  private static String checked(String text) {
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw unspeakable(text);
    }
    return text;
  }

  private static DiagnosticException unspeakable(String text) {
    return new DiagnosticException(
        Failure.USAGE,
        Diagnostic.error(
                Origin.NONE, "unit-file", "a unit file cannot say the path \"" + text + "\"")
            .withHint(
                "move it to a path without control characters at all, or a blank or \\ last"));
  }
}
