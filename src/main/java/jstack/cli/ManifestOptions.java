package jstack.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jstack.engine.KeptProfiles;
import jstack.linux.DiskWeights;
import jstack.manifest.HostPath;
import jstack.manifest.Topology;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.LoadedManifest;
import jstack.manifest.load.ManifestLoader;
import jstack.rootfs.RootfsStore;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/** Which manifest and which project a verb is about. */
class ManifestOptions implements Usage.Group {
  private @Nullable Path file;

  private @Nullable String project;

  private List<Path> envFiles = new ArrayList<>();

  private @Nullable Path directory;

  private List<String> profiles = new ArrayList<>();

  private @Nullable Path policy;

  /** Between words; in none of them. */
  private static final String BETWEEN = "\u001f";

  private LoadRequest.Locking locking = LoadRequest.Locking.PINNED;

  @Override
  public void usage(Usage usage) {
    usage
        .path(
            fileNames(),
            "FILE",
            "The manifest; jstack.yaml here or above if not given.",
            this::setFile)
        .text(
            "-p, --project-name",
            "NAME",
            "The project's name, instead of the manifest's.",
            value -> project = value)
        .paths(
            "--env-file",
            "FILE",
            "Variables for the manifest, instead of .env beside it.",
            value -> envFiles = value)
        .path(
            "--project-directory",
            "DIR",
            "Where to look for the manifest, instead of here.",
            value -> directory = value)
        .texts(
            "--profile",
            "NAME",
            "Turn a profile of the manifest on; * is all of them.",
            value -> profiles = value);
  }

  /** Of the manifest. Not of logs: there -f means follow, as with Compose. */
  String fileNames() {
    return "-f, --file";
  }

  static final class WithLongName extends ManifestOptions {
    @Override
    String fileNames() {
      return "--file";
    }
  }

  /** Of the verbs that take a manifest in: it can be held against a policy. */
  static final class WithPolicy extends ManifestOptions {
    @Override
    public void usage(Usage usage) {
      super.usage(usage);
      usage.path(
          "--policy",
          "FILE",
          "What the manifest may ask for; JSTACK_POLICY if not given.",
          this::setPolicy);
    }
  }

  final void setLocking(LoadRequest.Locking what) {
    locking = what;
  }

  final void setPolicy(Path rules) {
    policy = rules;
  }

  final void setFile(Path manifest) {
    file = manifest;
  }

  /**
   * Whether a word of the command line is a manifest: a file that is there and ends in .yaml or
   * .yml.
   */
  static boolean isManifest(String word, Path workingDirectory) {
    return (word.endsWith(".yaml") || word.endsWith(".yml"))
        && Files.isRegularFile(workingDirectory.resolve(word));
  }

  /** Takes the manifest off the front of the trailing words, if it is there. */
  List<String> takeManifest(Console console, List<String> words) {
    if (file == null && !words.isEmpty() && isManifest(words.get(0), console.workingDirectory())) {
      file = Path.of(words.get(0));
      return words.subList(1, words.size());
    }
    return words;
  }

  List<String> profiles() {
    return profiles;
  }

  @Nullable String projectName() {
    return project;
  }

  /** The options that say the same again from another folder, besides the manifest itself. */
  List<String> carried(Path workingDirectory) {
    List<String> words = new ArrayList<>();
    if (project != null) {
      words.addAll(List.of("-p", project));
    }
    profiles.forEach(profile -> words.addAll(List.of("--profile", profile)));
    for (Path each : envFiles) {
      Path whole = folder(workingDirectory).resolve(each).normalize();
      words.addAll(List.of("--env-file", whole.toString()));
    }
    return words;
  }

  /** The manifest's file as it stands in a project's record; empty when it is none on disk. */
  Optional<Path> recordedAs(Path workingDirectory) {
    return opened(workingDirectory).map(Path::normalize).filter(Files::isRegularFile);
  }

  /** The same as it is opened: without its dots it may be another one; see path_resolution(7). */
  private Optional<Path> opened(Path workingDirectory) {
    Path folder = folder(workingDirectory).toAbsolutePath();
    Path named = file;
    if (named == null) {
      return ManifestLoader.find(folder);
    }
    return named.toString().equals("-") ? Optional.empty() : Optional.of(folder.resolve(named));
  }

