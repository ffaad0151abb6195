package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.linux.DiskWeights;
import jstack.manifest.ByteSize;
import jstack.manifest.FileObject;
import jstack.manifest.Manifest;
import jstack.manifest.NamedNamespace;
import jstack.manifest.Names;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Origins;
import jstack.manifest.Service;
import jstack.manifest.StackLimits;
import jstack.manifest.Storage;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.files.HostPlaces;
import jstack.manifest.rules.ManifestRules;
import jstack.manifest.rules.NetworkRules;
import jstack.manifest.rules.OpeningRules;
import jstack.manifest.rules.ScaleRules;
import jstack.manifest.rules.SharingRules;
import jstack.manifest.rules.StackRules;
import jstack.manifest.rules.StorageRules;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * Nodes to a {@link Manifest}, by hand, so that every value still knows its line. Its checks are
 * complete: whatever the schema refuses is refused here too, which a test holds true, and so the
 * schema's library need not be loaded for a good manifest.
 */
public final class Binder {
  private final BindContext context;
  private final String file;

  public Binder(BindContext context, String file) {
    this.context = context;
    this.file = file;
  }

  /** The manifest; worthless when problems were found. */
  public Manifest bind(Node.Mapping root, @Nullable String projectName) {
    Fields top = Fields.of(root, "", Keys.Place.TOP, context.problems(), "a mapping");
    Map<String, Service> services = new LinkedHashMap<>();
    String name = projectName(root, projectName);
    if (top == null) {
      return new Manifest(name, file, context.directory(), services, Map.of(), Map.of());
    }
    Map<String, NetworkSpec> networks = new NetworksBinder(context).bind(top.get("networks"));
    Map<String, NamedNamespace> namespaces =
        new NamedNamespacesBinder(context).bind(top.get("namespaces"));
    Storage storage = storage(top, name);
    StackLimits stack =
        new StackLimits(
            new CgroupBinder(context, "").stack(top), new Origins(file, context.origins()));
    if (top.has("version")) {
      context
          .problems()
          .warning(top.keyAt("version"), "ignored-key", "`version` means nothing and is ignored");
    }
    List<Node.Entry> declared = new ArrayList<>();
    if (!top.seems("services") && !top.seems("jobs")) {
      context
          .problems()
          .error(
              Origin.ofFile(file),
              "missing-key",
              "needs `services`",
              "write services: and below it a name and a mapping for each");
    } else {
      services(top, "services", services, declared);
      services(top, "jobs", services, declared);
      networks = rules(root, declared, services, networks, namespaces, storage);
      new ScaleRules(context.problems()).check(services);
      new StorageRules(context.problems(), storage).check(services);
      StackRules rules = new StackRules(context.problems());
      rules.check(stack, services);
      DiskWeights disks = context.topology().disks();
      if (disks != null) {
        rules.weighDisks(stack, services, disks);
      }
      ByteSize memory = context.topology().memory();
      if (memory != null) {
        rules.fitMemory(services, memory);
      }
    }
    return new Manifest(
        name, file, context.directory(), services, networks, namespaces, stack, storage);
  }

  private Storage storage(Fields top, String project) {
    return top.has("volumes") || top.has("secrets") || top.has("configs")
        ? new Storage(
            new VolumesBinder(context).bind(top.get("volumes"), project),
            new FileObjectsBinder(context, FileObject.Kind.SECRET).bind(top.get("secrets")),
            new FileObjectsBinder(context, FileObject.Kind.CONFIG).bind(top.get("configs")))
        : Storage.NONE;
  }

  /**
   * @param key services or jobs
   * @param declared gets the names, those of broken ones too
   */
  private void services(
      Fields top, String key, Map<String, Service> services, List<Node.Entry> declared) {
    Node node = top.get(key);
    if (node == null) {
      return;
    }
    Origin origin = node.origin().withKeyPath(key);
    if (!(node instanceof Node.Mapping mapping)) {
      String message = "must be a mapping of names to " + key + ", not " + node.kind();
      context.problems().error(origin, "type", message);
      return;
    }
    if (mapping.entries().isEmpty()) {
      context.problems().error(origin, "no-services", "no " + key);
    }
    if (mapping.entries().size() > Manifest.MAX_SERVICES) {
      context.problems().error(origin, "range", "more than " + Manifest.MAX_SERVICES + " " + key);
      return;
    }
    Origins origins = new Origins(file, context.origins());
    ServiceBinder binder = new ServiceBinder(context, origins);
    for (Node.Entry entry : mapping.entries()) {
      String name = entry.key().text();
      String path = key + "." + name;
      Origin at = entry.key().origin().withKeyPath(path);
      String mistake = Names.serviceMistake(name);
      if (!mistake.isEmpty()) {
        context.problems().error(at, "service-name", mistake);
      }
      declared.add(entry);
      if (entry.value() instanceof Node.Scalar scalar && scalar.isNull()) {
        context.problems().error(at, "no-value", "an empty service", "it needs rootfs and command");
        continue;
      }
      Service service = binder.bind(entry.key(), entry.value(), path, key.equals("jobs"));
      if (services.containsKey(name)) {
        context
            .problems()
            .error(at, "duplicate", "there is a service \"" + name + "\" already", "rename one");
      } else if (service != null) {
        services.put(name, service);
      }
    }
  }

  /** What has to hold between the parts; gives the networks that are used. */
  private Map<String, NetworkSpec> rules(
      Node.Mapping root,
      List<Node.Entry> declared,
      Map<String, Service> services,
      Map<String, NetworkSpec> networks,
      Map<String, NamedNamespace> namespaces,
      Storage storage) {
    Node.Mapping mapping = new Node.Mapping(declared, root.origin(), root.weight());
    List<String> names = new ArrayList<>();
    for (Node.Entry entry : declared) {
      names.add(entry.key().text());
    }
    new ManifestRules(context.problems()).check(services, mapping);
    new SharingRules(context.problems(), namespaces).check(services, names);
    HostPlaces places = context.places();
    if (places != null) {
      new OpeningRules(context.problems(), context.files(), places, services, storage).check();
    }
    return new NetworkRules(context.problems(), networks).check(services, names);
  }

  /** What was asked for, or the key, or the folder's name. */
  private String projectName(Node.Mapping root, @Nullable String asked) {
    Node.Entry entry = root.find("name");
    String written = null;
    if (entry != null && !(entry.value() instanceof Node.Scalar scalar && scalar.isNull())) {
      written = context.values().string(entry.value(), "name");
      String mistake = written == null ? "" : Names.projectMistake(written);
      if (written != null && !mistake.isEmpty()) {
        String better = Names.projectOf(written);
        String hint = better.isEmpty() ? "" : "such as " + better;
        context.values().error(entry.value(), "name", "project-name", mistake, hint);
      }
    }
    if (asked != null) {
      String mistake = Names.projectMistake(asked);
      if (!mistake.isEmpty()) {
        String message = "project name \"" + asked + "\": " + mistake;
        context.problems().error(Origin.NONE, "project-name", message);
      }
      return asked;
    }
    if (entry != null) {
      return written == null ? "" : written;
    }
    String path = context.directory().value();
    String name = Names.projectOf(path.substring(path.lastIndexOf('/') + 1));
    if (name.isEmpty()) {
      context
          .problems()
          .error(
              Origin.ofFile(file),
              "project-name",
              "the folder's name makes no project name",
              "write name: NAME at the top");
    }
    return name;
  }
}
