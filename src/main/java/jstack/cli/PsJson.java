package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.state.ObservedContainer;
import jstack.state.Status;

/** {@code ps --format json}: a class of its own, so that a table loads nothing of Jackson. */
final class PsJson {
  private PsJson() {}

  /** What the kernel had counted when it ended. */
  private static void ended(JsonGenerator json, Status status) throws IOException {
    if (status.phase() != Status.Phase.EXITED) {
      return;
    }
    json.writeNumberField("oom_kills", status.memory().oomKills());
    json.writeNumberField("memory_peak", status.memory().peak());
    if (status.memory().limit() > 0) {
      json.writeNumberField("memory_limit", status.memory().limit());
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
        json.writeNumberField("exit_code", container.exitCode());
        json.writeStringField("ports", PsVerb.ports(container, ports));
        Optional<Long> memory = PsVerb.memory(container);
        if (memory.isPresent()) {
          json.writeNumberField("memory", memory.get());
        }
        if (container.status().isPresent()) {
          json.writeStringField("started", container.status().get().started().toString());
          ended(json, container.status().get());
        }
        json.writeEndObject();
      }
      out.append('\n');
    }
    return out.toString();
  }
}
