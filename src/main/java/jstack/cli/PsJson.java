package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.program.SupervisorInstruction;
import jstack.state.ObservedContainer;
import jstack.state.Receipt;
import jstack.state.RunState;
import jstack.state.Status;

/** {@code ps --format json}: a class of its own, so that a table loads nothing of Jackson. */
final class PsJson {
  private PsJson() {}

  /** What the kernel had counted when it ended; what is not known has no field. */
  private static void ended(JsonGenerator json, Receipt receipt) throws IOException {
    number(json, "oom_kills", receipt.memory().oomKills());
    number(json, "memory_peak", receipt.memory().peak());
    number(json, "memory_limit", receipt.memory().limit());
  }

  /** What its supervisor has done; nothing when it had nothing to do. */
  private static void supervised(JsonGenerator json, Status status) throws IOException {
    if (status.restarts() > 0) {
      json.writeNumberField("restarts", status.restarts());
    }
    if (!status.endedBy().isEmpty()) {
      json.writeStringField("ended_by", status.endedBy());
    }
  }

  private static void labels(JsonGenerator json, String key, Map<String, String> labels)
      throws IOException {
    if (!labels.isEmpty()) {
      json.writeObjectFieldStart(key);
      for (Map.Entry<String, String> label : labels.entrySet()) {
        json.writeStringField(label.getKey(), label.getValue());
      }
      json.writeEndObject();
    }
  }

  private static void number(JsonGenerator json, String key, long value) throws IOException {
    if (value != Receipt.UNKNOWN) {
      json.writeNumberField(key, value);
    }
  }

  static String of(List<ObservedContainer> containers, Map<String, String> ports)
      throws IOException {
    StringWriter out = new StringWriter();
    for (ObservedContainer container : containers) {
      try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.writeStartObject();
        json.writeStringField("name", container.id().name());
        json.writeStringField("service", container.id().service());
        json.writeStringField("project", container.id().project());
        json.writeStringField("state", container.state().toString());
        json.writeNumberField("pid", container.pid());
        if (container.state() == RunState.EXITED || container.state() == RunState.RESTARTING) {
          json.writeNumberField("exit_code", container.exitCode());
        }
        Optional<String> health = PsVerb.health(container);
        if (health.isPresent()) {
          json.writeStringField("health", health.get());
        }
        if (container.status().isPresent()) {
          supervised(json, container.status().get());
        }
        json.writeStringField("ports", PsVerb.ports(container, ports));
        Optional<Long> memory = PsVerb.memory(container);
        if (memory.isPresent()) {
          json.writeNumberField("memory", memory.get());
        }
        if (container.status().isPresent()) {
          json.writeStringField("started", container.status().get().started().toString());
        }
        if (container.receipt().isPresent()) {
          ended(json, container.receipt().get());
        }
        labels(json, "labels", Filters.labels(container, SupervisorInstruction.Note.LABEL));
        labels(
            json, "annotations", Filters.labels(container, SupervisorInstruction.Note.ANNOTATION));
        json.writeEndObject();
      }
      out.append('\n');
    }
    return out.toString();
  }
}
