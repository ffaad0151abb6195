package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import jstack.diag.Diagnostic;
import jstack.state.Receipt;

/** A receipt as one object on one line. Every field is always there; null is what is not known. */
final class ReceiptJson {
  private ReceiptJson() {}

  static String of(Run run) {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      write(json, run);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter takes everything
    }
    return out.toString();
  }

  private static void write(JsonGenerator json, Run run) throws IOException {
    Receipt receipt = run.receipt();
    json.writeStartObject();
    json.writeStringField("name", run.id().name());
    json.writeStringField("service", run.id().service());
    json.writeStringField("project", run.id().project());
    json.writeStringField("started_at", receipt.started().toString());
    text(json, "finished_at", receipt.finished().map(Object::toString).orElse(""));
    number(json, "wall_ns", receipt.wall());
    number(json, "exit_code", receipt.exitCode());
    number(json, "signal", receipt.signal());
    json.writeBooleanField("stopped", receipt.stopped());
    if (!receipt.endedBy().isEmpty()) {
      json.writeStringField("ended_by", receipt.endedBy());
    }
    if (receipt.restored()) {
      json.writeBooleanField("restored", true);
    }
    number(json, "oom_kills", receipt.memory().oomKills());
    number(json, "memory_peak", receipt.memory().peak());
    number(json, "memory_limit", receipt.memory().limit());
    json.writeBooleanField("memory_limit_hit", receipt.memory().limitHit());
    number(json, "cpu_user_ns", receipt.cpu().user());
    number(json, "cpu_system_ns", receipt.cpu().system());
    number(json, "throttled_periods", receipt.cpu().throttledPeriods());
    number(json, "throttled_ns", receipt.cpu().throttledTime());
    number(json, "io_read", receipt.io().read());
    number(json, "io_written", receipt.io().written());
    number(json, "pids_peak", receipt.pidsPeak());
    text(json, "rootfs_digest", receipt.made().rootfsDigest());
    text(json, "manifest_digest", receipt.made().manifestDigest());
    if (run.expects()) {
      json.writeBooleanField("passed", run.failures().isEmpty());
    } else {
      json.writeNullField("passed");
    }
    json.writeArrayFieldStart("failures");
    for (Diagnostic failure : run.failures()) {
      json.writeStartObject();
      json.writeStringField("key", Run.key(failure));
      json.writeStringField("message", failure.message());
      json.writeStringField("place", failure.origin().place());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void number(JsonGenerator json, String key, long value) throws IOException {
    json.writeFieldName(key);
    if (value == Receipt.UNKNOWN) {
      json.writeNull();
    } else {
      json.writeNumber(value);
    }
  }

  private static void text(JsonGenerator json, String key, String value) throws IOException {
    json.writeFieldName(key);
    if (value.isEmpty()) {
      json.writeNull();
    } else {
      json.writeString(value);
    }
  }
}
