package jstack.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import java.util.Map;

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
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .stringQuotingChecker(new Quoting())
            .build();
    return write(new ObjectMapper(factory), ManifestTree.of(manifest, secrets));
  }

  /** With secrets shown, so that it can be read back. */
  public static String json(Manifest manifest) {
    return json(manifest, Secrets.SHOWN);
  }

  public static String json(Manifest manifest, Secrets secrets) {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    return write(mapper, ManifestTree.of(manifest, secrets)) + "\n";
  }

  private static String write(ObjectMapper mapper, Map<String, Object> tree) {
    try {
      return mapper.writeValueAsString(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // maps, lists, strings and numbers always work
    }
  }

  /** Leaves only those texts bare that every YAML reader takes for a string. */
  private static final class Quoting extends StringQuotingChecker {
    private static final long serialVersionUID = 1L;

    @Override
    public boolean needToQuoteName(String name) {
      return needToQuote(name);
    }

    @Override
    public boolean needToQuoteValue(String value) {
      return needToQuote(value);
    }

    private boolean needToQuote(String text) {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        boolean inner = (c >= '0' && c <= '9') || "_./-+@,=%".indexOf(c) >= 0;
        if (!letter && !(i > 0 ? inner : c == '/')) {
          return true;
        }
      }
      return text.isEmpty() || isReservedKeyword(text) || CoreSchema.of(text) != CoreSchema.STRING;
    }
  }
}
