package jstack.manifest.yaml;

/** JSON may be indented with tabs, which YAML's readers refuse even between brackets. */
final class JsonTabs {
  private JsonTabs() {}

  /** A text that begins with a brace, with every tab outside quotes as one blank; others as is. */
  static String asBlanks(String text) {
    int start = 0;
    while (start < text.length() && " \t\r\n".indexOf(text.charAt(start)) >= 0) {
      start++;
    }
    if (!text.startsWith("{", start) || text.indexOf('\t') < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder(text);
    char quote = 0;
    for (int i = 0; i < out.length(); i++) {
      char c = out.charAt(i);
      if (quote != 0) {
        i += c == '\\' && quote == '"' ? 1 : 0;
        quote = c == quote ? 0 : quote;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '\t') {
        out.setCharAt(i, ' ');
      }
    }
    return out.toString();
  }
}
