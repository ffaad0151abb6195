package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Suggestion;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.LoadedManifest;

final class ValidateVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithPolicy();
  private String format = "text";
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about("Check a manifest: every problem with its line, and nothing is changed.")
        .with(options)
        .text("--format", "FORMAT", "text or json", value -> format = value)
        .words("MANIFEST", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    List<String> left = options.takeManifest(console, words);
    if (!left.isEmpty()) {
      throw Session.notAManifest(left.get(0));
    }
    boolean json = Formats.isJson(format);
    try {
      LoadedManifest loaded = options.load(console, LoadRequest.Purpose.VALIDATE);
      if (json) {
        console.out().print(json(console.redacted(loaded.warnings())));
      } else {
        console.print(loaded.warnings());
        console.out().println(loaded.manifest().file() + ": valid");
      }
      return ExitCode.DONE;
    } catch (DiagnosticException e) {
      if (!json) {
        throw e;
      }
      console.out().print(json(console.redacted(e.diagnostics())));
      return ExitCode.of(e.failure());
    }
  }

  /** One object a line. */
  private static String json(List<Diagnostic> diagnostics) throws IOException {
    StringWriter out = new StringWriter();
    for (Diagnostic diagnostic : diagnostics.stream().sorted().toList()) {
      try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.writeStartObject();
        json.writeStringField("file", diagnostic.origin().file());
        json.writeNumberField("line", diagnostic.origin().line());
        json.writeNumberField("column", diagnostic.origin().column());
        json.writeStringField("severity", diagnostic.severity().toString());
        json.writeStringField("path", Diagnostic.clip(diagnostic.origin().keyPath()));
        json.writeStringField("code", diagnostic.code());
        json.writeStringField("message", Diagnostic.clip(diagnostic.message()));
        json.writeStringField("suggestion", Suggestion.in(diagnostic.message()));
        json.writeStringField("hint", Diagnostic.clip(diagnostic.hint()));
        if (!diagnostic.details().isEmpty()) {
          json.writeArrayFieldStart("details");
          for (String detail : diagnostic.details()) {
            json.writeString(Diagnostic.clip(detail));
          }
          json.writeEndArray();
        }
        json.writeEndObject();
      }
      out.append('\n');
    }
    return out.toString();
  }
}
