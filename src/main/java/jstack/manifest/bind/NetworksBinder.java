package jstack.manifest.bind;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.Names;
import jstack.manifest.NetworkSpec;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds the top level's {@code networks}. */
final class NetworksBinder {
  /** RFC 791 lets nothing be smaller than this in one piece; the kernel's bridge ends at 65535. */
  private static final int LEAST_MTU = 576;

  private static final int LEAST_MTU_V6 = 1280;

  private final BindContext context;
  private final Values values;
  private final Addresses addresses;

  NetworksBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
    this.addresses = new Addresses(values);
  }

  /** All that are written, used or not. */
  Map<String, NetworkSpec> bind(@Nullable Node node) {
    Map<String, NetworkSpec> networks = new LinkedHashMap<>();
    if (node == null) {
      return networks;
    }
    if (!(node instanceof Node.Mapping mapping)) {
      values.error(node, "networks", "type", "must be a mapping, not " + node.kind(), "");
      return networks;
    }
    for (Node.Entry entry : mapping.entries()) {
      String name = entry.key().text();
      String path = "networks." + name;
      String mistake = Names.serviceMistake(name);
      if (!mistake.isEmpty()) {
        values.error(entry.key(), path, "name", mistake.replace("service", "network"), "");
      }
      networks.put(name, network(name, entry, path));
    }
    return networks;
  }

  private NetworkSpec network(String name, Node.Entry entry, String path) {
    Origin origin = entry.key().origin().withKeyPath(path);
    if (entry.value() instanceof Node.Scalar scalar && scalar.isNull()) {
      return NetworkSpec.plain(name, origin);
    }
    Fields fields =
        Fields.of(
            entry.value(), path, Keys.Place.NETWORK, context.problems(), "nothing or a mapping");
    if (fields == null) {
      return NetworkSpec.plain(name, origin);
    }
    Node driver = fields.get("driver");
    if (driver != null) {
      values.choice(driver, fields.path("driver"), List.of("bridge"));
    }
    Fields plan = ipam(fields);
    IpPrefix subnet = subnet(fields, plan);
    IpAddress gateway = gateway(fields, plan);
    Node gatewayNode = node(fields, plan, "gateway");
    if (subnet != null && gateway != null && gatewayNode != null && !subnet.hasHost(gateway)) {
      String message = gateway + " is no address of " + subnet;
      values.error(gatewayNode, fields.path("gateway"), "address", message, "");
    } else if (subnet == null && gateway != null && gatewayNode != null) {
      String message = "a gateway needs a subnet";
      values.error(gatewayNode, fields.path("gateway"), "address", message, "");
    }
    Node six = fields.get("subnet6");
    IpPrefix subnet6 =
        six == null ? null : addresses.network(six, fields.path("subnet6"), true, 112);
    boolean ipv6 = flag(fields, "ipv6") || flag(fields, "enable_ipv6") || subnet6 != null;
    int mtu = mtu(fields);
    Node size = fields.get("mtu");
    if (ipv6 && mtu != 0 && mtu < LEAST_MTU_V6 && size != null) {
      String message = "IPv6 needs packets of at least " + LEAST_MTU_V6 + " bytes";
      values.error(size, fields.path("mtu"), "range", message, "");
    }
    return new NetworkSpec(
        name,
        subnet,
        gateway,
        ipv6,
        subnet6,
        flag(fields, "internal"),
        mtu,
        new LabelsBinder(context).bind(fields, "labels"),
        origin);
  }

  /** Compose's long way to say subnet and gateway. */
  private @Nullable Fields ipam(Fields fields) {
    Node node = fields.get("ipam");
    Fields ipam =
        node == null
            ? null
            : Fields.of(
                node, fields.path("ipam"), Keys.Place.IPAM, context.problems(), "a mapping");
    Node config = ipam == null ? null : ipam.get("config");
    if (ipam == null || config == null) {
      return null;
    }
    String path = ipam.path("config");
    List<Node> items = values.items(config, path);
    if (items.size() > 1) {
      values.error(config, path, "range", "more than one subnet", "write subnet and subnet6");
    }
    return items.isEmpty()
        ? null
        : Fields.of(
            items.get(0), path + "[0]", Keys.Place.IPAM_CONFIG, context.problems(), "a mapping");
  }

  private @Nullable Node node(Fields fields, @Nullable Fields plan, String key) {
    Node node = fields.get(key);
    Node other = plan == null ? null : plan.get(key);
    if (node != null && other != null) {
      values.error(other, "ipam", "conflict", "`" + key + "` is given twice", "");
    }
    return node == null ? other : node;
  }

  private @Nullable IpPrefix subnet(Fields fields, @Nullable Fields plan) {
    Node node = node(fields, plan, "subnet");
    return node == null ? null : addresses.network(node, fields.path("subnet"), false, 29);
  }

  private @Nullable IpAddress gateway(Fields fields, @Nullable Fields plan) {
    Node node = node(fields, plan, "gateway");
    return node == null ? null : addresses.address(node, fields.path("gateway"), false);
  }

  private boolean flag(Fields fields, String key) {
    Node node = fields.get(key);
    Boolean value = node == null ? null : values.bool(node, fields.path(key));
    return value != null && value;
  }

  private int mtu(Fields fields) {
    Node node = fields.get("mtu");
    Long mtu = node == null ? null : values.integer(node, fields.path("mtu"), LEAST_MTU, 65535);
    return mtu == null ? 0 : Math.toIntExact(mtu);
  }
}
