package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In which unit of systemd a project's cgroups come to lie. */
class UnitChoiceTest {
  private static final String SCOPE = "system.slice/jstack.scope";
  private static final String SERVICE = "system.slice/jstack-demo.service";
  private static final String MANAGER = "user.slice/user-0.slice/user@0.service";

  @TempDir Path tree;

  @BeforeEach
  void makeUnits() throws IOException {
    for (String unit :
        List.of(SERVICE + "/deep", MANAGER + "/app.slice", "system.slice/cron.service")) {
      Files.createDirectories(tree.resolve(unit));
    }
  }

  private String choose(String recorded, String own) {
    List<Path> delegated = List.of(tree.resolve(SERVICE), tree.resolve(MANAGER));
    return new UnitChoice(tree, delegated::contains).choose(recorded, own, SCOPE);
  }

  @Test
  void aLoginAndAPlainServiceGetTheScope() {
    assertThat(choose("", "user.slice/user-0.slice/session-3.scope")).isEqualTo(SCOPE);
    assertThat(choose("", "system.slice/cron.service")).isEqualTo(SCOPE);
    assertThat(choose("", "")).isEqualTo(SCOPE);
  }

  @Test
  void aServiceThatGotItsCgroupDelegatedHasTheStackInIt() {
    assertThat(choose("", SERVICE)).isEqualTo(SERVICE);
    assertThat(choose("", SERVICE + "/deep/.control")).isEqualTo(SERVICE);
  }

  @Test
  void theManagerOfAUserIsDelegatedAndYetEndsWithTheLogin() {
    assertThat(choose("", MANAGER + "/app.slice/vte.scope")).isEqualTo(SCOPE);
  }

  @Test
  void aStackThatIsUpStaysWhereItIsWhoeverCalls() {
    assertThat(choose(SERVICE, "user.slice/user-0.slice/session-3.scope")).isEqualTo(SERVICE);
    assertThat(choose(SCOPE, SERVICE)).isEqualTo(SCOPE);
  }

  @Test
  void aUnitThatIsGoneIsChosenAnew() {
    assertThat(choose("system.slice/jstack-old.service", "system.slice/cron.service"))
        .isEqualTo(SCOPE);
    assertThat(choose("system.slice/jstack-old.service", SERVICE)).isEqualTo(SERVICE);
  }
}
