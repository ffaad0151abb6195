package jstack.manifest.bind;

import java.time.Duration;
import jstack.manifest.ByteSize;
import jstack.manifest.Expect;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code expect}: the budgets of a run. */
final class ExpectBinder {
  private static final int MOST = 255;

  private final BindContext context;
  private final Values values;

  ExpectBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  /**
   * @param usual of one that says nothing
   */
  Expect bind(Fields service, Expect usual) {
    Node node = service.get("expect");
    String path = service.path("expect");
    Fields fields =
        node == null
            ? null
            : Fields.of(node, path, Keys.Place.EXPECT, context.problems(), "a mapping");
    return fields == null
        ? usual
        : new Expect(
            fields.has("exit_code") ? exitCode(fields) : usual.exitCode(),
            size(fields, "memory_peak"),
            time(fields, "cpu_time"),
            time(fields, "wall"));
  }

  private @Nullable Integer exitCode(Fields fields) {
    Node node = fields.get("exit_code");
    Long code = node == null ? null : values.integer(node, fields.path("exit_code"), 0, MOST);
    return code == null ? null : code.intValue();
  }

  private @Nullable ByteSize size(Fields fields, String key) {
    Node node = fields.get(key);
    ByteSize size = node == null ? null : values.size(node, fields.path(key));
    if (node != null && size != null && size.bytes() == 0) {
      nothing(node, fields.path(key));
      return null;
    }
    return size;
  }

  private @Nullable Duration time(Fields fields, String key) {
    Node node = fields.get(key);
    Duration time = node == null ? null : values.duration(node, fields.path(key));
    if (node != null && time != null && time.isZero()) {
      nothing(node, fields.path(key));
      return null;
    }
    return time;
  }

  private void nothing(Node node, String path) {
    values.error(node, path, "range", "must be more than 0: every run uses some", "");
  }
}
