package jstack.manifest.load;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.SourceTexts;
import jstack.manifest.HostPath;
import jstack.manifest.files.DiskFiles;
import jstack.manifest.files.HostFiles;
import jstack.manifest.files.ReadableFile;
import jstack.manifest.files.SourceReader;
import jstack.manifest.policy.HeldPolicy;
import jstack.manifest.yaml.EnvFile;
import jstack.manifest.yaml.Node;
import jstack.manifest.yaml.TreeInterpolation;
import jstack.manifest.yaml.Variables;
import jstack.manifest.yaml.YamlReader;
import org.jspecify.annotations.Nullable;

/**
 * The files that a manifest is put together from: each is read once for its place, with its own
 * variables put in, and its relative paths begin at its own folder.
 */
final class ManifestFiles {
  /** Of files; a manifest has a handful. */
  private static final int MOST = 100;

  private final LoadRequest request;
  private final HostPath root;
  private final HeldPolicy policy;
  private final SourceTexts texts;
  private final Problems problems;
  private final Map<String, HostPath> folders = new LinkedHashMap<>();
  private final List<Opened> opened = new ArrayList<>();
  private long weight;

  /**
   * @param root the folder of the manifest itself: with a policy all files lie in it, since what is
   *     wrong with a file is shown with its lines
   */
  ManifestFiles(
      LoadRequest request, HostPath root, HeldPolicy policy, SourceTexts texts, Problems problems) {
    this.root = root;
    this.policy = policy;
    this.request = request;
    this.texts = texts;
    this.problems = problems;
  }

  /**
   * One file.
   *
   * @param path without links or dots
   * @param folder where its relative paths begin
   * @param tree with its variables put in
   * @param variables by their names
   */
  record Opened(Path path, HostPath folder, Node.Mapping tree, Map<String, String> variables) {}

  /** By the names of files that were opened: where their relative paths begin. */
  Map<String, HostPath> folders() {
    return folders;
  }

  /**
   * Opens one more file.
   *
   * @param folder null is the folder that it lies in
   * @param at what names it, for what is wrong with it
   * @return null when it cannot be read; that has been said then
   */
  @Nullable Opened open(
      HostPath file,
      @Nullable HostPath folder,
      Map<String, String> variables,
      Node at,
      String key) {
    Path path = file.toPath();
    Path parent = path.getParent();
    HostPath own = folder != null ? folder : HostPath.of(parent == null ? path : parent);
    for (Opened before : opened) {
      boolean same = before.path().equals(path) && before.folder().equals(own);
      if (same && before.variables().equals(variables)) {
        return before;
      }
    }
    String name = request.workingDirectory().toAbsolutePath().relativize(path).toString();
    Origin origin = at.origin().withKeyPath(key);
    ReadableFile readable = policy.mayRead(path, root, origin, problems);
    if (readable == null) {
      return null;
    }
    if (folders.size() >= MOST) {
      problems.error(origin, "too-many-files", "more than " + MOST + " files");
      return null;
    }
    try {
      String text = SourceReader.read(readable, name, texts);
      List<String> lines = SourceTexts.split(text);
      Node.Mapping written = YamlReader.read(text, lines, name);
      weight += written.weight();
      if (weight > YamlReader.MAX_NODES) {
        problems.error(origin, "too-many-nodes", "all files together are too large");
        return null;
      }
      folders.put(name, own);
      hideSecrets(variables, text);
      Node.Mapping tree = new TreeInterpolation(variables, lines, problems).top(written);
      Opened result = new Opened(path, own, tree, variables);
      opened.add(result);
      return result;
    } catch (DiagnosticException e) {
      for (Diagnostic diagnostic : e.diagnostics()) {
        if (diagnostic.origin().line() > 0) {
          problems.add(diagnostic);
        } else {
          problems.error(
              origin, diagnostic.code(), name + ": " + diagnostic.message(), diagnostic.hint());
        }
      }
      return null;
    }
  }

  /** Of a file of variables; those that are known already win. */
  Map<String, String> variables(
      HostPath file, Map<String, String> known, Node at, String key, boolean required) {
    Map<String, String> all = Variables.like(known);
    Path path = file.toPath();
    String name = request.workingDirectory().toAbsolutePath().relativize(path).toString();
    boolean wanted = required || new DiskFiles(texts).kind(file) == HostFiles.Kind.FILE;
    ReadableFile readable =
        wanted ? policy.mayRead(path, root, at.origin().withKeyPath(key), problems) : null;
    if (readable != null) {
      try {
        String text = SourceReader.read(readable, name, texts);
        all.putAll(EnvFile.parse(text, name, known, problems));
      } catch (DiagnosticException e) {
        for (Diagnostic diagnostic : e.diagnostics()) {
          problems.error(
              at.origin().withKeyPath(key), diagnostic.code(), name + ": " + diagnostic.message());
        }
      }
    }
    all.putAll(known);
    return all;
  }

  /** Of the variables, the values that a message could quote since a file names them. */
  void hideSecrets(Map<String, String> variables, String text) {
    for (Map.Entry<String, String> variable : variables.entrySet()) {
      String name = variable.getKey();
      if (SourceTexts.isSecretName(name) && text.contains(name)) {
        texts.hide(variable.getValue());
      }
    }
  }
}
