package jstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** What is built in, and what builds it, is the same tomorrow. */
class SupplyTest {
  /** Those of which a bill of materials is managed, so that they need no version of their own. */
  private static final List<String> MANAGED =
      List.of(
          "com.fasterxml.jackson.dataformat:jackson-dataformat-yaml",
          "org.junit.jupiter:junit-jupiter",
          "org.junit.platform:junit-platform-launcher",
          "org.yaml:snakeyaml");

  private static Document pom() throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    return factory.newDocumentBuilder().parse(Path.of("pom.xml").toFile());
  }

  private static String child(Element element, String name) {
    for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node.getNodeName().equals(name)) {
        return node.getTextContent().strip();
      }
    }
    return "";
  }

  @Test
  void everyVersionIsOneVersion() throws Exception {
    Document pom = pom();
    List<String> wrong = new ArrayList<>();
    TreeSet<String> without = new TreeSet<>();
    int seen = 0;
    for (String kind : List.of("dependency", "plugin", "path")) {
      NodeList all = pom.getElementsByTagName(kind);
      for (int i = 0; i < all.getLength(); i++) {
        Element each = (Element) all.item(i);
        String name = child(each, "groupId") + ":" + child(each, "artifactId");
        String version = version(pom, child(each, "version"));
        seen++;
        if (version.isEmpty()) {
          without.add(name);
        } else if (!version.matches("[0-9]+(\\.[0-9]+)+([.-][0-9A-Za-z]+)?")
            || version.toUpperCase(java.util.Locale.ROOT).contains("SNAPSHOT")) {
          wrong.add(name + " " + version);
        }
      }
    }
    assertThat(seen).isGreaterThan(25);
    assertThat(wrong).as("ranges, snapshots and words such as LATEST").isEmpty();
    assertThat(without).containsExactlyElementsOf(MANAGED);
  }

  /** {@code ${name}} is looked up among the properties. */
  private static String version(Document pom, String written) {
    if (!written.startsWith("${")) {
      return written;
    }
    String property = written.substring(2, written.length() - 1);
    NodeList found = pom.getElementsByTagName(property);
    assertThat(found.getLength()).as(property).isEqualTo(1);
    return found.item(0).getTextContent().strip();
  }

  @Test
  void nothingComesFromElsewhereThanMavenCentral() throws Exception {
    Document pom = pom();
    assertThat(pom.getElementsByTagName("repositories").getLength()).isZero();
    assertThat(pom.getElementsByTagName("pluginRepositories").getLength()).isZero();
  }
}
