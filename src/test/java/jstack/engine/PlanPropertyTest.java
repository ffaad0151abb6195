package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import jstack.diag.DiagnosticException;
import jstack.manifest.load.LoadRequest;
import jstack.plan.Action;
import jstack.plan.Outcome;
import jstack.plan.Plan;
import jstack.plan.PlanOptions;
import jstack.program.ChangeClass;
import jstack.state.ContainerId;
import jstack.state.Observed;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Random stacks, random edits, random strokes of fate: after each plan there is nothing to do. */
class PlanPropertyTest {
  private static Path folder = Path.of("");

  @BeforeContainer
  static void begin() throws IOException {
    folder = Files.createTempDirectory("plans");
    Files.createDirectory(folder.resolve("a"));
    Files.createDirectory(folder.resolve("b"));
  }

  @AfterContainer
  static void end() throws IOException {
    for (String name : List.of("a", "b", "jstack.yaml", "")) {
      Files.deleteIfExists(folder.resolve(name));
    }
  }

  /** What a key can say, and what it costs to say something else. */
  private record Key(ChangeClass cost, List<String> values) {}

  private static final Map<String, Key> KEYS = new TreeMap<>();

  static {
    add("expect", ChangeClass.NONE, "{wall: 1h}", "{wall: 2h}");
    add("cgroup", ChangeClass.LIVE, "{memory: 64m}", "{memory: 96m, cpu: {max: 0.5}}", "{pids: 9}");
    add("stop_signal", ChangeClass.LIVE, "SIGINT", "SIGTERM");
    add("logging", ChangeClass.LIVE, "{max-size: 1m}", "{max-size: 2m}");
    add("ports", ChangeClass.LIVE, "[\"PORT:80\"]", "[\"PORT:81\"]");
    add("egress", ChangeClass.LIVE, "{default: deny}", "{default: allow}");
    add("dns", ChangeClass.LIVE, "10.0.0.1", "10.0.0.2");
    add("labels", ChangeClass.LIVE, "{tier: front}", "[tier=back, more]");
    add(
        "deploy",
        ChangeClass.LIVE,
        "{restart_policy: {delay: 1s}}",
        "{restart_policy: {window: 3s}}");
    add("command", ChangeClass.RESTART, "[/bin/a]", "[/bin/b]");
    add("environment", ChangeClass.RESTART, "{A: \"1\"}", "{A: \"2\", B: \"3\"}");
    add("hostname", ChangeClass.RESTART, "one", "two");
    add("cap_drop", ChangeClass.RESTART, "[CHOWN]", "[KILL]");
    add("mounts", ChangeClass.RECREATE, "[./a:/data]", "[./a:/data:ro]", "[./b:/data]");
    add("shm_size", ChangeClass.RECREATE, "32m", "48m");
    add("networks", ChangeClass.RECREATE, "[default]", "[back]", "[default, back]");
    add("rootfs", ChangeClass.ROOTFS, "./a", "./b");
  }

  private static void add(String key, ChangeClass cost, String... values) {
    KEYS.put(key, new Key(cost, List.of(values)));
  }

  /** Services by name, each with its keys. */
  private static final class Stack {
    private final Map<String, Map<String, String>> services = new LinkedHashMap<>();
    private String limits = "{pids: 500}";
    private int comments;

    Stack(Random random) {
      for (int i = 0; i < 1 + random.nextInt(5); i++) {
        addService("s" + i, random);
      }
    }

    private void addService(String name, Random random) {
      Map<String, String> keys = new TreeMap<>();
      keys.put("command", "[/bin/a]");
      keys.put("rootfs", "./a");
      List<String> earlier = new ArrayList<>(services.keySet());
      if (!earlier.isEmpty() && random.nextBoolean()) {
        keys.put("depends_on", "[" + earlier.get(random.nextInt(earlier.size())) + "]");
      }
      if (!earlier.isEmpty() && random.nextInt(3) == 0) {
        String owner = earlier.get(random.nextInt(earlier.size()));
        keys.put("namespaces", "{ipc: \"service:" + owner + "\"}");
      }
      services.put(name, keys);
    }

