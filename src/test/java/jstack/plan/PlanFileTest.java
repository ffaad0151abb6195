package jstack.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PlanFileTest {
  private static PlanFile file(Map<String, String> seen, Map<String, String> programs) {
    return new PlanFile(
        "d1",
        "n1",
        List.of("--file=/a b/jstack.yaml", "-p", "demo"),
        List.of("web"),
        true,
        List.of("far"),
        programs,
        seen,
        List.of("web-1 recreate restart; command: [a] -> [b]"));
  }

  private static final PlanFile FILE =
      file(Map.of("web-1", "running, pid 5 of 7\tp0"), Map.of("web-1", "p1"));

  @Test
  void itIsReadAsItWasWritten() {
    assertThat(PlanFile.parse(FILE.toString())).isEqualTo(FILE);
    assertThat(FILE.movedSince(FILE)).isEmpty();
  }

  @Test
  void whateverMovedIsNamed() {
    PlanFile gone = file(Map.of(), Map.of("web-1", "p1"));
    PlanFile other = file(Map.of("web-1", "running, pid 5 of 7\tp9"), Map.of("web-1", "p1"));
    PlanFile made = file(FILE.seen(), Map.of("web-1", "p2"));
    assertThat(FILE.movedSince(gone))
        .containsExactly("web-1 was running, pid 5 of 7, and is not there");
    assertThat(FILE.movedSince(other))
        .containsExactly(
            "web-1 was running, pid 5 of 7, and is running, pid 5 of 7 of another program");
    assertThat(FILE.movedSince(made)).hasSize(1).first().asString().startsWith("web-1: a file");
  }

  @Test
  void aPlanOfAnotherVersionSaysSo() {
    assertThatThrownBy(() -> PlanFile.parse("jstack-plan 7\nend\tx\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("is a plan of version 7; this jstack knows version 1");
  }

  /** Any cut, any flipped byte, and any text at all: refused, and never otherwise than so. */
  @Property(tries = 2000)
  void whatIsNoWholePlanIsRefused(@ForAll Random random, @ForAll String text) {
    String good = FILE.toString();
    int at = random.nextInt(good.length());
    String cut = good.substring(0, at);
    String flipped = good.substring(0, at) + (char) (good.charAt(at) ^ 1) + good.substring(at + 1);
    for (String bad : List.of(cut, flipped, text, good + text + "x", "jstack-plan 1\n" + text)) {
      assertThatThrownBy(() -> PlanFile.parse(bad)).isInstanceOf(IllegalArgumentException.class);
    }
    // With a sum of its own, too: then a line is wrong, or one is missing.
    String head = "jstack-plan 1\n" + text + "\n";
    String summed = head + "end\t" + PlanFile.digestOf(head) + "\n";
    assertThatThrownBy(() -> PlanFile.parse(summed)).isInstanceOf(IllegalArgumentException.class);
  }
}
