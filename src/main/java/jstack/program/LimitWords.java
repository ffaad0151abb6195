package jstack.program;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.manifest.ByteSize;
import jstack.manifest.HostPath;
import org.jspecify.annotations.Nullable;

/** Says changed limits in the words of the manifest: {@code memory.max 512m -> 1g}. */
final class LimitWords {
  private static final String UNLIMITED = "unlimited";

  private final Map<LimitWrite.Place, LimitWrite> old;
  private final Map<LimitWrite.Place, LimitWrite> writes;
  private final Map<HostPath, String> seen;

  /**
   * @param old the limits before, where the kernel's own text is not in {@code seen}
   * @param writes what will be written
   */
  LimitWords(
      Map<LimitWrite.Place, LimitWrite> old,
      Map<LimitWrite.Place, LimitWrite> writes,
      Map<HostPath, String> seen) {
    this.old = old;
    this.writes = writes;
    this.seen = seen;
  }

  /** One for each key; what only follows from another change is not said. */
  List<Change> changes() {
    Map<String, Change> changes = new LinkedHashMap<>();
    for (LimitWrite write : writes.values()) {
      if (write.place().sharesOut()) {
        continue;
      }
      String before = words(write.place(), this::before);
      String after = words(write.place(), this::after);
      if (!before.equals(after)) {
        changes.putIfAbsent(
            key(write), new Change(write.origin(), key(write), before, after, ChangeClass.LIVE));
      }
    }
    return new ArrayList<>(changes.values());
  }

  private static String key(LimitWrite write) {
    String name = write.name();
    String key = CgroupFile.of(name).map(CgroupFile::key).orElse("unified." + name);
    String disk = write.place().disk();
    return disk.isEmpty() ? key : key + "[" + disk + "]";
  }

  private interface Side {
    @Nullable String text(LimitWrite.Place place);
  }

  private @Nullable String before(LimitWrite.Place place) {
    String kernel = seen.get(place.file());
    if (kernel != null) {
      String disk = place.disk();
      return disk.isEmpty()
          ? kernel.strip()
          : kernel.lines().filter(line -> line.startsWith(disk + " ")).findFirst().orElse(null);
    }
    LimitWrite write = old.get(place);
    return write == null ? null : write.text();
  }

  private @Nullable String after(LimitWrite.Place place) {
    LimitWrite write = writes.get(place);
    return write == null ? before(place) : write.text();
  }

  private static String words(LimitWrite.Place place, Side side) {
    Optional<CgroupFile> known = CgroupFile.of(place.name());
    String text = side.text(place);
    if (known.isEmpty()) {
      return text == null || text.isEmpty() ? "nothing" : text;
    }
    if (text == null) {
      String unlimited = known.get().unlimited();
      text = unlimited == null ? "" : unlimited;
    }
    return switch (known.get().kind()) {
      case BYTES -> bytes(CgroupFile.number(text));
      case TOTAL -> swap(place, text, side);
      case SHARES -> Long.toString(Math.round(CgroupFile.number(text) * 100 / 1024.0));
      case TIME -> processors(place, text, side);
      case WEIGHT -> text.substring(text.lastIndexOf(' ') + 1);
      case DISK, DISK_WORDS -> disk(text);
      default -> text.equals("max") ? UNLIMITED : text;
    };
  }

  private static String bytes(long number) {
    return CgroupFile.isUnlimited(number) ? UNLIMITED : new ByteSize(number).toString();
  }

  /** What v1 allows of both together, less what it allows of memory. */
  private static String swap(LimitWrite.Place place, String text, Side side) {
    long both = CgroupFile.number(text);
    String memory = side.text(sibling(place, "memory.limit_in_bytes"));
    long limit = memory == null ? Long.MAX_VALUE : CgroupFile.number(memory);
    return CgroupFile.isUnlimited(both) ? UNLIMITED : bytes(Math.max(0, both - limit));
  }

  /** Processors, of one file that says both or of two. */
  private static String processors(LimitWrite.Place place, String text, Side side) {
    String quota = text;
    String period = "100000";
    if (text.indexOf(' ') > 0) {
      quota = text.substring(0, text.indexOf(' '));
      period = text.substring(text.indexOf(' ') + 1);
    } else {
      String other = side.text(sibling(place, "cpu.cfs_quota_us"));
      quota = other == null ? "-1" : other;
      String given = side.text(sibling(place, "cpu.cfs_period_us"));
      period = given == null ? period : given;
    }
    long micros = CgroupFile.number(quota);
    long each = CgroupFile.number(period);
    if (CgroupFile.isUnlimited(micros) || each == 0) {
      return UNLIMITED;
    }
    BigDecimal processors =
        BigDecimal.valueOf(micros).divide(BigDecimal.valueOf(each), 3, RoundingMode.HALF_UP);
    String plain = processors.stripTrailingZeros().toPlainString();
    return each == 100_000 ? plain : plain + " (" + micros + "/" + each + ")";
  }

  private static LimitWrite.Place sibling(LimitWrite.Place place, String name) {
    String path = place.file().value();
    String directory = path.substring(0, path.lastIndexOf('/'));
    return new LimitWrite.Place(new HostPath(directory + "/" + name), "");
  }

  /** The line of a disk without its number. */
  private static String disk(String text) {
    String limits = text.substring(text.indexOf(' ') + 1);
    boolean free =
        limits.equals("0") || limits.equals(CgroupFile.of("io.max").orElseThrow().unlimited());
    return free || limits.isEmpty() ? UNLIMITED : limits;
  }
}
