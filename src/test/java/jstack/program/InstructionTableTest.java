package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jstack.manifest.ContainerPath;
import jstack.manifest.HostPath;
import jstack.manifest.RootfsMode;
import org.junit.jupiter.api.Test;

/** The table of the helper in C and the types of Java say the same. */
class InstructionTableTest {
  private static final Pattern ROW =
      Pattern.compile("INSTRUCTION\\(\"([a-z-]+)\", \"([vhnrpt]+)\", \"([NSHC*]*)\"\\)");

  private record Row(String phases, String kinds) {}

  private static Map<String, Row> table() throws IOException {
    Map<String, Row> rows = new LinkedHashMap<>();
    Matcher matcher = ROW.matcher(Files.readString(Path.of("src/main/c/instructions.def")));
    while (matcher.find()) {
      rows.put(matcher.group(1), new Row(matcher.group(2), matcher.group(3)));
    }
    return rows;
  }

  @Test
  void everyInstructionOfJavaStandsInTheTableWithItsArguments() throws Exception {
    Map<String, Row> table = table();
    Set<String> seen = new HashSet<>();
    List<Class<?>> types =
        Stream.of(Instruction.class.getPermittedSubclasses())
            .<Class<?>>flatMap(group -> Stream.of(group.getPermittedSubclasses()))
            .toList();
    for (Class<?> type : types) {
      StringBuilder kinds = new StringBuilder();
      Object[] values = new Object[type.getRecordComponents().length];
      Class<?>[] parameters = new Class<?>[values.length];
      for (int i = 0; i < values.length; i++) {
        RecordComponent component = type.getRecordComponents()[i];
        parameters[i] = component.getType();
        kinds.append(kind(parameters[i]));
        values[i] = example(parameters[i]);
      }
      var constructor = type.getDeclaredConstructor(parameters);
      constructor.setAccessible(true);
      Instruction instruction = (Instruction) constructor.newInstance(values);
      String op = instruction.op();
      seen.add(op);
      assertThat(table).as(type.getSimpleName()).containsKey(op);
      String expected = table.get(op).kinds();
      // exec names its first word of many: SSS* is a text and then a list that is not empty.
      assertThat(kinds.toString()).as(op).isEqualTo(op.equals("exec") ? "SS*" : expected);
    }
    assertThat(seen).isEqualTo(table.keySet());
    assertThat(seen).hasSizeGreaterThan(35);
  }

  private static String kind(Class<?> type) {
    if (type == HostPath.class) {
      return "H";
    }
    if (type == ContainerPath.class) {
      return "C";
    }
    if (type == String.class) {
      return "S";
    }
    return type == List.class ? "S*" : "N";
  }

  private static Object example(Class<?> type) {
    if (type == HostPath.class) {
      return new HostPath("/a");
    }
    if (type == ContainerPath.class) {
      return new ContainerPath("/a");
    }
    if (type == String.class) {
      return "a";
    }
    if (type == List.class) {
      return List.of("a");
    }
    if (type == boolean.class) {
      return true;
    }
    return type == int.class ? (Object) 1 : (Object) 1L;
  }

  @Test
  void theCompilerGivesEachProcessOnlyWhatTheTableAllows() throws Exception {
    Map<String, Row> table = table();
    for (String cgroups : List.of(ServiceFixture.HYBRID, ServiceFixture.V2)) {
      for (RootfsMode mode : RootfsMode.values()) {
        ServiceFixture service =
            new ServiceFixture().mode(mode).bind("/a", "/b", true).tmpfs("/tmp").readOnly();
        Program program = Compiler.compile(service.build(), ServiceFixture.target(cgroups));
        assertThat(program.steps()).hasSizeGreaterThan(50);
        for (Step step : program.steps()) {
          String phases = table.get(step.instruction().op()).phases();
          assertThat(phases).as(step.toString()).contains(String.valueOf(step.phase().letter()));
        }
      }
    }
  }
}
