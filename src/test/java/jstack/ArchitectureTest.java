package jstack;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of the house. */
class ArchitectureTest {
  /** A package imports only those to its right. */
  private static final List<String> ORDER =
      List.of("cli", "engine", "plan", "state", "program", "rootfs", "manifest", "linux", "diag");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("jstack");

  @Test
  void enoughClassesWereSeenForTheRulesToMeanSomething() {
    assertThat(CLASSES.size()).isGreaterThan(200);
    for (String name : ORDER) {
      assertThat(CLASSES.stream().anyMatch(c -> c.getPackageName().equals("jstack." + name)))
          .as(name)
          .isTrue();
    }
  }

  @Test
  void aPackageImportsOnlyPackagesToItsRight() {
    for (int i = 1; i < ORDER.size(); i++) {
      String[] left =
          ORDER.subList(0, i).stream().map(n -> "jstack." + n + "..").toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage("jstack." + ORDER.get(i) + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(left)
          .check(CLASSES);
    }
  }

  /** Neither does a room, of the other rooms of its package. */
  @Test
  void noPackagesImportEachOther() {
    slices().matching("jstack.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  /** Whoever lets the archive say what reads it reads with the weakest of all readers. */
  @Test
  void noArchiveChoosesItsReader() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.apache.commons.compress.compressors.CompressorStreamFactory")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.apache.commons.compress.archivers.ArchiveStreamFactory")
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.commons.compress.compressors.pack200..",
            "org.apache.commons.compress.archivers.zip..",
            "org.apache.commons.compress.archivers.dump..",
            "org.apache.commons.compress.archivers.sevenz..")
        .check(CLASSES);
  }

  @Test
  void everyLibraryHasOneDoor() {
    door("org.yaml..", "manifest.yaml");
    door("org.everit..", "manifest.load");
    door("com.fasterxml..", "manifest..", "state", "cli");
    door("org.apache.commons.compress..", "rootfs");
    door("jnr..", "linux");
    door("picocli..", "cli");
    door("me.tongfei..", "cli");
  }

  private static void door(String library, String... packages) {
    String[] allowed =
        java.util.Arrays.stream(packages).map(p -> "jstack." + p).toArray(String[]::new);
    noClasses()
        .that()
        .resideOutsideOfPackages(allowed)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(CLASSES);
  }

  @Test
  void processesAreStartedByTheEngineAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackage("jstack.engine..")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ProcessBuilder.class)
        .check(CLASSES);
  }

  @Test
  void pureStagesTouchNoFilesNoClockAndNoThreads() {
    noClasses()
        .that()
        .resideInAnyPackage("jstack.diag..", "jstack.program..", "jstack.plan..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.nio.file.Files")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.Thread")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "getenv")
        .check(CLASSES);
  }

  @Test
  void onlyTheCommandLinePrintsAndExits() {
    noClasses()
        .that()
        .resideOutsideOfPackage("jstack.cli..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .check(CLASSES);
  }

  @Test
  void everyPackageSaysInOneSentenceWhatItIsFor() throws IOException {
    try (Stream<Path> all = Files.walk(Path.of("src/main/java/jstack"))) {
      for (Path folder : all.filter(Files::isDirectory).skip(1).toList()) {
        Path info = folder.resolve("package-info.java");
        assertThat(Files.readString(info)).startsWith("/** ").contains("@NullMarked");
      }
    }
  }
}
