package jstack.manifest.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Inputs;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.SourceTexts;
import jstack.manifest.HostPath;
import jstack.manifest.LockFile;
import jstack.manifest.Manifest;
import jstack.manifest.bind.BindContext;
import jstack.manifest.bind.Binder;
import jstack.manifest.files.DiskFiles;
import jstack.manifest.files.HostFiles;
import jstack.manifest.files.HostPlaces;
import jstack.manifest.files.ReadableFile;
import jstack.manifest.files.SourceReader;
import jstack.manifest.files.UncheckedFiles;
import jstack.manifest.policy.HeldPolicy;
import jstack.manifest.policy.Policy;
import jstack.manifest.policy.PolicyLoader;
import jstack.manifest.policy.PolicyRules;
import jstack.manifest.yaml.EnvFile;
import jstack.manifest.yaml.Node;
import jstack.manifest.yaml.SourceMap;
import jstack.manifest.yaml.TreeInterpolation;
import jstack.manifest.yaml.Variables;
import jstack.manifest.yaml.YamlReader;
import org.jspecify.annotations.Nullable;

/**
 * Text to model: finds the manifest, reads it once, and either gives a whole checked {@link
 * Manifest} or says everything that is wrong with it. It writes nothing, anywhere.
 */
public final class ManifestLoader {
  private static final List<String> NAMES = List.of("jstack.yaml", "jstack.yml");
  private static final String SCHEMA = "/jstack.schema.json";

  private final LoadRequest request;
  private final SourceTexts texts;
  private final Problems problems = new Problems();

  private ManifestLoader(LoadRequest request, SourceTexts texts) {
    this.request = request;
    this.texts = texts;
  }

  /** As {@link #load(LoadRequest, SourceTexts)}, for callers that never show a line. */
  public static LoadedManifest load(LoadRequest request) {
    return load(request, new SourceTexts());
  }

  /**
   * Loads a manifest.
   *
   * @param texts receives the texts that were read, for the diagnostics' source lines
   * @throws DiagnosticException with Failure.MANIFEST or Failure.NO_MANIFEST and all problems
   */
  public static LoadedManifest load(LoadRequest request, SourceTexts texts) {
    return new ManifestLoader(request, texts).load();
  }

  /** The jstack.yaml or jstack.yml of a folder or of the nearest one above it. */
  public static Optional<Path> find(Path directory) {
    for (Path here = directory.toAbsolutePath(); here != null; here = here.getParent()) {
      for (String name : NAMES) {
        Path file = here.resolve(name);
        if (Files.exists(file)) {
          return Optional.of(file);
        }
      }
    }
    return Optional.empty();
  }

