package jstack.cli;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import jstack.linux.Namespace;
import org.jspecify.annotations.Nullable;

/** Kinds of namespaces as options take them: {@code pid,net} and the manifest's words alike. */
final class NamespaceList {
  private NamespaceList() {}

  static Set<Namespace> parse(String text) {
    Set<Namespace> kinds = EnumSet.noneOf(Namespace.class);
    for (String word : text.split(",", -1)) {
      Namespace kind = kind(word.trim());
      if (kind == null) {
        List<String> known = new ArrayList<>();
        for (Namespace each : Namespace.values()) {
          known.add(each.key());
        }
        throw ExecVerb.usage(
            "no namespace is called \"" + word + "\"", "known: " + String.join(", ", known));
      }
      kinds.add(kind);
    }
    return kinds;
  }

  /** By the manifest's word, or by the kernel's, as nsenter has it. */
  private static @Nullable Namespace kind(String word) {
    for (Namespace each : Namespace.values()) {
      if (each.key().equals(word) || each.procName().equals(word)) {
        return each;
      }
    }
    return null;
  }
}
