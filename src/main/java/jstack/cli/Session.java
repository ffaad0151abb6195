package jstack.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Inputs;
import jstack.diag.Origin;
import jstack.engine.DesiredState;
import jstack.engine.EngineEvents;
import jstack.engine.Executor;
import jstack.engine.StackNetwork;
import jstack.engine.StartOrder;
import jstack.engine.SupervisorUnit;
import jstack.engine.UnpackRoom;
import jstack.linux.CgroupLayout;
import jstack.linux.FreeSpace;
import jstack.linux.KernelMounts;
import jstack.linux.OwnProcess;
import jstack.linux.SmallFile;
import jstack.manifest.Manifest;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Service;
import jstack.manifest.Sharing;
import jstack.manifest.WrittenName;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.LoadedManifest;
import jstack.manifest.policy.HeldPolicy;
import jstack.manifest.rules.ScaleRules;
import jstack.manifest.yaml.YamlReader;
import jstack.plan.DependencyGraph;
import jstack.rootfs.FetchListener;
import jstack.rootfs.PreparedRootfs;
import jstack.rootfs.RootfsStore;
import jstack.rootfs.StoreUse;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.PrivateDirectory;
import jstack.state.ProcessTable;
import jstack.state.ProjectLock;
import jstack.state.ProjectRecord;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/** What every verb that works on a stack needs: the manifest, the state, the machine. */
final class Session {
  private static final String MOUNTS = "/proc/self/mountinfo";

  private final Console console;
  private final ManifestOptions options;
  private final LoadRequest.Purpose purpose;
  private final StateLayout layout;
  private final ProcessTable processes;
  private final Observer observer;
  private @Nullable LoadedManifest loaded;
  private @Nullable CgroupLayout mounted;
  private @Nullable SupervisorUnit unit;
  private @Nullable StoreUse use;
  private boolean lookedFor;
  private @Nullable String recorded;
  private Map<String, Integer> scales = Map.of();

  Session(Console console, ManifestOptions options, LoadRequest.Purpose purpose) {
    this.purpose = purpose;
    this.console = console;
    this.options = options;
    this.layout = layout(console);
    this.processes = new ProcessTable(Path.of("/proc"));
    this.observer = new Observer(layout, processes);
  }

  /**
   * Where the state is, for verbs without a project.
   *
   * @throws DiagnosticException when others can write there
   */
  static StateLayout layout(Console console) {
    StateLayout layout = StateLayout.of(console.environment(), console.workingDirectory());
    PrivateDirectory.requireOurs(layout.run(), "JSTACK_RUN");
    PrivateDirectory.requireOurs(layout.home(), "JSTACK_HOME");
    return layout;
  }

  StateLayout layout() {
    return layout;
  }

  ProcessTable processes() {
    return processes;
  }

  Observer observer() {
    return observer;
  }

  /** The manifest; its warnings are printed once. */
  Manifest manifest() {
    LoadedManifest manifest = loaded;
    if (manifest == null) {
      manifest = scaled(options.load(console, purpose));
      loaded = manifest;
      manifest.warnings().forEach(console::print);
    }
    return manifest.manifest();
  }

  /** Other numbers of containers than the manifest's. */
  void scale(Map<String, Integer> numbers) {
    scales = numbers;
  }

  private LoadedManifest scaled(LoadedManifest manifest) {
    if (scales.isEmpty()) {
      return manifest;
    }
    Set<String> known = manifest.manifest().services().keySet();
    for (String service : scales.keySet()) {
      if (!known.contains(service)) {
        throw unknownService(service, known);
      }
    }
    Manifest scaled = ScaleRules.scaled(manifest.manifest(), scales);
    manifest.policy().scaled(scaled);
    return new LoadedManifest(scaled, manifest.warnings(), manifest.files(), manifest.policy());
  }

  /** Which services are meant. */
  Profiles profiles() {
    return new Profiles(manifest(), options.profiles());
  }

