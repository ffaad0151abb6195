package jstack.manifest.bind;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jstack.manifest.Durations;
import jstack.manifest.IdMap;
import jstack.manifest.TimeOffsets;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds what a user or a time namespace is made with: maps of ids, and offsets of clocks. */
final class IdMapBinder {
  private static final long LARGEST = 4_294_967_294L;

  /** As many ranges as the kernel takes; see user_namespaces(7). */
  private static final int MOST_RANGES = 340;

  private final BindContext context;
  private final Values values;

  IdMapBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  /** {@code uid_map} and {@code gid_map}; a missing one is like the other. */
  @Nullable IdMap bind(Fields fields) {
    List<IdMap.Range> uids = map(fields, "uid_map");
    List<IdMap.Range> gids = fields.has("gid_map") ? map(fields, "gid_map") : uids;
    return uids.isEmpty() || gids.isEmpty() ? null : new IdMap(uids, gids);
  }

  private List<IdMap.Range> map(Fields fields, String key) {
    Node node = fields.get(key);
    String path = fields.path(key);
    List<IdMap.Range> ranges = new ArrayList<>();
    if (node == null) {
      return ranges;
    }
    List<Node> items = values.items(node, path);
    for (int i = 0; i < items.size() && i < MOST_RANGES + 1; i++) {
      IdMap.Range range = range(items.get(i), path + "[" + i + "]");
      if (range != null && fits(range, ranges, items.get(i), path + "[" + i + "]")) {
        ranges.add(range);
      }
    }
    if (ranges.size() > MOST_RANGES) {
      values.error(node, path, "range", "more than " + MOST_RANGES + " ranges", "");
    }
    boolean hasRoot = false;
    for (IdMap.Range range : ranges) {
      hasRoot |= range.inside() == 0;
    }
    if (!hasRoot && (items.isEmpty() ? node instanceof Node.Sequence : !ranges.isEmpty())) {
      String hint = "begin with 0: \"0:600000:65536\"";
      values.error(node, path, "id-map", "the container's id 0 is in no range", hint);
    }
    return ranges;
  }

  /** {@code inside:outside:count}. */
  private IdMap.@Nullable Range range(Node node, String path) {
    String text = values.text(node, path);
    if (text == null) {
      return null;
    }
    int first = text.indexOf(':');
    int second = text.indexOf(':', first + 1);
    long inside = first < 0 ? -1 : number(text.substring(0, first));
    long outside = second < 0 ? -1 : number(text.substring(first + 1, second));
    long count = second < 0 ? -1 : number(text.substring(second + 1));
    if (inside < 0 || outside < 0 || count < 1) {
      String hint = "such as \"0:600000:65536\", the container's first";
      values.error(node, path, "id-map", "\"" + text + "\" is not inside:outside:count", hint);
      return null;
    }
    if (inside + count - 1 > LARGEST || outside + count - 1 > LARGEST) {
      values.error(node, path, "range", "ids end at " + LARGEST, "");
      return null;
    }
    return new IdMap.Range(inside, outside, count);
  }

  private static long number(String text) {
    if (text.isEmpty() || text.length() > 10) {
      return -1;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return -1;
      }
    }
    return Long.parseLong(text);
  }

  private boolean fits(IdMap.Range range, List<IdMap.Range> before, Node node, String path) {
    long last = range.outside() + range.count() - 1;
    if (range.outside() < IdMap.POOL_FIRST || last > IdMap.POOL_LAST) {
      values.error(
          node,
          path,
          "id-pool",
          "ids "
              + range.outside()
              + " to "
              + last
              + " of the machine are outside the pool "
              + IdMap.POOL_FIRST
              + " to "
              + IdMap.POOL_LAST,
          "those below are of this machine's own users: files keep their owners without any map");
      return false;
    }
    if (range.outside() <= IdMap.BLOCKS_LAST && last >= IdMap.BLOCKS_FIRST) {
      String message = "ids " + IdMap.BLOCKS_FIRST + " to " + IdMap.BLOCKS_LAST;
      String hint = "take others, such as \"0:600000:65536\"";
      values.error(
          node, path, "id-pool", message + " are those that jstack gives out by itself", hint);
      return false;
    }
    for (IdMap.Range other : before) {
      if (overlap(range.inside(), other.inside(), range.count(), other.count())
          || overlap(range.outside(), other.outside(), range.count(), other.count())) {
        values.error(node, path, "id-map", "overlaps another range of the same map", "");
        return false;
      }
    }
    return true;
  }

  private static boolean overlap(long a, long b, long countA, long countB) {
    return a < b + countB && b < a + countA;
  }

  /** {@code monotonic} and {@code boottime}. */
  TimeOffsets offsets(Fields fields) {
    return new TimeOffsets(offset(fields, "monotonic"), offset(fields, "boottime"));
  }

  private Duration offset(Fields fields, String key) {
    Node node = fields.get(key);
    String text = node == null ? null : values.text(node, fields.path(key));
    if (node == null || text == null) {
      return Duration.ZERO;
    }
    boolean behind = text.startsWith("-");
    try {
      Duration offset = Durations.parse(behind ? text.substring(1) : text);
      if (behind && offset.compareTo(context.files().uptime()) > 0) {
        String message = "this machine has not been up for as long as " + text.substring(1);
        values.error(node, fields.path(key), "range", message, "");
      }
      return behind ? offset.negated() : offset;
    } catch (IllegalArgumentException e) {
      values.error(node, fields.path(key), "duration", String.valueOf(e.getMessage()), "");
      return Duration.ZERO;
    }
  }
}