  /** Where all that was named is looked for. */
  private Path folder(Path workingDirectory) {
    return directory == null ? workingDirectory : workingDirectory.resolve(directory);
  }

  /** Loads the manifest; what it says of wrong lines is shown with the text that was read. */
  LoadedManifest load(Console console, LoadRequest.Purpose purpose) {
    LoadedManifest loaded = ManifestLoader.load(request(console, purpose), console.texts());
    if (!profiles.isEmpty()) {
      Profiles.check(loaded.manifest(), profiles);
    }
    return loaded;
  }

  /** What is asked for, and what of the machine the manifest is checked against. */
  LoadRequest request(Console console, LoadRequest.Purpose purpose) {
    Path from = folder(console.workingDirectory());
    Topology machine = topology();
    return new LoadRequest(file, from, project, envFiles, console.environment())
        .withPurpose(purpose)
        .withState(state(console))
        .withPolicy(policy(console))
        .withLocking(locking)
        .withProfiles(new KeptProfiles(layout(console)))
        .withCpusOnline(Runtime.getRuntime().availableProcessors())
        .withTopology(
            purpose == LoadRequest.Purpose.STOP
                ? machine
                : machine
                    .withDisks(DiskWeights.ofThisMachine(console.texts().inputs()))
                    .withMemory(meminfo()));
  }

  /**
   * All of what is asked for and of the caller that a manifest can depend on but its variables, in
   * one line; empty when that cannot be told.
   */
  Optional<String> words(Console console) {
    Optional<Path> manifest = opened(console.workingDirectory());
    if (manifest.isEmpty() || policy(console) != null) {
      return Optional.empty();
    }
    List<String> words = new ArrayList<>(carried(console.workingDirectory()));
    envFiles.forEach(each -> words.add(folder(console.workingDirectory()).resolve(each) + ""));
    words.add(manifest.get().toString());
    words.add(layout(console).run().toString());
    words.add(layout(console).home().toString());
    words.add(online("cpu").strip() + " " + online("node").strip());
    words.add(String.valueOf(Runtime.getRuntime().availableProcessors()));
    words.add(String.valueOf(topology().withMemory(meminfo()).memory()));
    words.add(own("java.class.path"));
    words.add(own("jstack.shim"));
    return Optional.of(String.join(BETWEEN, words) + BETWEEN);
  }

  /** Which file of jstack's own it is; see the launcher. */
  private static String own(String property) {
    Path file = Path.of(System.getProperty(property, "")).toAbsolutePath();
    return RootfsStore.identity(HostPath.of(file).real().toPath());
  }

  /** The policy that was named on the command line, from anywhere; null when none was. */
  @Nullable Path policyFile(Path workingDirectory) {
    Path named = policy;
    return named == null ? null : workingDirectory.resolve(named).toAbsolutePath().normalize();
  }

  private @Nullable Path policy(Console console) {
    Path named = policy;
    String usual = console.environment().getOrDefault("JSTACK_POLICY", "");
    if (named == null && !usual.isEmpty()) {
      named = Path.of(usual);
    }
    // As it was named, unless that would be looked for in the wrong folder.
    return named == null || directory == null ? named : console.workingDirectory().resolve(named);
  }

  private static StateLayout layout(Console console) {
    return StateLayout.of(console.environment(), console.workingDirectory());
  }

  private static List<HostPath> state(Console console) {
    StateLayout layout = layout(console);
    return List.of(HostPath.of(layout.run()), HostPath.of(layout.home()));
  }

  private static Topology topology() {
    return Topology.parse(online("cpu"), online("node"));
  }

  private static String meminfo() {
    try {
      return Files.readString(Path.of("/proc/meminfo"));
    } catch (IOException e) {
      return ""; // as below
    }
  }

  private static String online(String kind) {
    try {
      return Files.readString(Path.of("/sys/devices/system/" + kind + "/online"));
    } catch (IOException e) {
      return ""; // Not known, then; the kernel will judge.
    }
  }
}