  /** The JSON Schema of manifests, draft-07: the public contract. */
  public static String schemaText() {
    try (InputStream in = ManifestLoader.class.getResourceAsStream(SCHEMA)) {
      return new String(Objects.requireNonNull(in, SCHEMA).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** For a verb that changes what runs, and takes no manifest in. */
  public static HeldPolicy policy(LoadRequest request, SourceTexts texts) {
    return new HeldPolicy(readPolicy(request, texts), texts);
  }

  private LoadedManifest load() {
    Policy policy =
        request.purpose() == LoadRequest.Purpose.STOP ? null : readPolicy(request, texts);
    HeldPolicy held = new HeldPolicy(policy, texts);
    Path file = locate();
    String name = name(file);
    ReadableFile readable =
        request.file() != null
            ? ReadableFile.ofUser(file)
            : mayRead(held, file, directory(file), name); // a link laid there may lead anywhere
    String text = SourceReader.read(readable, name, texts);
    List<String> lines = SourceTexts.split(text);
    Node.Mapping written = YamlReader.read(text, lines, name);
    HostPath directory = directory(file);
    Map<String, String> variables = variables(directory, held);
    ManifestFiles sources = new ManifestFiles(request, directory, held, texts, problems);
    sources.hideSecrets(variables, text);
    Node.Mapping tree = new TreeInterpolation(variables, lines, problems).top(written);
    if (Include.isNeeded(tree)) {
      ManifestFiles.Opened main = new ManifestFiles.Opened(file, directory, tree, variables);
      tree = new Include(sources, problems).resolve(main);
    }
    boolean stops = request.purpose() == LoadRequest.Purpose.STOP;
    HostFiles files = stops ? new UncheckedFiles() : new DiskFiles(texts);
    BindContext context =
        new BindContext(
            problems,
            directory,
            files,
            variables,
            request.cpusOnline(),
            request.topology(),
            stops ? null : new HostPlaces(files, request.state()),
            SourceMap.of(tree),
            sources.folders(),
            lock(directory, name, held),
            held,
            request.profiles());
    Manifest manifest = new Binder(context, name).bind(tree, request.projectName());
    if (problems.hasErrors() || request.purpose() == LoadRequest.Purpose.VALIDATE) {
      SchemaCheck.check(tree, name, problems);
    }
    try {
      problems.throwIfAny();
    } catch (DiagnosticException e) {
      throw held.explained(e, request.environment());
    }
    if (policy != null) {
      new PolicyRules(policy, files, problems, texts).check(manifest);
      problems.throwIfAny();
    }
    return new LoadedManifest(
        manifest, problems.warnings(), List.copyOf(sources.folders().keySet()), held);
  }

  /** Null when there is none. */
  private static @Nullable Policy readPolicy(LoadRequest request, SourceTexts texts) {
    Path file = request.policy();
    if (file == null) {
      return null;
    }
    texts.inputs().cannotAskAgain(); // a policy looks where files lie in ways of its own
    Path whole = request.workingDirectory().toAbsolutePath().resolve(file);
    return PolicyLoader.load(whole, file.toString(), request.environment(), texts);
  }

  private static ReadableFile mayRead(HeldPolicy held, Path file, HostPath directory, String name) {
    Problems refused = new Problems();
    ReadableFile readable = held.mayRead(file, directory, Origin.ofFile(name), refused);
    refused.throwIfAny();
    return Objects.requireNonNull(readable, "what may not be read has been refused");
  }

  /** What lies beside the manifest; a verb that only stops or shows is not kept from it by that. */
  private LockFile lock(HostPath directory, String manifest, HeldPolicy held) {
    if (request.purpose() == LoadRequest.Purpose.STOP) {
      return LockFile.NONE;
    }
    if (request.locking() == LoadRequest.Locking.IGNORED) {
      return LockFile.BEING_WRITTEN;
    }
    Path file = directory.toPath().resolve(LockFile.NAME);
    LockFile lock =
        readLock(mayRead(held, file, directory, LockFile.NAME), manifest, texts, problems);
    return request.locking() == LoadRequest.Locking.REQUIRED ? lock.required() : lock;
  }

  /** The lock beside a manifest; empty when there is none. */
  public static LockFile readLock(Path directory, String manifest, SourceTexts texts) {
    Problems problems = new Problems();
    ReadableFile file = ReadableFile.ofManifest(directory.resolve(LockFile.NAME));
    LockFile lock = readLock(file, manifest, texts, problems);
    problems.throwIfAny();
    return lock;
  }

  private static LockFile readLock(
      ReadableFile file, String manifest, SourceTexts texts, Problems problems) {
    boolean there = Files.exists(file.path());
    texts.inputs().note(Inputs.Kind.THERE, file.path().toString(), there);
    if (!there) {
      return LockFile.NONE;
    }
    String name =
        manifest.equals("stdin")
            ? LockFile.NAME
            : Path.of(manifest).resolveSibling(LockFile.NAME).toString();
    return LockFile.parse(SourceReader.read(file, name, texts), name, problems);
  }

  private Path locate() {
    Path file = request.file();
    if (file == null) {
      Optional<Path> found = find(request.workingDirectory());
      if (found.isEmpty()) {
        throw notFound();
      }
      return found.get();
    }
    return file.toString().equals("-")
        ? Path.of("/dev/stdin")
        : request.workingDirectory().toAbsolutePath().resolve(file);
  }

  private DiagnosticException notFound() {
    String message =
        "no jstack.yaml in " + request.workingDirectory().toAbsolutePath() + " or its parents";
    return new DiagnosticException(
        Failure.NO_MANIFEST,
        Diagnostic.error(Origin.NONE, "no-manifest", message).withHint("name one: jstack -f FILE"));
  }

  /** As the user named it, or as it is seen from where the user is. */
  private String name(Path file) {
    Path named = request.file();
    if (named != null) {
      return named.toString().equals("-") ? "stdin" : named.toString();
    }
    return request.workingDirectory().toAbsolutePath().relativize(file).toString();
  }

  private HostPath directory(Path file) {
    boolean pipe = file.startsWith("/dev") || file.startsWith("/proc");
    Path parent = file.toAbsolutePath().normalize().getParent();
    return HostPath.of(pipe || parent == null ? request.workingDirectory() : parent);
  }

  private Map<String, String> variables(HostPath directory, HeldPolicy held) {
    Map<String, String> whole = held.variables(request.environment());
    Map<String, String> caller =
        new Variables(name -> texts.inputs().variable(name, whole.get(name)));
    caller.putAll(whole);
    Map<String, String> variables = Variables.like(caller);
    if (request.envFiles().isEmpty()) {
      Path file = directory.toPath().resolve(".env");
      if (new DiskFiles(texts).kind(HostPath.of(file)) == HostFiles.Kind.FILE) {
        Path here = request.workingDirectory().toAbsolutePath();
        String name = here.relativize(file).toString();
        read(mayRead(held, file, directory, name), name, caller, variables);
      }
    }
    for (Path named : request.envFiles()) {
      Path file = request.workingDirectory().resolve(named);
      read(ReadableFile.ofUser(file), named.toString(), caller, variables);
    }
    variables.putAll(caller);
    return variables;
  }

  private void read(
      ReadableFile file, String name, Map<String, String> caller, Map<String, String> into) {
    try {
      String text = SourceReader.read(file, name, texts);
      into.putAll(EnvFile.parse(text, name, caller, problems));
    } catch (DiagnosticException e) {
      for (Diagnostic diagnostic : e.diagnostics()) {
        problems.add(diagnostic); // not the manifest is missing, but a file of variables
      }
    }
  }
}
