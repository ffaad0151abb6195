package jstack.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A case of golden/bad: a manifest and every word that is said of it.
 *
 * <pre>
 * === B7 the same key twice in a service
 * services:
 *   ...
 * --- file .env          further files beside the manifest
 * --- escaped            the manifest, where its bytes are written as in Java: \r \t \xff
 * --- generate bomb      the manifest, made by BadManifests
 * --- name ./other       what is named on the command line, instead of jstack.yaml
 * --- show environment   what of the resolved manifest is shown when it is accepted
 * --- says 65: duplicate-key
 * jstack.yaml:5:5: error: ...
 * </pre>
 *
 * @param input everything above {@code --- says}, as it stands in the file
 * @param files by name; without the manifest when a case names another file
 * @param says the exit code and the codes of what is said, then the text
 */
record BadManifestCase(
    String id,
    String title,
    String input,
    Map<String, byte[]> files,
    String named,
    String show,
    String says) {

  static final String MANIFEST = "jstack.yaml";

  /** One letter and a number, without what tells several inputs of one id apart. */
  String group() {
    return id.substring(0, 1);
  }

  static List<BadManifestCase> of(Path file) throws IOException {
    List<BadManifestCase> cases = new ArrayList<>();
    String text = "\n" + Files.readString(file);
    String[] parts = text.split("\n=== ", -1);
    for (int i = 1; i < parts.length; i++) {
      cases.add(parse(parts[i] + (i + 1 < parts.length ? "\n" : "")));
    }
    return cases;
  }

  private static BadManifestCase parse(String text) {
    int says = text.indexOf("\n--- says ");
    String input = says < 0 ? text : text.substring(0, says + 1);
    String expected = says < 0 ? "" : text.substring(says + "\n--- says ".length());
    int end = input.indexOf('\n');
    String head = input.substring(0, end);
    Map<String, byte[]> files = new LinkedHashMap<>();
    String named = MANIFEST;
    String show = "";
    String section = "file " + MANIFEST;
    StringBuilder body = new StringBuilder();
    for (String line : (input.substring(end + 1) + "--- end").split("\n", -1)) {
      if (!line.matches("--- (file|escaped|generate|name|show|end)\\b.*")) {
        body.append(line).append('\n');
        continue;
      }
      add(files, section, body.toString());
      body.setLength(0);
      section = line.substring(4);
      named = section.startsWith("name ") ? section.substring(5) : named;
      show = section.startsWith("show ") ? section.substring(5) : show;
    }
    int blank = head.indexOf(' ');
    return new BadManifestCase(
        head.substring(0, blank), head.substring(blank + 1), input, files, named, show, expected);
  }

  private static void add(Map<String, byte[]> files, String section, String body) {
    if (section.startsWith("file ") && !body.isEmpty()) {
      files.put(section.substring(5), body.getBytes(StandardCharsets.UTF_8));
    } else if (section.startsWith("escaped")) {
      String name = section.equals("escaped") ? MANIFEST : section.substring(8);
      files.put(name, unescape(body.strip()));
    } else if (section.startsWith("generate ")) {
      files.put(MANIFEST, BadManifests.generate(section.substring(9)));
    }
  }

  /** Text as UTF-8, and \xff as that byte. */
  private static byte[] unescape(String text) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && text.charAt(i + 1) == 'x') {
        out.write(Integer.parseInt(text.substring(i + 2, i + 4), 16));
        i += 3;
      } else if (c == '\\') {
        i++;
        String all = "nrt0\\";
        out.write("\n\r\t\0\\".charAt(all.indexOf(text.charAt(i))));
      } else if (c != '\n') {
        out.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
      }
    }
    return out.toByteArray();
  }
}
