package jstack.manifest.bind;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import jstack.diag.Origin;
import jstack.diag.Suggestion;
import jstack.manifest.HostPath;
import jstack.manifest.LockFile;
import jstack.manifest.PullPolicy;
import jstack.manifest.RootfsLimits;
import jstack.manifest.RootfsMode;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Sha256;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.files.HostFiles;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code rootfs}: a string, or a mapping with exactly one of url, path and host. */
final class RootfsBinder {
  private static final List<String> SCHEMES = List.of("http", "https", "file");
  private static final List<String> MODES = List.of("overlay", "ephemeral", "readonly");
  private static final List<String> PULL_POLICIES = List.of("always", "never", "missing");

  private final BindContext context;
  private final Values values;
  private final RootfsMode usual;

  /**
   * @param usual the mode of one that says none
   */
  RootfsBinder(BindContext context, RootfsMode usual) {
    this.usual = usual;
    this.context = context;
    this.values = context.values();
  }

  /** Null when it could not be bound; that has been said then. */
  @Nullable RootfsSpec bind(Node node, String path) {
    if (node instanceof Node.Scalar) {
      return shortForm(node, path);
    }
    Fields fields =
        Fields.of(node, path, Keys.Place.ROOTFS, context.problems(), "a string or a mapping");
    if (fields == null || !hasOneSource(fields)) {
      return null;
    }
    RootfsMode mode = mode(fields);
    if (fields.has("host")) {
      refuseWith(fields, "host", List.of("sha256", "strip_components", "limits", "pull_policy"));
      Node host = fields.get("host");
      return host == null ? null : host(host, fields.path("host"), mode);
    }
    Sha256 sha256 = sha256(fields);
    Node strip = fields.get("strip_components");
    Long components =
        strip == null ? null : values.integer(strip, fields.path("strip_components"), 0, 32);
    int stripped = components == null ? 0 : components.intValue();
    RootfsLimits limits =
        new RootfsLimitsBinder(context).bind(fields.get("limits"), fields.path("limits"));
    if (fields.has("path")) {
      refuseWith(fields, "path", List.of("pull_policy"));
      Node local = fields.get("path");
      return local == null
          ? null
          : local(local, fields.path("path"), sha256, stripped, limits, mode);
    }
    Node url = fields.get("url");
    PullPolicy policy = pullPolicy(fields);
    return url == null
        ? null
        : url(url, fields.path("url"), sha256, stripped, limits, policy, mode);
  }

  private @Nullable RootfsSpec shortForm(Node node, String path) {
    String text = values.string(node, path);
    if (text == null) {
      return null;
    }
    boolean local = text.startsWith("/") || text.startsWith(".") || text.indexOf(':') < 0;
    return local
        ? local(node, path, null, 0, RootfsLimits.DEFAULT, usual)
        : url(node, path, null, 0, RootfsLimits.DEFAULT, PullPolicy.MISSING, usual);
  }

  private boolean hasOneSource(Fields fields) {
    List<String> given = new ArrayList<>();
    for (String source : List.of("url", "path", "host")) {
      if (fields.has(source)) {
        given.add(source);
      }
    }
    if (given.size() == 1) {
      return true;
    }
    Origin origin = given.isEmpty() ? fields.mapping().origin() : fields.keyAt(given.get(1));
    String found = given.isEmpty() ? "none of them" : String.join(" and ", given);
    context
        .problems()
        .error(
            origin.withKeyPath(fields.path()),
            "rootfs-source",
            "needs exactly one of url, path and host, found " + found);
    return false;
  }

  private void refuseWith(Fields fields, String source, List<String> keys) {
    for (String key : keys) {
      if (fields.has(key)) {
        context
            .problems()
            .error(fields.keyAt(key), "conflict", "`" + key + "` does not go with " + source);
      }
    }
  }

  private RootfsMode mode(Fields fields) {
    Node node = fields.get("mode");
    if (node instanceof Node.Scalar scalar && scalar.text().equals("copy")) {
      values.error(node, fields.path("mode"), "unsupported", later("copy"), "");
      return usual;
    }
    String word = node == null ? null : values.choice(node, fields.path("mode"), MODES);
    return word == null ? usual : RootfsMode.valueOf(word.toUpperCase(Locale.ROOT));
  }

  private PullPolicy pullPolicy(Fields fields) {
    Node node = fields.get("pull_policy");
    String word =
        node == null ? null : values.choice(node, fields.path("pull_policy"), PULL_POLICIES);
    return word == null ? PullPolicy.MISSING : PullPolicy.valueOf(word.toUpperCase(Locale.ROOT));
  }

  private static String later(String what) {
    return "`" + what + "` is not supported by this version of jstack";
  }

