package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import jstack.support.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Start-up is a feature: a warm verb loads what it needs, and from the archive. */
class StartupScenario {
  private static final Pattern HEAVY =
      Pattern.compile(
          "(?m)^.*\\b(jnr\\.|com\\.kenai|org\\.everit|org\\.json\\.|com\\.fasterxml|"
              + "org\\.apache\\.commons\\.compress|java\\.net\\.http\\.|me\\.tongfei|com\\.github\\.luben).*$");

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder).trusting();
    jstack.manifest("name: demo\nservices:\n  a: {rootfs: ROOTFS, command: [/probe, sleep]}\n");
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private String classesOf(String... words) throws Exception {
    Path log = folder.resolve("classes.log");
    List<String> command =
        new java.util.ArrayList<>(
            List.of("env", "JSTACK_JAVA_OPTS=-Xlog:class+load:file=" + log, jstack.command()));
    command.addAll(List.of(words));
    jstack.finish(jstack.startCommand(command.toArray(String[]::new)), "").exits(0);
    return Files.readString(log);
  }

  @Test
  void noVerbOfAWarmStackLoadsWhatOnlyAColdOneNeeds() throws Exception {
    for (String[] verb :
        new String[][] {
          {"up", "-d"},
          {"up", "-d"},
          {"up", "-d"},
          {"ps"},
          {"exec", "a", "/probe", "exit", "0"},
          {"plan"},
          {"down"}
        }) {
      String classes = classesOf(verb);
      assertThat(classes).as(verb[0]).contains("jstack.cli.Main");
      assertThat(HEAVY.matcher(classes).results().map(r -> r.group()).toList())
          .as(verb[0])
          .isEmpty();
    }
  }

  @Test
  void everyClassOfAWarmUpComesFromTheArchive() throws Exception {
    boolean builder = System.getProperty("java.specification.version").equals("17");
    classesOf("up", "-d");
    String classes = classesOf("up", "-d");
    List<String> fromJar = classes.lines().filter(line -> line.contains("source: file:")).toList();
    if (builder) {
      assertThat(fromJar).as("classes that had to be parsed").hasSizeLessThan(5);
    } else {
      assertThat(classes).as("another JVM works without the archive").contains("jstack.cli.UpVerb");
    }
    assertThat(Host.dist().resolve("lib/jstack.jsa")).exists();
  }

  /** Else every page of it is written to, and half of all page faults of a verb are those. */
  @Test
  void theArchiveLiesWhereItWasMadeFor() throws Exception {
    Path log = folder.resolve("archive.log");
    jstack.variable("JSTACK_JAVA_OPTS", "-Xlog:cds=info:file=" + log);
    jstack.jstack("version").exits(0);
    assertThat(Files.readString(log)).contains("Mapped").doesNotContain("alternative address");
  }

  /** The generated equals and hashCode of records are linked at run time: 15 ms in a short JVM. */
  @Test
  void noWarmVerbComparesRecordsByGeneratedMethods() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a:
            rootfs: ROOTFS
            command: [/probe, sleep]
            cgroup: {memory: {max: 64m}, pids: {max: 16}}
            ports: ["127.0.0.1:18088:80"]
          b: {rootfs: ROOTFS, command: [/probe, sleep], depends_on: [a], environment: {A: b}}
        """);
    classesOf("up", "-d");
    for (String[] verb : new String[][] {{"up", "-d"}, {"up", "-d"}, {"ps"}, {"plan"}, {"logs"}}) {
      assertThat(classesOf(verb)).as(verb[0]).doesNotContain("java.lang.runtime.ObjectMethods");
    }
  }

  /** To read them is half of a short JVM's time: a proxy class is made for each kind. */
  @Test
  void noVerbReadsAnnotations() throws Exception {
    for (String[] verb : new String[][] {{"up", "-d"}, {"ps"}, {"--help"}, {"down"}}) {
      assertThat(classesOf(verb))
          .as(verb[0])
          .doesNotContain("sun.reflect.annotation.AnnotationInvocationHandler")
          .doesNotContain("java.lang.reflect.ProxyGenerator");
    }
  }

  /** To link one costs more than to load a class: the build makes classes of ours. */
  @Test
  void noLambdaOfOursIsLinkedAtRunTime() throws Exception {
    for (String[] verb :
        new String[][] {{"up", "-d"}, {"up", "-d"}, {"up", "-d"}, {"ps"}, {"plan"}, {"down"}}) {
      String classes = classesOf(verb);
      assertThat(classes).as(verb[0]).containsPattern("jstack\\.cli\\.\\S+\\$[0-9]+L ");
      assertThat(classes.lines().filter(line -> line.matches(".* jstack\\S+\\$\\$Lambda.*")))
          .as(verb[0])
          .isEmpty();
    }
  }

  /** Its index has ten thousand names; whoever asks for what is not there reads them all. */
  @Test
  void noWarmVerbOpensTheJar() throws Exception {
    classesOf("up", "-d");
    for (String[] verb :
        new String[][] {
          {"up", "-d"},
          {"up", "-d"},
          {"ps"},
          {"plan"},
          {"verify"},
          {"ls"},
          {"version"},
          {"run", "-T", "a", "/probe", "exit", "0"},
          {"stop"},
          {"start"},
          {"restart"},
          {"down"}
        }) {
      assertThat(classesOf(verb))
          .as(verb[0])
          .doesNotContain("jdk.internal.loader.URLClassPath$JarLoader");
    }
  }
}