    /** The cost of the one key that was changed, or null when something else was. */
    ChangeClass edit(Random random) {
      comments++;
      List<String> names = new ArrayList<>(services.keySet());
      String name = names.get(random.nextInt(names.size()));
      switch (random.nextInt(12)) {
        case 0 -> {
          addService("n" + comments, random);
          return null;
        }
        case 1 -> {
          services.get(name).remove("depends_on");
          return ChangeClass.NONE;
        }
        case 2 -> {
          boolean needed =
              services.values().stream().anyMatch(keys -> keys.toString().contains(name));
          if (services.size() > 1 && !needed) {
            services.remove(name);
          }
          return null;
        }
        case 3 -> {
          limits = "{pids: " + (500 + random.nextInt(3)) + "}";
          return ChangeClass.LIVE;
        }
        default -> {
          List<String> keys = new ArrayList<>(KEYS.keySet());
          String key = keys.get(random.nextInt(keys.size()));
          Key known = java.util.Objects.requireNonNull(KEYS.get(key));
          String value = known.values().get(random.nextInt(known.values().size()));
          services.get(name).put(key, value);
          return known.cost();
        }
      }
    }

    StackFixture fixture() throws IOException {
      StringBuilder text = new StringBuilder("# edit\n".repeat(comments));
      text.append("name: demo\ncgroup: ").append(limits).append('\n');
      text.append("networks: {default: {}, back: {internal: true}}\nservices:\n");
      services.forEach(
          (name, keys) -> {
            text.append("  ").append(name).append(":\n");
            keys.forEach(
                (key, value) ->
                    text.append("    " + key + ": " + value.replace("PORT", port(name)) + "\n"));
          });
      return load(text.toString());
    }
  }

  /** No two services publish the same one. */
  private static String port(String service) {
    return Integer.toString(8000 + service.hashCode() % 1000);
  }

  private static StackFixture load(String text) throws IOException {
    Files.writeString(folder.resolve("jstack.yaml"), text);
    try {
      return new StackFixture(folder, LoadRequest.Purpose.RUN, false);
    } catch (DiagnosticException e) {
      throw new AssertionError(text + e.diagnostics(), e);
    }
  }

  @Property(tries = 40)
  void aPlanThatWasCarriedOutLeavesNothingToDo(@ForAll Random random) throws IOException {
    SimulatedWorld world =
        new SimulatedWorld(
            load("services: {x: {rootfs: ./a, command: [/x], network_mode: none}}\nname: demo\n"));
    Stack stack = new Stack(random);
    settle(world, stack.fixture(), PlanOptions.DEFAULT);
    for (int i = 0; i < 4; i++) {
      boolean struck = random.nextInt(3) == 0;
      ChangeClass cost = stack.edit(random);
      if (struck) {
        world.strike(random);
      }
      Map<ContainerId, Integer> before = world.births();
      boolean restarts = world.anyRestarts(); // who has no cgroup cannot be given a limit
      PlanOptions options = new PlanOptions(Set.of(), true, false, false, random.nextBoolean());
      Plan plan = settle(world, stack.fixture(), options);
      if (!struck && !restarts && cost != null && cost.compareTo(ChangeClass.LIVE) <= 0) {
        assertThat(world.births()).as(plan.toString()).isEqualTo(before);
      }
    }
  }

  private static Plan settle(SimulatedWorld world, StackFixture stack, PlanOptions options) {
    Plan plan = world.plan(stack, options);
    for (Action action : plan.changes()) {
      assertThat(action.causes()).as(action.toString()).isNotEmpty();
    }
    Optional<Observed> outcome = Outcome.of(plan, world.observed());
    world.apply(plan, stack);
    outcome.ifPresent(after -> assertThat(world.observed()).isEqualTo(after));
    Plan again = world.plan(stack, options);
    assertThat(again.isEmpty())
        .as(again.changes() + " " + again.network() + " " + again.limits().causes())
        .isTrue();
    return plan;
  }

  /** Where only one key of one service changed, nobody does more than that key costs. */
  @Property(tries = 40)
  void oneKeyCostsNoMoreThanItsClass(@ForAll Random random) throws IOException {
    SimulatedWorld world =
        new SimulatedWorld(
            load("services: {x: {rootfs: ./a, command: [/x], network_mode: none}}\nname: demo\n"));
    Stack stack = new Stack(random);
    stack.services.values().forEach(keys -> keys.remove("namespaces"));
    settle(world, stack.fixture(), PlanOptions.DEFAULT);
    ChangeClass cost = stack.edit(random);
    for (Action action : world.plan(stack.fixture(), PlanOptions.DEFAULT).changes()) {
      if (cost != null) {
        assertThat(action.changeClass()).as(action.toString()).isLessThanOrEqualTo(cost);
      }
    }
  }
}
