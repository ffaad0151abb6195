package jstack.manifest.bind;

import java.util.List;
import java.util.Objects;
import jstack.manifest.ByteSize;
import jstack.manifest.Logging;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code logging}: the file driver, its options beside it or below {@code options}. */
final class LoggingBinder {
  private static final long LEAST_SIZE = 1024;
  private static final int MOST_FILES = 1000;

  private final BindContext context;
  private final Values values;

  LoggingBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  Logging bind(Fields service) {
    Node node = service.get("logging");
    Fields fields =
        node == null
            ? null
            : Fields.of(
                node,
                service.path("logging"),
                Keys.Place.LOGGING,
                context.problems(),
                "a mapping with max-size and max-file");
    if (fields == null) {
      return Logging.DEFAULT;
    }
    Node driver = fields.get("driver");
    if (driver != null) {
      values.choice(driver, fields.path("driver"), List.of("file"));
    }
    ByteSize size = size(fields);
    Integer files = files(fields);
    Node options = fields.get("options");
    Fields below =
        options == null
            ? null
            : Fields.of(
                options,
                fields.path("options"),
                Keys.Place.LOGGING_OPTIONS,
                context.problems(),
                "a mapping with max-size and max-file");
    if (below != null) {
      size = either(size, size(below), below, "max-size");
      files = either(files, files(below), below, "max-file");
    }
    return new Logging(
        size == null ? Logging.DEFAULT.maxSize() : size,
        files == null ? Logging.DEFAULT.maxFile() : files);
  }

  private <T> @Nullable T either(
      @Nullable T direct, @Nullable T below, Fields options, String key) {
    if (direct != null && below != null && !Objects.equals(direct, below)) {
      context.problems().error(options.at(key), "conflict", "differs from logging." + key);
    }
    return direct == null ? below : direct;
  }

  private @Nullable ByteSize size(Fields fields) {
    Node node = fields.get("max-size");
    ByteSize size = node == null ? null : values.size(node, fields.path("max-size"));
    if (node != null && size != null && size.bytes() < LEAST_SIZE) {
      values.error(node, fields.path("max-size"), "range", size + " is below the floor of 1k", "");
      return null;
    }
    return size;
  }

  private @Nullable Integer files(Fields fields) {
    Node node = fields.get("max-file");
    Long files = node == null ? null : values.integer(node, fields.path("max-file"), 1, MOST_FILES);
    return files == null ? null : files.intValue();
  }
}
