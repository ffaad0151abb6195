package jstack.manifest.bind;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Origin;
import jstack.diag.Suggestion;
import jstack.linux.Namespace;
import jstack.linux.Signal;
import jstack.manifest.ByteSize;
import jstack.manifest.ContainerPath;
import jstack.manifest.Expect;
import jstack.manifest.Names;
import jstack.manifest.NamespaceSource;
import jstack.manifest.Namespaces;
import jstack.manifest.Origins;
import jstack.manifest.RootfsMode;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Service;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds one service. Where a value is wrong a stand-in takes its place, which never gets out. */
final class ServiceBinder {
  private static final ByteSize SHM_SIZE = new ByteSize(64L << 20);
  private static final int UMASK = 0022;
  private static final Duration GRACE = Duration.ofSeconds(10);
  private static final Duration LONG_GRACE = Duration.ofHours(1);

  private final BindContext context;
  private final Values values;
  private final Origins origins;

  ServiceBinder(BindContext context, Origins origins) {
    this.context = context;
    this.values = context.values();
    this.origins = origins;
  }

  /** Null when the node is no mapping. */
  @Nullable Service bind(Node.Scalar key, Node node, String path, boolean isJob) {
    String name = key.text();
    Origin at = key.origin().withKeyPath(path);
    Fields fields = Fields.of(node, path, Keys.Place.SERVICE, context.problems(), "a mapping");
    if (fields == null) {
      return null;
    }
    CommandBinder command = new CommandBinder(context);
    command.require(fields, at);
    List<String> entrypoint = command.bind(fields, "entrypoint");
    List<String> words = command.bind(fields, "command");
    Map<String, String> environment = new EnvironmentBinder(context).bind(fields);
    fits(fields, entrypoint, words, environment);
    Namespaces namespaces = new NamespacesBinder(context).bind(fields);
    boolean privileged = flag(fields, "privileged");
    SecurityOptBinder options = new SecurityOptBinder(context);
    return new Service(
        name,
        rootfs(fields, at, namespaces, isJob),
        entrypoint,
        words,
        workingDir(fields),
        environment,
        user(fields),
        List.copyOf(groups(fields)),
        umask(fields),
        hostname(fields, name, at, namespaces),
        domainname(fields, namespaces),
        namespaces,
        new NetworkingBinder(context).bind(fields, namespaces, at, isJob),
        new MountBinder(context).bind(fields),
        shmSize(fields),
        flag(fields, "read_only"),
        flag(fields, "tty"),
        flag(fields, "stdin_open"),
        options.bind(fields, privileged),
        new CgroupBinder(context, path).service(fields, namespaces.isOwn(Namespace.CGROUP)),
        new DependsOnBinder(context).bind(fields),
        stopSignal(fields),
        grace(fields),
        new LoggingBinder(context).bind(fields),
        new ExpectBinder(context).bind(fields, isJob ? Expect.SUCCESS : Expect.NONE),
        new SecurityBinder(context).bind(fields, privileged, options.newPrivileges()),
        new LifecycleBinder(context).bind(fields, isJob),
        origins,
        new RoleBinder(context).bind(fields, isJob),
        new LabelsBinder(context).of(fields));
  }

  /** A quarter of the usual stack, less what jstack adds; see execve(2). */
  private static final long MOST_OF_EXECVE = (2 << 20) - 8192;

  private void fits(
      Fields fields, List<String> entrypoint, List<String> command, Map<String, String> variables) {
    long size = 0;
    for (String word : entrypoint) {
      size += Values.utf8Length(word) + 9; // the end of the string, and its pointer
    }
    for (String word : command) {
      size += Values.utf8Length(word) + 9;
    }
    for (Map.Entry<String, String> variable : variables.entrySet()) {
      size += Values.utf8Length(variable.getKey()) + 10;
      size += Values.utf8Length(variable.getValue());
    }
    if (size > MOST_OF_EXECVE) {
      String message = "the command and its variables are longer than the 2 MiB of execve(2)";
      String key = fields.has("environment") ? "environment" : "command";
      context.problems().error(fields.keyAt(key), "value-too-long", message);
    }
  }

