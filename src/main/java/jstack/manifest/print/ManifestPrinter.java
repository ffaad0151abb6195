package jstack.manifest.print;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.manifest.Manifest;
import jstack.manifest.yaml.CoreSchema;

/**
 * Model back to text, for {@code config}: every default written out, nothing left to interpolate.
 * The YAML is a manifest itself, and loads as an equal one, unless secrets are masked.
 */
public final class ManifestPrinter {
  /** Whether values of variables called secret, password or token are shown. */
  public enum Secrets {
    /** As they are; what somebody needs who feeds the text to jstack again. */
    SHOWN,
    /** As {@code ***}; what belongs on a screen or in a log. */
    MASKED
  }

  private ManifestPrinter() {}

  /** With secrets shown, so that it can be read back. */
  public static String yaml(Manifest manifest) {
    return yaml(manifest, Secrets.SHOWN);
  }

  public static String yaml(Manifest manifest, Secrets secrets) {
    YAMLFactory factory =
        YAMLFactory.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .stringQuotingChecker(new Quoting())
            .build();
    StringWriter out = new StringWriter();
    try (YAMLGenerator generator = factory.createGenerator(out)) {
      write(ManifestTree.of(manifest, secrets), generator);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter takes everything
    }
    return out.toString();
  }

  /** With secrets shown, so that it can be read back. */
  public static String json(Manifest manifest) {
    return json(manifest, Secrets.SHOWN);
  }

  public static String json(Manifest manifest, Secrets secrets) {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = new JsonFactory().createGenerator(out)) {
      generator.useDefaultPrettyPrinter();
      write(ManifestTree.of(manifest, secrets), generator);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return escapeBreaks(out.toString()) + "\n";
  }

  /** JSON allows some characters in strings that YAML takes for line breaks or for none of its. */
  private static String escapeBreaks(String json) {
    StringBuilder out = new StringBuilder(json.length());
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      boolean odd = (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff;
      if (odd || c >= 0xfffe) {
        out.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static void write(Object value, JsonGenerator out) throws IOException {
    if (value instanceof Map<?, ?> map) {
      out.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.writeFieldName(String.valueOf(entry.getKey()));
        write(entry.getValue(), out);
      }
      out.writeEndObject();
    } else if (value instanceof List<?> list) {
      out.writeStartArray();
      for (Object item : list) {
        write(item, out);
      }
      out.writeEndArray();
    } else if (value instanceof Boolean bool) {
      out.writeBoolean(bool);
    } else if (value instanceof Number number) {
      out.writeNumber(number.toString());
    } else {
      writeText(value.toString(), out);
    }
  }

  private static void writeText(String text, JsonGenerator out) throws IOException {
    if (out instanceof YAMLGenerator yaml) { // minimal quotes make blocks of texts with lines, too
      yaml.configure(YAMLGenerator.Feature.MINIMIZE_QUOTES, !Quoting.needed(text));
    }
    out.writeString(text);
  }

  /** Leaves only those texts bare that every YAML reader takes for a string. */
  private static final class Quoting extends StringQuotingChecker {
    private static final long serialVersionUID = 1L;

    /** Booleans of YAML 1.1, for other readers than ours. */
    private static final Set<String> RESERVED =
        Set.of(
            "y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off",
            "Off", "OFF");

    @Override
    public boolean needToQuoteName(String name) {
      return needed(name);
    }

    @Override
    public boolean needToQuoteValue(String value) {
      return needed(value);
    }

    static boolean needed(String text) {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        boolean inner = (c >= '0' && c <= '9') || "_./-+@,=%".indexOf(c) >= 0;
        if (!letter && !(i > 0 ? inner : c == '/')) {
          return true;
        }
      }
      return text.isEmpty() || RESERVED.contains(text) || CoreSchema.of(text) != CoreSchema.STRING;
    }
  }
}
