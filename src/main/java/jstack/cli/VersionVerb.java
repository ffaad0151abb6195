package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;

final class VersionVerb implements Verb {
  /** A test holds it against the pom: reading it from the jar would cost every start. */
  private static final String VERSION = "0.1.0";

  private String format = "text";

  @Override
  public void usage(Usage usage) {
    usage
        .about("Print the version, and what it runs on: the JVM, the kernel, the helper.")
        .text("--format", "FORMAT", "text or json", value -> format = value);
  }

  @Override
  public int run(Console console) throws IOException {
    String java =
        System.getProperty("java.version", "") + " " + System.getProperty("java.home", "");
    String kernel = System.getProperty("os.version", "");
    String shim = System.getProperty("jstack.shim", "");
    if (Formats.isJson(format)) {
      console.out().println(json(java, kernel, shim));
      return ExitCode.DONE;
    }
    console.out().println("jstack " + VERSION);
    console.out().println("java   " + java);
    console.out().println("kernel " + kernel);
    console.out().println("shim   " + (shim.isEmpty() ? "not known" : shim));
    return ExitCode.DONE;
  }

  private static String json(String java, String kernel, String shim) throws IOException {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("version", VERSION);
      json.writeStringField("java", java);
      json.writeStringField("kernel", kernel);
      json.writeStringField("shim", shim);
      json.writeEndObject();
    }
    return out.toString();
  }
}