  /** The text of the manifest as it was read, with those of the files it is put together from. */
  String manifestText() {
    StringBuilder text = new StringBuilder(console.texts().textOf(manifest().file()));
    if (loaded != null) {
      loaded.files().forEach(file -> text.append(console.texts().textOf(file)));
    }
    return text.toString();
  }

  /**
   * The project's name: from {@code -p}, or from the manifest. Verbs that only look at what runs
   * need no manifest when the name is given.
   */
  String project() {
    if (!options.profiles().isEmpty()) {
      manifest(); // which says so if there is no such profile
    }
    String name = options.projectName();
    if (name == null && loaded == null && purpose == LoadRequest.Purpose.STOP) {
      name = recordedName();
    }
    return name != null ? name : manifest().name();
  }

  /**
   * The name that the manifest plainly writes, if a project of that name was made from it. Reading
   * the whole would cost more than looking at fifty containers, and an edit that is not whole yet
   * is no reason to hide what runs.
   */
  private @Nullable String recordedName() {
    if (!lookedFor) {
      lookedFor = true;
      Optional<Path> file = options.recordedAs(console.workingDirectory());
      recorded = file.flatMap(this::recordedName).orElse(null);
    }
    return recorded;
  }

  private Optional<String> recordedName(Path file) {
    if (file.toFile().length() > YamlReader.MAX_BYTES) {
      return Optional.empty();
    }
    String text = new String(SmallFile.written(file.toString()), StandardCharsets.UTF_8);
    return WrittenName.of(text, file)
        .filter(
            name ->
                ProjectRecord.read(layout, name)
                    .filter(record -> record.manifest().equals(file.toString()))
                    .isPresent());
  }

  /** The project's name, if it can be told without the whole manifest being read. */
  Optional<String> plainName() {
    String given = options.projectName();
    return given != null ? Optional.of(given) : Optional.ofNullable(recordedName());
  }

  /** Whether the manifest was taken without a word of warning. */
  boolean isWithoutWarnings() {
    LoadedManifest manifest = loaded;
    return manifest != null && manifest.warnings().isEmpty();
  }

  /** Whether the project was given by a manifest, and not by its name alone. */
  boolean hasManifest() {
    return options.projectName() == null;
  }

  Observed observed() {
    return observer.observe(project());
  }

  /** The containers of the services that were named, all of them when none was. */
  List<ObservedContainer> select(Observed observed, List<String> services) {
    List<ObservedContainer> all = observed.containers();
    if (services.isEmpty()) {
      return all;
    }
    for (String service : services) {
      if (all.stream().noneMatch(c -> matches(c, service))) {
        requireService(service, observed);
      }
    }
    return all.stream()
        .filter(c -> services.stream().anyMatch(service -> matches(c, service)))
        .toList();
  }

  static boolean matches(ObservedContainer container, String word) {
    return container.id().service().equals(word) || container.id().name().equals(word);
  }

  /** A service of the manifest that has no container is fine; a name that nobody knows is not. */
  private void requireService(String service, Observed observed) {
    Set<String> known = new java.util.TreeSet<>();
    for (ObservedContainer container : observed.containers()) {
      if (!Sharing.isHolder(container.id().service())) {
        known.add(container.id().service());
      }
    }
    if (options.projectName() == null) {
      known.addAll(manifest().services().keySet());
    } else {
      ProjectRecord.read(layout, project()).ifPresent(r -> known.addAll(r.dependencies().keySet()));
    }
    if (!known.contains(service)) {
      throw unknownService(service, known);
    }
  }

  static DiagnosticException notAManifest(String word) {
    boolean named = word.endsWith(".yaml") || word.endsWith(".yml");
    return new DiagnosticException(
        Failure.USAGE,
        Diagnostic.error(
                Origin.NONE, "usage", named ? "there is no " + word : word + " is no manifest")
            .withHint(
                named
                    ? "without a name it is the jstack.yaml here or above"
                    : "a manifest is a file that ends in .yaml or .yml"));
  }

  static DiagnosticException unknownService(String service, Set<String> known) {
    if (service.endsWith(".yaml") || service.endsWith(".yml")) {
      return notAManifest(service);
    }
    return new DiagnosticException(
        Failure.USAGE,
        Diagnostic.error(Origin.NONE, "unknown-service", "no service " + service)
            .withHint(
                known.isEmpty()
                    ? "nothing of this project is here"
                    : "the services are " + String.join(", ", known)));
  }

