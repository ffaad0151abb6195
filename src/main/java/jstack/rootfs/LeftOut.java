package jstack.rootfs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jstack.diag.DiagnosticPrinter;

/** Names that nothing was made of; no more of them than one cares to read. */
final class LeftOut {
  private static final int MOST = 20;

  private final List<String> names = new ArrayList<>();
  private long more;

  void add(byte[] name) {
    if (names.size() < MOST) {
      names.add(DiagnosticPrinter.visible(new String(name, StandardCharsets.UTF_8)));
    } else {
      more++;
    }
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (String name : names) {
      lines.add(name + " is no file, directory or link: left out");
    }
    if (more > 0) {
      lines.add(more + " more were left out");
    }
    return lines;
  }
}
