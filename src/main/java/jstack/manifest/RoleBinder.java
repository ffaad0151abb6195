package jstack.manifest;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Binds what is said of when a service or a job runs. */
final class RoleBinder {
  private static final Duration JOB_TIMEOUT = Duration.ofHours(1);

  private final BindContext context;
  private final Values values;

  RoleBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  Role bind(Fields fields, boolean isJob) {
    triggers(fields, isJob);
    return new Role(isJob, 1, List.of(), timeout(fields, isJob));
  }

  /** Compose's way to say that a job runs when it is asked to; jstack knows no other one. */
  private void triggers(Fields fields, boolean isJob) {
    Node node = fields.get("triggers");
    if (node == null) {
      return;
    }
    if (!isJob) {
      ofJobs(fields, "triggers");
      return;
    }
    String path = fields.path("triggers");
    Fields triggers =
        Fields.of(node, path, Keys.Place.TRIGGERS, context.problems(), "{manual: true}");
    Node manual = triggers == null ? null : triggers.get("manual");
    Boolean value = manual == null ? null : values.bool(manual, path + ".manual");
    if (manual != null && Boolean.FALSE.equals(value)) {
      String message = "a job that nobody may start never runs";
      values.error(manual, path + ".manual", "unsupported", message, "remove it");
    }
  }

  private @Nullable Duration timeout(Fields fields, boolean isJob) {
    Node node = fields.get("timeout");
    if (node != null && !isJob) {
      ofJobs(fields, "timeout");
      return null;
    }
    Duration timeout = node == null ? null : values.duration(node, fields.path("timeout"));
    if (node != null && timeout != null && timeout.isZero()) {
      String message = "no run is over in no time";
      values.error(node, fields.path("timeout"), "range", message, "");
    }
    return isJob && node == null ? JOB_TIMEOUT : timeout;
  }

  private void ofJobs(Fields fields, String key) {
    context
        .problems()
        .error(
            fields.keyAt(key),
            "unsupported",
            "`" + key + "` belongs to a job, which runs to completion",
            "move the service below jobs:");
  }
}
