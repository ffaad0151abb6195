package jstack.manifest;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a stack keeps as maps; a part of {@link ManifestTree}. */
final class StorageTree {
  private StorageTree() {}

  static void top(Map<String, Object> top, Storage storage) {
    Map<String, Object> volumes = new LinkedHashMap<>();
    for (VolumeSpec volume : storage.volumes().values()) {
      Map<String, Object> map = new LinkedHashMap<>();
      if (volume.external()) {
        map.put("external", true);
      } else {
        map.put("driver", "local");
      }
      map.put("name", ManifestTree.text(volume.name()));
      Map<String, Object> labels = new LinkedHashMap<>();
      volume.labels().forEach((name, value) -> labels.put(name, ManifestTree.text(value)));
      ManifestTree.putUnlessEmpty(map, "labels", labels);
      volumes.put(volume.key(), map);
    }
    ManifestTree.putUnlessEmpty(top, "volumes", volumes);
  }
}
