package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.manifest.LoadRequest;
import jstack.manifest.LoadedManifest;
import jstack.manifest.Suggestion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "validate",
    description = "Check a manifest: every problem with its line, and nothing is changed.")
final class ValidateVerb implements Verb {
  @Mixin private final ManifestOptions options = new ManifestOptions.WithPolicy();

  @Option(names = "--format", paramLabel = "FORMAT", description = "text or json")
  private String format = "text";

  @Parameters(arity = "0..*", paramLabel = "MANIFEST")
  private List<String> words = List.of();

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