  /** What belongs to a tree, and so to its owner. */
  private static final List<String> TREE_KEYS =
      List.of("mounts", "volumes", "tmpfs", "shm_size", "read_only", "secrets", "configs");

  private RootfsSpec shared(Fields fields, Origin name, NamespaceSource source) {
    if (fields.has("rootfs") && !isMountMisspelt(fields)) {
      boolean listed = fields.get("namespaces") instanceof Node.Sequence;
      context
          .problems()
          .error(
              listed ? fields.at("namespaces") : fields.keyAt("rootfs"),
              "conflict",
              "a rootfs needs a mount namespace of its own",
              listed
                  ? "add mount to the list, or remove rootfs to see the machine's own files"
                  : "remove rootfs, or write namespaces: {mount: new}");
    }
    for (String key : TREE_KEYS) {
      if (fields.has(key)) {
        String whose =
            source instanceof NamespaceSource.OfService other
                ? "that of " + other.service()
                : source instanceof NamespaceSource.Host ? "the host's" : "another's";
        context
            .problems()
            .error(
                fields.keyAt(key),
                "conflict",
                "`" + key + "` needs a mount namespace of its own; this one is " + whose);
      }
    }
    return new RootfsSpec.Shared(name);
  }

  /** Whether mount is in the list of namespaces with a slip, which has been said. */
  private static boolean isMountMisspelt(Fields fields) {
    return fields.get("namespaces") instanceof Node.Sequence list
        && list.items().stream()
            .anyMatch(
                item ->
                    item instanceof Node.Scalar word
                        && (word.text().equals(Namespace.MOUNT.procName())
                            || !Suggestion.among(word.text(), List.of("mount")).isEmpty()));
  }

  private RootfsSpec rootfs(Fields fields, Origin name, Namespaces namespaces, boolean isJob) {
    NamespaceSource mount = namespaces.of(Namespace.MOUNT);
    if (!(mount instanceof NamespaceSource.Own)) {
      return shared(fields, name, mount);
    }
    Node node = fields.get("rootfs");
    RootfsSpec rootfs =
        node == null
            ? null
            : new RootfsBinder(context, isJob ? RootfsMode.EPHEMERAL : RootfsMode.OVERLAY)
                .bind(node, fields.path("rootfs"));
    if (!fields.seems("rootfs")) {
      context
          .problems()
          .error(
              name,
              "missing-key",
              "needs `rootfs`",
              "name a tarball: rootfs: {url: ..., sha256: ...}, or a jail: rootfs: {host: ...}");
    }
    return rootfs == null
        ? new RootfsSpec.Host(
            List.of(), List.of(), List.of(), RootfsMode.OVERLAY, fields.at("rootfs"))
        : rootfs;
  }

  private ContainerPath workingDir(Fields fields) {
    Node node = fields.get("working_dir");
    ContainerPath path =
        node == null ? null : values.containerPath(node, fields.path("working_dir"));
    return path == null ? ContainerPath.ROOT : path;
  }

  private String user(Fields fields) {
    Node node = fields.get("user");
    String text = node == null ? null : values.text(node, fields.path("user"));
    if (node == null || text == null) {
      return "0:0";
    }
    String mistake = Names.userMistake(text);
    if (!mistake.isEmpty()) {
      values.error(node, fields.path("user"), "user", mistake, "");
    }
    return mistake.isEmpty() ? text : "0:0";
  }

