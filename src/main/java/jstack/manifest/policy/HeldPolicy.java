package jstack.manifest.policy;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.SourceTexts;
import jstack.manifest.HostPath;
import jstack.manifest.Manifest;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Service;
import jstack.manifest.files.DiskFiles;
import jstack.manifest.files.ReadableFile;
import org.jspecify.annotations.Nullable;

/**
 * The policy after the manifest was let in: what is learnt or asked for later is held against it,
 * too. That is where a url leads in the end, and what the command line changes.
 */
public final class HeldPolicy {
  /** Nothing is held. */
  public static final HeldPolicy NONE = new HeldPolicy(null, new SourceTexts());

  private final @Nullable Policy policy;
  private final SourceTexts texts;

  public HeldPolicy(@Nullable Policy policy, SourceTexts texts) {
    this.policy = policy;
    this.texts = texts;
  }

  /** Of the caller's variables those that a manifest may read. */
  public Map<String, String> variables(Map<String, String> caller) {
    List<String> allowed = policy == null ? null : policy.variables();
    if (allowed == null) {
      return caller;
    }
    Map<String, String> readable = new HashMap<>(caller);
    readable.keySet().removeIf(name -> !isAllowed(name, allowed));
    return readable;
  }

  private static boolean isAllowed(String name, List<String> allowed) {
    for (String each : allowed) {
      boolean begins = each.endsWith("*") && name.startsWith(each.substring(0, each.length() - 1));
      if (begins || name.equals(each)) {
        return true;
      }
    }
    return false;
  }

  /** The same, where a variable that is said not to be set is one that the policy withholds. */
  public DiagnosticException explained(DiagnosticException error, Map<String, String> caller) {
    Policy held = policy;
    if (held == null || held.variables() == null) {
      return error;
    }
    Set<String> withheld = new TreeSet<>(caller.keySet());
    withheld.removeAll(variables(caller).keySet());
    List<Diagnostic> said = new ArrayList<>();
    for (Diagnostic each : error.diagnostics()) {
      boolean about =
          each.code().equals("unset-variable")
              && withheld.stream().anyMatch(List.of(each.message().split("[ :,]", -1))::contains);
      said.add(about ? rules(held, new Problems()).refusals().withholds(each) : each);
    }
    return new DiagnosticException(error.failure(), said, error.errors() - count(said));
  }

  private static int count(List<Diagnostic> said) {
    return (int) said.stream().filter(Diagnostic::isError).count();
  }

  /** With other numbers of containers. */
  public void scaled(Manifest manifest) {
    if (policy != null) {
      Problems problems = new Problems();
      rules(policy, problems).containers(manifest);
      problems.throwIfAny();
    }
  }

  /** With what the command line asks for besides. */
  public void changed(Service service, Manifest manifest) {
    if (policy != null) {
      Problems problems = new Problems();
      rules(policy, problems).service(service, manifest);
      problems.throwIfAny();
    }
  }

  private PolicyRules rules(Policy held, Problems problems) {
    return new PolicyRules(held, new DiskFiles(texts), problems, texts);
  }

  /**
   * Limits that a running service shall have.
   *
   * @param asked the keys of {@code cgroup} that are asked for, with the options that do so
   */
  public void limits(Service service, Map<String, String> asked) {
    Policy held = policy;
    if (held == null) {
      return;
    }
    Problems problems = new Problems();
    for (Map.Entry<String, String> each : asked.entrySet()) {
      Problems of = new Problems();
      rules(held, of).limits().one(service, each.getKey());
      for (Diagnostic error : of.errors()) {
        String message = each.getValue() + ": " + error.message();
        problems.add(
            Diagnostic.error(Origin.NONE, error.code(), message).withDetails(error.details()));
      }
    }
    if (problems.hasErrors()) {
      throw new DiagnosticException(Failure.MANIFEST, problems.errors());
    }
  }

  /** Before a redirect is followed: what is said of the first url holds for every further one. */
  public void redirected(RootfsSpec.Url rootfs, URI next) {
    if (policy != null) {
      Problems problems = new Problems();
      rules(policy, problems).sources().redirect(rootfs, next);
      problems.throwIfAny();
    }
  }

  /** The file of this machine that a url leads to, when it is about to be read. */
  public void leads(RootfsSpec.Url rootfs, HostPath real) {
    if (policy != null) {
      Problems problems = new Problems();
      rules(policy, problems).sources().source(rootfs, real);
      problems.throwIfAny();
    }
  }

  /**
   * Whether a file that a manifest names may be read: with a policy it has to lie in the manifest's
   * folder, since what is wrong with a file is shown with its lines. Folders that may be mounted
   * are as good.
   *
   * @return what is to be read then; null when it may not, which has been said
   */
  public @Nullable ReadableFile mayRead(Path file, HostPath root, Origin at, Problems problems) {
    Policy held = policy;
    if (held == null) {
      return ReadableFile.ofManifest(file);
    }
    HostPath real = HostPath.of(ReadableFile.real(file));
    boolean inside = real.toPath().startsWith(ReadableFile.real(root.toPath()));
    return inside || rules(held, problems).folders().reads(real, at)
        ? new ReadableFile(real.toPath(), ReadableFile.Trust.POLICY)
        : null;
  }
}
