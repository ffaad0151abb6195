package jstack.program;

import java.util.List;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.Origin;

/** The networks of a stack as commented shell: the very lines that ip(8) and nft(8) read. */
public final class NetworkPrinter {
  private NetworkPrinter() {}

  /**
   * Empty when nothing is connected.
   *
   * @param shown whose namespaces are shown: the manifest's names and containers
   */
  public static String print(String project, NetworkProgram program, List<String> shown) {
    if (program.parts().isEmpty()) {
      return "";
    }
    StringBuilder out = new StringBuilder();
    out.append("# the networks of ").append(project).append(", before the first container\n\n");
    for (NetworkPart part : program.parts()) {
      boolean inside =
          part.kind() == NetworkPart.Kind.NAMESPACE || part.kind() == NetworkPart.Kind.EGRESS;
      if (inside && !shown.contains(part.label())) {
        continue;
      }
      commands(out, part.lines().host(), "ip ");
      commands(out, part.lines().attach(), "ip ");
      commands(out, part.lines().inside(), "ip -n " + part.name() + " ");
      rules(out, part, inside ? "ip netns exec " + part.name() + " nft" : "nft");
      commands(out, part.lines().settings(), "sysctl -w ");
      out.append('\n');
    }
    return out.toString();
  }

  private static void commands(StringBuilder out, List<NetworkPart.Line> lines, String before) {
    Origin last = Origin.NONE;
    for (NetworkPart.Line line : lines) {
      last = ShellPrinter.place(out, line.origin(), last);
      out.append(before).append(DiagnosticPrinter.visible(line.text())).append('\n');
    }
  }

  /** The comments go into the text that nft reads, which has the same. */
  private static void rules(StringBuilder out, NetworkPart part, String nft) {
    if (!part.lines().rules().isEmpty()) {
      out.append(nft).append(" -f - <<'END'\n");
      commands(out, part.lines().rules(), "");
      out.append("END\n");
    }
  }
}