  private @Nullable Sha256 sha256(Fields fields) {
    Node node = fields.get("sha256");
    String path = fields.path("sha256");
    String text = node == null ? null : values.text(node, path);
    if (node == null || text == null) {
      return null;
    }
    try {
      return Sha256.parse(text);
    } catch (IllegalArgumentException e) {
      values.error(node, path, "sha256", String.valueOf(e.getMessage()), "");
      return null;
    }
  }

  private @Nullable RootfsSpec local(
      Node node,
      String path,
      @Nullable Sha256 sha256,
      int strip,
      RootfsLimits limits,
      RootfsMode mode) {
    HostPath file = values.hostPath(node, path);
    if (file == null) {
      return null;
    }
    HostFiles.Kind kind = context.files().kind(file);
    if (sha256 == null || kind == HostFiles.Kind.LOOP) {
      exists(node, path, file, kind);
    }
    if (kind == HostFiles.Kind.DIRECTORY && (sha256 != null || strip > 0)) {
      String text = file + " is a directory; sha256 and strip_components are for archives";
      values.error(node, path, "conflict", text, "");
    } else if (kind == HostFiles.Kind.OTHER) {
      values.error(node, path, "not-a-file", file + " is neither a file nor a directory", "");
    }
    return new RootfsSpec.Local(
        file,
        context.files().real(file),
        sha256,
        strip,
        limits,
        mode,
        node.origin().withKeyPath(path));
  }

  /** Without a digest that the store may hold, a file has to be there. */
  private void exists(Node node, String path, HostPath file, HostFiles.Kind kind) {
    String absence = HostFiles.absence(kind, file);
    if (!absence.isEmpty()) {
      String hint = "the nearest folder that exists is " + existingParent(file);
      values.error(node, path, "absent", absence, kind == HostFiles.Kind.LOOP ? "" : hint);
    }
  }

  private HostPath existingParent(HostPath file) {
    String path = file.value();
    while (path.lastIndexOf('/') > 0) {
      path = path.substring(0, path.lastIndexOf('/'));
      if (context.files().kind(new HostPath(path)) != HostFiles.Kind.ABSENT) {
        return new HostPath(path);
      }
    }
    return new HostPath("/");
  }

