package jstack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import jstack.engine.StackFixture;
import jstack.manifest.load.LoadRequest;
import jstack.plan.Plan;
import jstack.state.RunState;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two manifests and the plan between them; -Djstack.golden.write=true rewrites the plans. */
class PlanGoldenTest {
  private static final Path CASES = Path.of("src/test/resources/golden/plan");

  @TempDir private @Nullable Path folder;

  private StackFixture stack(String text) throws IOException {
    Path here = Objects.requireNonNull(folder);
    Files.createDirectories(here.resolve("a"));
    Files.createDirectories(here.resolve("b"));
    Files.writeString(here.resolve("jstack.yaml"), text);
    return new StackFixture(here, LoadRequest.Purpose.RUN, false);
  }

  private Plan plan(String name, RunState state) throws IOException {
    StackFixture before = stack(Files.readString(CASES.resolve(name).resolve("before.yaml")));
    return stack(Files.readString(CASES.resolve(name).resolve("after.yaml")))
        .planAfter(before, state);
  }

  @ParameterizedTest
  @ValueSource(strings = "every-class")
  void aPlanReadsAsItsGoldenTexts(String name) throws IOException {
    Plan plan = plan(name, RunState.RUNNING);
    compare(CASES.resolve(name).resolve("plan.txt"), PlanPrinter.text(plan));
    compare(CASES.resolve(name).resolve("plan.json"), PlanJson.of(plan, List.of("far")));
    Plan stopped = plan(name, RunState.EXITED);
    compare(CASES.resolve(name).resolve("stopped.txt"), PlanPrinter.text(stopped));
  }

  @Test
  void aSecretIsInNoPlan() throws IOException {
    Plan plan = plan("every-class", RunState.RUNNING);
    String all = PlanPrinter.text(plan) + PlanJson.of(plan, List.of());
    assertThat(all).contains("API_TOKEN: *** -> ***").doesNotContain("hush", "whisper");
  }

  private void compare(Path file, String said) throws IOException {
    String text = said.replace(Objects.requireNonNull(folder).toString(), "DIR");
    if (Boolean.getBoolean("jstack.golden.write")) {
      Files.writeString(file, text);
    }
    assertThat(text).isEqualTo(Files.readString(file));
  }
}
