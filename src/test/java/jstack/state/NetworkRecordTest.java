package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.program.NetworkPart.Kind;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkRecordTest {
  private static NetworkRecord.Entry entry(
      Kind kind, String name, String label, String key, String value) {
    return new NetworkRecord.Entry(kind, name, label, "f00", Map.of(key, value));
  }

  private static final NetworkRecord TWO =
      new NetworkRecord(
          List.of(
              entry(Kind.BRIDGE, "jsb1", "back", "networks.back", "10.5.0.0/24 mtu 1400"),
              entry(Kind.BRIDGE, "jsb2", "front", "networks.front", "10.6.0.0/24 fd00:5::/64"),
              new NetworkRecord.Entry(
                  Kind.NAMESPACE,
                  "jstack-demo-web-1",
                  "web-1",
                  "f00",
                  Map.of(
                      "networks.back",
                      "eth0 10.5.0.2/24 02:42:ac:11:00:02 mtu 1400",
                      "networks.front",
                      "eth1 10.6.0.9/24 fd00:5::2/64",
                      "egress",
                      "deny allow [10.0.0.0/8:443] deny []")),
              entry(Kind.RULES, "jstack-demo", "demo", "web.ports", "[127.0.0.1:80:80/tcp]")));

  @Property(tries = 300)
  void aRecordReadsBackWhatItPrints(
      @ForAll @Size(max = 4)
          List<
                  @Size(max = 6) List<
                      @StringLength(max = 5) @CharRange(from = ' ', to = '~') @Chars('\u00e9')
                      String>>
              texts,
      @ForAll List<Kind> kinds) {
    List<NetworkRecord.Entry> entries = new ArrayList<>();
    for (int i = 0; i < Math.min(texts.size(), kinds.size()); i++) {
      List<String> words = texts.get(i);
      Map<String, String> facts = new LinkedHashMap<>();
      for (int j = 0; j + 1 < words.size(); j++) {
        facts.put(words.get(j), words.get(j + 1));
      }
      String word = words.isEmpty() ? "" : words.get(0);
      entries.add(new NetworkRecord.Entry(kinds.get(i), word, word + "l", word + "f", facts));
    }
    NetworkRecord record = new NetworkRecord(entries);
    assertThat(NetworkRecord.parse(record.toString())).isEqualTo(record);
    assertThat(NetworkRecord.parse(record.toString())).hasToString(record.toString());
  }

  @Test
  void theAddressesAreThoseOfTheNamespacesByContainerAndNetwork() {
    Map<String, String> texts = new LinkedHashMap<>();
    TWO.addresses().forEach((key, address) -> texts.put(key, address.toString()));
    assertThat(texts)
        .containsOnly(
            Map.entry("web-1 back", "10.5.0.2"),
            Map.entry("web-1 front", "10.6.0.9"),
            Map.entry("web-1 front v6", "fd00:5::2"));
  }

  @Test
  void theSubnetsAreThoseOfTheBridgesByNetwork() {
    Map<String, String> texts = new LinkedHashMap<>();
    TWO.subnets().forEach((key, subnet) -> texts.put(key, subnet.toString()));
    assertThat(texts)
        .containsOnly(
            Map.entry("back", "10.5.0.0/24"),
            Map.entry("front", "10.6.0.0/24"),
            Map.entry("front v6", "fd00:5::/64"));
  }

  @Test
  void brokenLinesArePassedOverWithTheirFacts() {
    String text =
        "\nfact\nfact\ta\n\t\t\t\nCASTLE\tn\tl\tf\nfact\ta\tb\tc\n"
            + "fact\tlost\tx\nBRIDGE\tcut off\n"
            + "fact\tkey\tvalue\nBRIDGE\tjsb1\tback\tf00\n"
            + "fact\tof\tnobody\n";
    assertThat(NetworkRecord.parse(text).entries())
        .containsExactly(entry(Kind.BRIDGE, "jsb1", "back", "key", "value"));
  }

  @Property(tries = 300)
  void anyBytesInTheMiddleOfARecordAreNoCrash(
      @ForAll @StringLength(max = 8) @Chars({'\t', '\n', ' ', 'a', '/', '.', '1'}) String noise,
      @ForAll @net.jqwik.api.constraints.IntRange(max = 400) int at) {
    String text = TWO.toString();
    int cut = at % text.length();
    NetworkRecord record = NetworkRecord.parse(text.substring(0, cut) + noise);
    NetworkRecord whole = NetworkRecord.parse(text.substring(0, cut) + noise + text.substring(cut));
    assertThat(record.addresses().size()).isLessThanOrEqualTo(3);
    assertThat(whole.subnets().size()).isLessThanOrEqualTo(3);
  }

  @Test
  void whatMayBeThereInHalfEqualsNothingWhole() {
    NetworkRecord.Entry whole = TWO.entries().get(0);
    assertThat(whole.unfinished().fingerprint()).isEqualTo(NetworkRecord.UNFINISHED);
    assertThat(whole.unfinished().facts()).isEqualTo(whole.facts());
    assertThat(whole.unfinished()).isNotEqualTo(whole);
  }

  @Test
  void anEntryIsFoundByItsKindAndName() {
    assertThat(TWO.find(Kind.BRIDGE, "jsb2")).contains(TWO.entries().get(1));
    assertThat(TWO.find(Kind.RULES, "jsb2")).isEmpty();
  }

  @Test
  void theFileIsReadBackAndGoesWithTheLastEntry(@TempDir Path folder) throws IOException {
    StateLayout layout = new StateLayout(folder.resolve("run"), folder.resolve("home"));
    assertThat(NetworkRecord.read(layout, "demo")).isEqualTo(NetworkRecord.EMPTY);
    TWO.write(layout, "demo");
    assertThat(NetworkRecord.read(layout, "demo")).isEqualTo(TWO);
    NetworkRecord.EMPTY.write(layout, "demo");
    assertThat(Files.exists(layout.networkRecord("demo"))).isFalse();
    NetworkRecord.EMPTY.write(layout, "other");
    assertThat(Files.exists(layout.project("other"))).isFalse();
  }
}