  private @Nullable RootfsSpec url(
      Node node,
      String path,
      @Nullable Sha256 sha256,
      int strip,
      RootfsLimits limits,
      PullPolicy policy,
      RootfsMode mode) {
    String text = values.string(node, path);
    if (text == null) {
      return null;
    }
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      int index = Math.max(0, Math.min(e.getIndex(), text.length()));
      values.error(
          node,
          path,
          "url",
          reason(e), // at which character is another one with each JDK
          text.startsWith(" ", index) ? "write %20 for a blank" : "");
      return null;
    }
    String wrong = mistake(url);
    if (!wrong.isEmpty()) {
      String hint =
          wrong.contains("file:///") ? "" : "write it like https://example.org/rootfs.tar.gz";
      values.error(node, path, "url", wrong, hint);
      return null;
    }
    Origin origin = node.origin().withKeyPath(path);
    if (url.getRawUserInfo() != null) {
      context
          .problems()
          .warning(origin, "credentials", "a URL with a password is seen by everybody");
    }
    if ("file".equalsIgnoreCase(url.getScheme()) && sha256 == null) {
      HostPath file = values.hostPath(url.getPath(), node, path);
      if (file != null) {
        exists(node, path, file, context.files().kind(file));
      }
    }
    Sha256 pinned = pinned(url, sha256, origin);
    boolean locks = context.lock().isBeingWritten();
    if (isHttp(url) && pinned == null && !locks && !isLoopback(url.getHost())) {
      values.error(
          node,
          path,
          "http-without-sha256",
          "plain http lets anybody on the way change the rootfs",
          "use https, or add sha256, or pin it with jstack lock");
    }
    return new RootfsSpec.Url(url, pinned, strip, limits, policy, mode, origin);
  }

  /** The digest that the manifest writes, or else that of the lock; both must say the same. */
  private @Nullable Sha256 pinned(URI url, @Nullable Sha256 written, Origin origin) {
    LockFile.Entry entry = context.lock().find(url).orElse(null);
    if (entry == null) {
      if (context.lock().isRequired()) {
        context
            .problems()
            .error(
                origin,
                "not-locked",
                LockFile.NAME + " has no line for " + LockFile.key(url),
                "jstack lock writes it");
      }
      return written;
    }
    if (written != null && !written.equals(entry.sha256())) {
      context
          .problems()
          .error(
              origin,
              "lock-differs",
              "sha256 is "
                  + written
                  + " here and "
                  + entry.sha256()
                  + " in "
                  + entry.origin().place(),
              "correct the one that is wrong; jstack lock takes the manifest's");
    }
    return entry.sha256();
  }

  private static String reason(URISyntaxException e) {
    String reason = e.getReason().toLowerCase(Locale.ROOT);
    return reason.equals("expected authority")
        ? "not a URL: the host is missing"
        : "not a URL: " + reason;
  }

  private static boolean isHttp(URI url) {
    return "http".equalsIgnoreCase(url.getScheme());
  }

  private static String mistake(URI url) {
    String scheme = url.getScheme();
    if (scheme == null) {
      return "the URL has no scheme such as https://";
    }
    String lower = scheme.toLowerCase(Locale.ROOT);
    if (!SCHEMES.contains(lower)) {
      String near = Suggestion.among(lower, SCHEMES);
      return "scheme \"" + scheme + "\" is not supported, only http, https and file" + near;
    }
    if (lower.equals("file")) {
      boolean remote = url.getRawAuthority() != null && !url.getRawAuthority().equals("localhost");
      boolean whole = url.getPath() != null && url.getPath().startsWith("/");
      return remote
          ? "a file URL names no host: file:///path"
          : whole ? "" : "a file URL has a whole path: file:///path";
    }
    if (url.getHost() == null || url.getHost().isEmpty()) {
      String authority = url.getRawAuthority() == null ? "" : url.getRawAuthority();
      String port = authority.substring(authority.lastIndexOf(':') + 1);
      boolean number = port.chars().allMatch(c -> c >= '0' && c <= '9');
      return authority.indexOf(':') > 0 && !number && authority.indexOf('@') < 0
          ? "there is no port " + port
          : "the URL has no valid host";
    }
    if (url.getPort() > 65535 || url.getPort() == 0) {
      return "there is no port " + url.getPort();
    }
    return "";
  }

  private static boolean isLoopback(@Nullable String host) {
    return host != null
        && (host.equalsIgnoreCase("localhost") || host.equals("[::1]") || isLoopbackV4(host));
  }

  /** Only a written-out address: a name such as 127.example.org must not pass. */
  private static boolean isLoopbackV4(String host) {
    boolean digits = host.startsWith("127.");
    for (int i = 0; i < host.length(); i++) {
      digits &= host.charAt(i) == '.' || (host.charAt(i) >= '0' && host.charAt(i) <= '9');
    }
    return digits;
  }

  private @Nullable RootfsSpec host(Node node, String path, RootfsMode mode) {
    Fields fields =
        Fields.of(
            node,
            path,
            Keys.Place.ROOTFS_HOST,
            context.problems(),
            "a mapping with binaries, files and directories");
    if (fields == null) {
      return null;
    }
    if (fields.mapping().entries().isEmpty()) {
      values.error(node, path, "empty", "an empty jail", "name at least one of binaries");
    }
    return new RootfsSpec.Host(
        paths(fields, "binaries", HostFiles.Kind.FILE),
        paths(fields, "files", HostFiles.Kind.FILE),
        paths(fields, "directories", HostFiles.Kind.DIRECTORY),
        mode,
        node.origin().withKeyPath(path));
  }

  private List<HostPath> paths(Fields fields, String key, HostFiles.Kind wanted) {
    List<HostPath> paths = new ArrayList<>();
    Node list = fields.get(key);
    List<Node> items = list == null ? List.of() : values.items(list, fields.path(key));
    for (int i = 0; i < items.size(); i++) {
      Node item = items.get(i);
      String path = fields.path(key) + "[" + i + "]";
      String text = values.string(item, path);
      if (text == null) {
        continue;
      }
      if (text.indexOf('/') < 0 && !text.startsWith("~")) {
        String hint = "write the whole path, such as /bin/" + text;
        values.error(item, path, "host-path", "\"" + text + "\" is not looked for in PATH", hint);
        continue;
      }
      HostPath file = values.hostPath(text, item, path);
      if (file != null) {
        check(item, path, file, wanted);
        paths.add(file);
      }
    }
    return paths;
  }

  private void check(Node item, String path, HostPath file, HostFiles.Kind wanted) {
    HostFiles.Kind kind = context.files().kind(file);
    String absence = HostFiles.absence(kind, file);
    if (!absence.isEmpty()) {
      values.error(item, path, "absent", absence + " on this machine", "");
    } else if (kind != HostFiles.Kind.UNKNOWN && kind != wanted) {
      String noun = wanted == HostFiles.Kind.FILE ? "file" : "directory";
      values.error(item, path, "not-a-" + noun, file + " is not a " + noun, "");
    }
  }
}
