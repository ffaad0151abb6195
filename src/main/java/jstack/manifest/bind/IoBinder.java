package jstack.manifest.bind;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import jstack.diag.Origin;
import jstack.manifest.BlockDevice;
import jstack.manifest.ByteSize;
import jstack.manifest.HostPath;
import jstack.manifest.IoLimits;
import jstack.manifest.IoMax;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code cgroup.io} and Compose's {@code blkio_config}. */
final class IoBinder {
  private static final List<String> BLKIO_LISTS =
      List.of("device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops");

  private final BindContext context;
  private final Values values;
  private final String base;
  private final Limit<Integer> weight;
  private final List<Disk> disks = new ArrayList<>();

  IoBinder(BindContext context, String base) {
    this.context = context;
    this.values = context.values();
    this.base = base;
    weight = new Limit<>(context, base, "cgroup.io.weight");
  }

  /** The limits of one device, whoever wrote them. */
  private final class Disk {
    private final BlockDevice device;
    private final Limit<ByteSize> rbps;
    private final Limit<ByteSize> wbps;
    private final Limit<Long> riops;
    private final Limit<Long> wiops;

    Disk(BlockDevice device, String name) {
      this.device = device;
      rbps = new Limit<>(context, base, name + ".rbps");
      wbps = new Limit<>(context, base, name + ".wbps");
      riops = new Limit<>(context, base, name + ".riops");
      wiops = new Limit<>(context, base, name + ".wiops");
    }

    IoMax max() {
      return new IoMax(device, rbps.value(), wbps.value(), riops.value(), wiops.value());
    }
  }

  void block(Node node, String path) {
    Fields fields = Fields.of(node, path, Keys.Place.IO, context.problems(), "a mapping");
    if (fields == null) {
      return;
    }
    weight(fields, 1, 10000);
    Node list = fields.get("max");
    String at = fields.path("max");
    List<Node> items = list == null ? List.of() : values.items(list, at);
    for (int i = 0; i < items.size(); i++) {
      max(items.get(i), at + "[" + i + "]");
    }
  }

  private void max(Node node, String path) {
    Fields fields = Fields.of(node, path, Keys.Place.IO_MAX, context.problems(), "a mapping");
    if (fields == null) {
      return;
    }
    int before = disks.size();
    Disk disk = disk(fields, "device");
    if (disk == null) {
      return;
    }
    if (disks.size() == before) {
      Origin at = fields.at("device");
      context.problems().error(at, "duplicate", disk.device.path() + " is listed twice");
    }
    bytes(fields, "rbps", disk.rbps);
    bytes(fields, "wbps", disk.wbps);
    count(fields, "riops", disk.riops);
    count(fields, "wiops", disk.wiops);
    boolean limits =
        fields.has("rbps") || fields.has("wbps") || fields.has("riops") || fields.has("wiops");
    if (!limits) {
      String message = "limits nothing: it needs rbps, wbps, riops or wiops";
      values.error(node, path, "no-limit", message, "");
    }
  }

  void compose(Fields service) {
    Node node = service.get("blkio_config");
    Fields fields =
        node == null
            ? null
            : Fields.of(
                node,
                service.path("blkio_config"),
                Keys.Place.BLKIO,
                context.problems(),
                "a mapping");
    if (fields == null) {
      return;
    }
    weight(fields, 10, 1000);
    for (String key : BLKIO_LISTS) {
      Node list = fields.get(key);
      List<Node> items = list == null ? List.of() : values.items(list, fields.path(key));
      for (int i = 0; i < items.size(); i++) {
        rate(items.get(i), fields.path(key) + "[" + i + "]", key);
      }
    }
  }

  private void rate(Node node, String path, String key) {
    Fields fields = Fields.of(node, path, Keys.Place.BLKIO_RATE, context.problems(), "a mapping");
    Disk disk = fields == null ? null : disk(fields, "path");
    if (fields == null || disk == null) {
      return;
    }
    if (!fields.seems("rate")) {
      values.error(node, path, "missing-key", "needs `rate`", "");
    }
    switch (key) {
      case "device_read_bps" -> bytes(fields, "rate", disk.rbps);
      case "device_write_bps" -> bytes(fields, "rate", disk.wbps);
      case "device_read_iops" -> count(fields, "rate", disk.riops);
      default -> count(fields, "rate", disk.wiops);
    }
  }

  IoLimits bind() {
    List<IoMax> max = new ArrayList<>();
    for (Disk disk : disks) {
      max.add(disk.max());
    }
    return new IoLimits(weight.value(), max);
  }

  private void weight(Fields fields, int least, int most) {
    Node node = fields.get("weight");
    Long value = node == null ? null : values.integer(node, fields.path("weight"), least, most);
    if (value != null) {
      weight.offer(value.intValue(), fields.at("weight"));
    }
  }

  private void bytes(Fields fields, String key, Limit<ByteSize> limit) {
    Node node = fields.get(key);
    ByteSize size = node == null ? null : values.size(node, fields.path(key));
    if (node != null && size != null && size.bytes() == 0) {
      String hint = "leave it out for no limit";
      values.error(node, fields.path(key), "range", "must be more than 0", hint);
      return;
    }
    limit.offer(size, fields.at(key));
  }

  private void count(Fields fields, String key, Limit<Long> limit) {
    Node node = fields.get(key);
    if (node != null) {
      // The kernel keeps it in 32 bits, of which the last number means no limit.
      limit.offer(values.integer(node, fields.path(key), 1, 0xfffffffeL), fields.at(key));
    }
  }

  /** The device that a key names: one that is known already, or a new one. */
  private @Nullable Disk disk(Fields fields, String key) {
    Node node = fields.get(key);
    if (node == null) {
      if (!fields.seems(key)) {
        Origin at = fields.mapping().origin().withKeyPath(fields.path());
        context.problems().error(at, "missing-key", "needs `" + key + "`", "name a disk: /dev/sda");
      }
      return null;
    }
    HostPath path = values.hostPath(node, fields.path(key));
    if (path == null) {
      return null;
    }
    BlockDevice device;
    try {
      device = context.files().blockDevice(path);
    } catch (IOException e) {
      values.error(node, fields.path(key), "device", String.valueOf(e.getMessage()), "");
      return null;
    }
    for (Disk disk : disks) {
      boolean same = device.major() > 0 && disk.device.numbers().equals(device.numbers());
      if (same || disk.device.path().value().equals(path.value())) {
        return disk;
      }
    }
    Disk disk = new Disk(device, "cgroup.io.max[" + disks.size() + "]");
    disks.add(disk);
    return disk;
  }
}
