package jstack.manifest.bind;

import jstack.manifest.ByteSize;
import jstack.manifest.RootfsLimits;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code rootfs.limits}. */
final class RootfsLimitsBinder {
  /** Every inode that a file system of ours can have. */
  private static final long MOST_ENTRIES = 0xffffffffL;

  private static final int LARGEST_RATIO = 1_000_000;

  private final BindContext context;
  private final Values values;

  RootfsLimitsBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  RootfsLimits bind(@Nullable Node node, String path) {
    RootfsLimits limits = RootfsLimits.DEFAULT;
    Fields fields =
        node == null
            ? null
            : Fields.of(node, path, Keys.Place.ROOTFS_LIMITS, context.problems(), "a mapping");
    if (fields == null) {
      return limits;
    }
    return new RootfsLimits(
        integer(fields, "entries", MOST_ENTRIES, limits.entries()),
        size(fields, "size", limits.size()),
        size(fields, "file", limits.file()),
        (int) integer(fields, "ratio", LARGEST_RATIO, limits.ratio()));
  }

  private long integer(Fields fields, String key, long most, long otherwise) {
    Node node = fields.get(key);
    Long value = node == null ? null : values.integer(node, fields.path(key), 1, most);
    return value == null ? otherwise : value;
  }

  private ByteSize size(Fields fields, String key, ByteSize otherwise) {
    Node node = fields.get(key);
    ByteSize size = node == null ? null : values.size(node, fields.path(key));
    return size == null ? otherwise : size;
  }
}
