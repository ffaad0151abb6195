package jstack.engine;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.Origin;
import jstack.manifest.ProfileMemory;
import jstack.program.SeccompNames;
import jstack.state.FilterCache;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/**
 * Profiles that this machine has read, kept beside the filters that were made of them: the flags,
 * and what was said of the file, in one line each.
 */
public final class KeptProfiles implements ProfileMemory {
  /** Between the parts of a warning; no character of a message. */
  private static final String BETWEEN = "\u001f";

  private static final int PARTS = 6;

  private final FilterCache cache;

  public KeptProfiles(StateLayout layout) {
    this.cache = new FilterCache(layout);
  }

  @Override
  public @Nullable Known find(String digest) {
    String found = cache.find(SeccompNames.profile(digest));
    return found == null ? null : parse(found.split("\n", -1));
  }

  private static @Nullable Known parse(String[] lines) {
    try {
      List<Diagnostic> warnings = new ArrayList<>();
      for (int i = 1; i < lines.length; i++) {
        String[] parts = lines[i].split(BETWEEN, PARTS);
        int[] numbers = new int[3];
        for (int n = 0; n < numbers.length; n++) {
          numbers[n] = Integer.parseInt(parts[n]);
        }
        Origin at = new Origin("", numbers[0], numbers[1], numbers[2], "");
        warnings.add(Diagnostic.warning(at, parts[3], parts[4]).withHint(parts[5]));
      }
      return new Known(Long.parseLong(lines[0]), warnings);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      return null; // It is read again.
    }
  }

  @Override
  public void keep(String digest, Known profile) {
    StringBuilder text = new StringBuilder(Long.toString(profile.flags()));
    for (Diagnostic each : profile.warnings()) {
      Origin at = each.origin();
      text.append('\n').append(at.line()).append(BETWEEN).append(at.column()).append(BETWEEN);
      text.append(at.length()).append(BETWEEN).append(each.code()).append(BETWEEN);
      text.append(each.message()).append(BETWEEN).append(each.hint());
    }
    if (text.chars().allMatch(c -> c < 0x100)) {
      cache.keep(SeccompNames.profile(digest), text.toString());
    }
  }
}