  /** A service of the manifest, or an error that names those there are. */
  Service service(String name) {
    Service service = manifest().services().get(name);
    if (service == null) {
      throw unknownService(name, manifest().services().keySet());
    }
    return service;
  }

  /** What the last up or create left word of; else what the manifest says, where it was read. */
  ProjectRecord projectRecord() {
    return ProjectRecord.read(layout, project())
        .orElseGet(
            () ->
                loaded == null
                    ? new ProjectRecord("", Map.of(), Set.of(), "")
                    : recordOf(loaded.manifest()));
  }

  private ProjectRecord recordOf(Manifest manifest) {
    Path file = console.workingDirectory().resolve(manifest.file()).toAbsolutePath().normalize();
    return new ProjectRecord(
        file.toString(),
        StartOrder.of(manifest, null).needs(),
        DesiredState.once(manifest),
        unit().given());
  }

  /** In which order services start: from the record of the last up, else from the manifest. */
  List<List<String>> startWaves() {
    return new DependencyGraph(projectRecord().dependencies()).startWaves();
  }

  /** What the manifest was held against; nothing while none was loaded. */
  HeldPolicy policy() {
    LoadedManifest held = loaded;
    return held == null ? HeldPolicy.NONE : held.policy();
  }

  RootfsStore store() {
    return new RootfsStore(
        layout.rootfsStore(),
        console.environment(),
        new UnpackRoom(shim(), UnpackMain.class.getName()),
        policy(),
        inputs());
  }

  /** What was asked of the machine so far. */
  Inputs inputs() {
    return console.texts().inputs();
  }

  /** Those that join the tree of others need none. */
  static boolean hasTree(Service service) {
    return !(service.rootfs() instanceof RootfsSpec.Shared);
  }

  /** Those of the services that have a rootfs of their own. */
  Set<String> withTree(Set<String> services) {
    Set<String> found = new java.util.LinkedHashSet<>(services);
    found.removeIf(name -> !hasTree(service(name)));
    return found;
  }

  /** The rootfs of each service that is here already; nothing is fetched. */
  Map<String, PreparedRootfs> present(Set<String> services) {
    Manifest manifest = manifest();
    RootfsStore store = store();
    Map<String, PreparedRootfs> found = new LinkedHashMap<>();
    for (Service service : manifest.services().values()) {
      if (services.contains(service.name()) && hasTree(service)) {
        store.present(service.rootfs()).ifPresent(rootfs -> found.put(service.name(), rootfs));
      }
    }
    return found;
  }

  /** The rootfs of each service, fetched and unpacked where it is missing. */
  Map<String, PreparedRootfs> prepare(Set<String> services, FetchListener listener) {
    Manifest manifest = manifest();
    RootfsStore store = store();
    if (use == null) {
      use = store.use();
    }
    Map<String, PreparedRootfs> prepared = new LinkedHashMap<>();
    for (Service service : manifest.services().values()) {
      if (services.contains(service.name()) && hasTree(service)) {
        Optional<PreparedRootfs> here = store.present(service.rootfs());
        prepared.put(
            service.name(),
            here.isPresent() ? here.get() : store.prepare(service.rootfs(), listener));
      }
    }
    return prepared;
  }

  /** What was prepared stands in the records of containers by now, or is not wanted any more. */
  void releaseRootfs() {
    StoreUse held = use;
    if (held != null) {
      held.close();
      use = null;
    }
  }

  /**
   * @param claims false for verbs that only show what would be
   */
  DesiredState desiredState(boolean claims) {
    return new DesiredState(layout, cgroups(), manifest(), claims, inputs());
  }

  StackNetwork network() {
    return network(inputs());
  }

  /**
   * @param inputs is told of what is looked at
   */
  StackNetwork network(Inputs inputs) {
    return new StackNetwork(layout, manifest(), observer, inputs);
  }