  private Set<String> groups(Fields fields) {
    Node node = fields.get("group_add");
    Set<String> groups = new LinkedHashSet<>();
    List<Node> items = node == null ? List.of() : values.items(node, fields.path("group_add"));
    for (int i = 0; i < items.size(); i++) {
      String path = fields.path("group_add") + "[" + i + "]";
      String text = values.text(items.get(i), path);
      String mistake = text == null ? "" : Names.accountMistake(text);
      if (!mistake.isEmpty()) {
        values.error(items.get(i), path, "group", mistake, "");
      } else if (text != null) {
        groups.add(text);
      }
    }
    return groups;
  }

  private int umask(Fields fields) {
    Node node = fields.get("umask");
    Integer mask = node == null ? null : values.octal(node, fields.path("umask"), 0777);
    return mask == null ? UMASK : mask;
  }

  private String hostname(Fields fields, String name, Origin at, Namespaces namespaces) {
    needsOwnUts(fields, "hostname", namespaces);
    String text = hostname(fields.get("hostname"), fields.path("hostname"));
    if (text != null) {
      return text;
    }
    String made = name.replace('_', '-');
    if (fields.has("hostname")
        || !Names.serviceMistake(name).isEmpty()
        || Names.hostnameMistake(made).isEmpty()) {
      return made;
    }
    context
        .problems()
        .error(at, "hostname", "the service's name makes no hostname", "write hostname: NAME");
    return made;
  }

  /** Setting a name would rename the machine, or the service whose namespace it is. */
  private void needsOwnUts(Fields fields, String key, Namespaces namespaces) {
    if (fields.has(key) && namespaces.of(Namespace.UTS) instanceof NamespaceSource.Host) {
      String message = "a " + key + " needs a uts namespace of its own: this one is the host's";
      context
          .problems()
          .error(fields.keyAt(key), "conflict", message, "remove the key, or write uts: new");
    }
  }

  private @Nullable String domainname(Fields fields, Namespaces namespaces) {
    needsOwnUts(fields, "domainname", namespaces);
    return hostname(fields.get("domainname"), fields.path("domainname"));
  }

  private @Nullable String hostname(@Nullable Node node, String path) {
    String text = node == null ? null : values.string(node, path);
    if (node == null || text == null) {
      return null;
    }
    String mistake = Names.hostnameMistake(text);
    if (!mistake.isEmpty()) {
      values.error(node, path, "hostname", mistake, "");
    }
    return text;
  }

  private ByteSize shmSize(Fields fields) {
    Node node = fields.get("shm_size");
    ByteSize size = node == null ? null : values.size(node, fields.path("shm_size"));
    if (node != null && size != null && size.bytes() == 0) {
      values.error(node, fields.path("shm_size"), "size", "must be more than 0", "");
    }
    return size == null ? SHM_SIZE : size;
  }

  private boolean flag(Fields fields, String key) {
    Node node = fields.get(key);
    Boolean value = node == null ? null : values.bool(node, fields.path(key));
    return value != null && value;
  }

  private Signal stopSignal(Fields fields) {
    Node node = fields.get("stop_signal");
    String text = node == null ? null : values.text(node, fields.path("stop_signal"));
    Signal signal = text == null ? Signal.TERM : Signal.parse(text).orElse(null);
    if (node != null && signal == null) {
      List<String> names = new ArrayList<>();
      for (Signal each : Signal.values()) {
        names.add(each.toString());
      }
      String near = Suggestion.among(String.valueOf(text), names);
      values.error(
          node,
          fields.path("stop_signal"),
          "signal",
          "no signal is called \"" + text + "\"" + near,
          "write a name such as SIGTERM or a number from 1 to 31");
    }
    return signal == null ? Signal.TERM : signal;
  }

  private Duration grace(Fields fields) {
    Node node = fields.get("stop_grace_period");
    Duration grace = node == null ? null : values.duration(node, fields.path("stop_grace_period"));
    if (grace != null && grace.compareTo(LONG_GRACE) > 0) {
      Origin at = fields.at("stop_grace_period");
      context.problems().warning(at, "long-grace", "stopping may take more than an hour");
    }
    return grace == null ? GRACE : grace;
  }
}
