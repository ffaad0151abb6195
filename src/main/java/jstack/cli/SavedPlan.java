package jstack.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.DiagnosticException;
import jstack.diag.DiagnosticPrinter;
import jstack.plan.PlanFile;
import jstack.plan.PlanOptions;
import jstack.state.NetworkRecord;
import picocli.CommandLine.ParameterException;

/** Plans in files: what {@code plan -o} writes and {@code apply} holds against the machine. */
final class SavedPlan {
  /** Of a plan with thousands of containers. */
  private static final int LARGEST = 16 << 20;

  private SavedPlan() {}

  /** Everything that a plan rests on. */
  static PlanFile of(
      Session session,
      List<String> options,
      PlanOptions wanted,
      List<String> fetches,
      StackRun run) {
    Map<String, String> programs = new LinkedHashMap<>();
    run.desired().programs().forEach((id, p) -> programs.put(id.name(), p.fingerprint()));
    return new PlanFile(
        PlanFile.digestOf(session.manifestText()),
        PlanFile.digestOf(NetworkRecord.read(session.layout(), run.manifest().name()).toString()),
        options,
        wanted.services().stream().sorted().toList(),
        wanted.removeOrphans(),
        fetches,
        programs,
        PlanFile.seen(run.observed()),
        PlanFile.actions(run.plan()));
  }

  /** Whole or not at all, and readable by its owner alone; a device or a folder is left alone. */
  static void write(Path file, PlanFile plan) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw DiagnosticException.operation(
          "plan-file", file + " is there, and is no file", "name a new one");
    }
    Path folder = file.toAbsolutePath().getParent();
    try {
      Path fresh = Files.createTempFile(folder, ".plan", "");
      try {
        Files.writeString(fresh, plan.toString());
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "plan-file", "cannot write " + file + ": " + e.getMessage(), "check its folder");
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws DiagnosticException for anything else
   */
  static PlanFile read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw wrong(file, Files.exists(file) ? "is no file" : "is not there");
      }
      byte[] bytes;
      try (InputStream in = Files.newInputStream(file)) {
        bytes = in.readNBytes(LARGEST + 1);
      }
      if (bytes.length > LARGEST) {
        throw wrong(file, "is larger than any plan");
      }
      return PlanFile.parse(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      throw wrong(file, "is no plan of jstack");
    } catch (IOException e) {
      throw wrong(file, "cannot be read: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw wrong(file, String.valueOf(e.getMessage()));
    }
  }

  private static DiagnosticException wrong(Path file, String why) {
    String shown = DiagnosticPrinter.visible(file.toString());
    return DiagnosticException.operation(
        "plan-file", shown + " " + why, "jstack plan -o FILE writes one");
  }

  /** The options of a plan as a verb would have them. */
  static ManifestOptions options(Console console, Path file, PlanFile plan) {
    ManifestOptions carried = new ManifestOptions.WithPolicy();
    Usage usage = new Usage().with(carried);
    try {
      usage.parser().parseArgs(plan.options().toArray(String[]::new));
    } catch (ParameterException e) {
      throw wrong(file, "has options that are none of a plan's");
    }
    requireOurPolicy(console, file, carried);
    return carried;
  }

  /** A plan is a file of whoever wrote it, and takes the machine's policy from nobody. */
  private static void requireOurPolicy(Console console, Path file, ManifestOptions options) {
    Path here = console.workingDirectory();
    Path theirs = options.policyFile(here);
    String ours = console.environment().getOrDefault("JSTACK_POLICY", "");
    if (theirs != null
        && !ours.isEmpty()
        && !here.resolve(ours).toAbsolutePath().normalize().equals(theirs)) {
      throw wrong(file, "was made with another policy than JSTACK_POLICY names");
    }
  }

  /** The words that say the same again from anywhere. */
  static List<String> words(Session session, ManifestOptions options, Path workingDirectory) {
    Path manifest = workingDirectory.resolve(session.manifest().file()).normalize();
    List<String> words = new ArrayList<>(List.of("--file=" + manifest.toAbsolutePath()));
    words.addAll(options.carried(workingDirectory));
    Path policy = options.policyFile(workingDirectory);
    if (policy != null) {
      words.add("--policy=" + policy);
    }
    return words;
  }

  static PlanOptions wanted(PlanFile plan) {
    return new PlanOptions(Set.copyOf(plan.services()), true, false, false, plan.removeOrphans());
  }
}