  CgroupLayout cgroups() {
    return unit().place(mounted());
  }

  /** The unit of systemd that supervisors live in, if systemd is here. */
  SupervisorUnit unit() {
    SupervisorUnit known = unit;
    if (known == null) {
      known =
          SupervisorUnit.isSystemd()
              ? SupervisorUnit.of(mounted(), layout, project())
              : SupervisorUnit.NONE;
      unit = known;
    }
    return known;
  }

  /** Which unit of systemd a project's containers are in, or that there is no systemd. */
  String place(String project) {
    return SupervisorUnit.isSystemd()
        ? "in /" + SupervisorUnit.of(mounted(), layout, project).given()
        : "no systemd";
  }

  private CgroupLayout mounted() {
    CgroupLayout known = mounted;
    if (known == null) {
      byte[] mounts = kernelFile(MOUNTS, "mount /proc");
      String raw = new String(mounts, StandardCharsets.ISO_8859_1);
      inputs().note(Inputs.Kind.MOUNTS, MOUNTS, Inputs.digest(KernelMounts.of(raw)));
      known = CgroupLayout.parse(new String(mounts, StandardCharsets.UTF_8));
      if (known.mode() == CgroupLayout.Mode.V2) {
        String file = known.unified() + "/cgroup.controllers";
        byte[] offered = kernelFile(file, "mount cgroup2 on /sys/fs/cgroup");
        inputs().text(file, offered);
        known = known.offering(new String(offered, StandardCharsets.UTF_8));
      }
      mounted = known;
    }
    return known;
  }

  private static byte[] kernelFile(String path, String mend) {
    try {
      return Files.readAllBytes(Path.of(path));
    } catch (IOException e) {
      throw new DiagnosticException(
          Failure.HOST,
          Diagnostic.error(Origin.NONE, "no-proc", "cannot read " + path).withHint(mend));
    }
  }

  /** The helper in C, beside the jar. */
  Path shim() {
    return Path.of(System.getProperty("jstack.shim", "jstack-shim"));
  }

  /** An engine that acts for as long as the lock is held. */
  Executor executor(ProjectLock lock, EngineEvents events) {
    return new Executor(layout, observer, shim(), unit(), lock, events);
  }

  ProjectLock lock(String verb) {
    return lock(verb, LockOptions.NONE);
  }

  /** The right to change the project; readers never ask for it. */
  ProjectLock lock(String verb, LockOptions options) {
    return lock(verb, options.patience(console));
  }

  ProjectLock lock(String project, String verb, LockOptions options) {
    return lock(project, verb, options.patience(console));
  }

  ProjectLock lock(String verb, ProjectLock.Patience patience) {
    return lock(project(), verb, patience);
  }

  ProjectLock lock(String project, String verb, ProjectLock.Patience patience) {
    requireRoot();
    requireShortPaths();
    return ProjectLock.take(layout, project, verb, patience);
  }

  /** Namespaces and mounts need the real root; to say so early beats an errno later. */
  void requireRoot() {
    Optional<String> user = OwnProcess.effectiveUser();
    if (user.isPresent() && !user.get().equals("0")) {
      throw new DiagnosticException(
          Failure.HOST,
          Diagnostic.error(Origin.NONE, "not-root", "must be root to make or change containers")
              .withHint(
                  "run it with sudo; validate, config, plan, ps and logs of your own work"
                      + " without"));
    }
  }

  private void requireShortPaths() {
    if (!layout.fitsSockets()) {
      throw new DiagnosticException(
          Failure.USAGE,
          Diagnostic.error(
                  Origin.NONE, "run-path-too-long", "JSTACK_RUN is too long: " + layout.run())
              .withHint("a control socket below it must fit in 107 bytes; see unix(7)"));
    }
  }

  /** Writes down what the verbs without a manifest need later. */
  void record(Manifest manifest) {
    try {
      recordOf(manifest).write(layout, manifest.name());
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "state-directory",
          "cannot write below " + layout.run() + ": " + e.getMessage(),
          FreeSpace.hint(layout.run(), e, "check the free space and the owner of that directory"));
    }
  }
}
