package jstack.manifest.bind;

import java.io.IOException;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.Suggestion;
import jstack.manifest.HostPath;
import jstack.manifest.ProfileMemory;
import jstack.manifest.ProfileReader;
import jstack.manifest.Seccomp;
import jstack.manifest.Security;
import jstack.manifest.Sha256;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Values;
import jstack.manifest.files.HostFiles;
import jstack.manifest.files.ReadableFile;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code security_opt}, whose items Compose writes with {@code =} or with {@code :}. */
final class SecurityOptBinder {

  private static final String SECCOMP = "seccomp";

  private final BindContext context;
  private final Values values;
  private @Nullable Seccomp seccomp;
  private @Nullable Boolean newPrivileges;

  SecurityOptBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  /** The filter; without a word of it a privileged service has none. */
  Seccomp bind(Fields fields, boolean privileged) {
    Node node = fields.get("security_opt");
    String path = fields.path("security_opt");
    List<Node> items = node == null ? List.of() : values.items(node, path);
    for (int i = 0; i < items.size(); i++) {
      String at = path + "[" + i + "]";
      String text = values.string(items.get(i), at);
      if (text != null) {
        option(items.get(i), at, text);
      }
    }
    if (seccomp == null && privileged) {
      return unconfined();
    }
    return seccomp == null ? new Seccomp.Default() : seccomp;
  }

  /** Whether programs may give more than their caller has; null where {@link #bind} met no word. */
  @Nullable Boolean newPrivileges() {
    return newPrivileges;
  }

  private void option(Node node, String path, String text) {
    int sign = sign(text);
    String name = text.substring(0, sign);
    String value = sign == text.length() ? "" : text.substring(sign + 1);
    switch (name) {
      case SECCOMP -> seccomp(node, path, value);
      case Security.NO_NEW_PRIVILEGES -> noNewPrivileges(node, path, value);
      case "apparmor", "label", "systempaths", "credentialspec" ->
          values.error(
              node,
              path,
              "unsupported",
              "`" + name + "` is not supported by this version of jstack",
              "known here: seccomp, no-new-privileges");
      default -> {
        String near = Suggestion.among(name, List.of(SECCOMP, Security.NO_NEW_PRIVILEGES));
        String message = "unknown security option \"" + name + "\"" + near;
        values.error(node, path, "choice", message, "known here: seccomp, no-new-privileges");
      }
    }
  }

  private static int sign(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '=' || text.charAt(i) == ':') {
        return i;
      }
    }
    return text.length();
  }

  private void noNewPrivileges(Node node, String path, String value) {
    boolean isFalse = value.equals("false");
    if (newPrivileges != null) {
      values.error(node, path, "duplicate-key", "no-new-privileges is given twice", "");
    } else if (!isFalse && !value.isEmpty() && !value.equals("true")) {
      values.error(node, path, "type", "must be true or false, not \"" + value + "\"", "");
    } else {
      newPrivileges = isFalse;
      String key = path.substring(0, path.lastIndexOf('[')) + "." + Security.NO_NEW_PRIVILEGES;
      context.origins().put(key, node.origin().withKeyPath(path));
    }
  }

  private void seccomp(Node node, String path, String value) {
    if (seccomp != null) {
      values.error(node, path, "duplicate-key", "seccomp is given twice", "");
      return;
    }
    switch (value) {
      case "" ->
          values.error(
              node, path, "no-value", "seccomp has no value", "write seccomp=default, or a file");
      case Seccomp.Default.WORD -> seccomp = new Seccomp.Default();
      case Seccomp.Unconfined.WORD -> seccomp = unconfined();
      default -> seccomp = profile(node, path, value);
    }
  }

  /** Opens a wall; whoever asks for leave to open walls asks here, once for each. */
  private static Seccomp unconfined() {
    return new Seccomp.Unconfined();
  }

  /** A stand-in, which never gets out, where the file is wrong. */
  private Seccomp profile(Node node, String path, String written) {
    HostPath file = values.hostPath(written, node, path);
    HostFiles.Kind kind = file == null ? HostFiles.Kind.UNKNOWN : context.files().kind(file);
    if (file == null || kind == HostFiles.Kind.UNKNOWN) {
      return new Seccomp.Default();
    }
    if (kind != HostFiles.Kind.FILE) {
      boolean absent = kind == HostFiles.Kind.ABSENT;
      String message = absent ? "there is no " + file : file + " is not a file";
      String hint = "write seccomp=default, seccomp=unconfined, or a profile in Docker's format";
      values.error(node, path, absent ? "absent" : "not-a-file", message, hint);
      return new Seccomp.Default();
    }
    ReadableFile readable = context.mayRead(file, node, path);
    if (readable == null) {
      return new Seccomp.Default();
    }
    try {
      String text = context.files().text(readable, written);
      return read(file, written, text);
    } catch (DiagnosticException e) {
      for (Diagnostic diagnostic : e.diagnostics()) {
        if (diagnostic.origin().line() > 0) {
          context.problems().add(diagnostic);
        } else {
          String message = written + ": " + diagnostic.message();
          values.error(node, path, diagnostic.code(), message, diagnostic.hint());
        }
      }
    } catch (IOException e) {
      values.error(node, path, "unreadable", file + " cannot be read", "");
    }
    return new Seccomp.Default();
  }

  /** What is known to be good by its bytes is not read again. */
  private Seccomp read(HostPath file, String written, String text) {
    ProfileMemory memory = context.profiles();
    String digest = Sha256.of(text).hex();
    ProfileMemory.Known known = memory.find(digest);
    if (known != null) {
      for (Diagnostic warning : known.warnings()) {
        Origin at = warning.origin();
        Origin here = new Origin(written, at.line(), at.column(), at.length(), at.keyPath());
        context
            .problems()
            .add(
                Diagnostic.warning(here, warning.code(), warning.message())
                    .withHint(warning.hint()));
      }
      return new Seccomp.Unread(file, written, digest, known.flags(), text);
    }
    Problems said = new Problems();
    Seccomp.Profile profile = new ProfileReader(said, file, written).read(text);
    if (said.errors().isEmpty()) {
      memory.keep(digest, new ProfileMemory.Known(profile.flags(), said.warnings()));
    }
    said.errors().forEach(context.problems()::add);
    said.warnings().forEach(context.problems()::add);
    return profile;
  }
}
