package jstack.manifest.print;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.manifest.FileObject;
import jstack.manifest.Mount;
import jstack.manifest.Service;
import jstack.manifest.Storage;
import jstack.manifest.VolumeSpec;

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
      ManifestTree.putUnlessEmpty(map, "labels", ManifestTree.labels(volume.labels()));
      volumes.put(volume.key(), map);
    }
    ManifestTree.putUnlessEmpty(top, "volumes", volumes);
    for (FileObject.Kind kind : FileObject.Kind.values()) {
      Map<String, Object> files = new LinkedHashMap<>();
      for (FileObject file : storage.files(kind).values()) {
        Map<String, Object> map = new LinkedHashMap<>(source(file.source()));
        ManifestTree.putUnlessEmpty(map, "labels", ManifestTree.labels(file.labels()));
        files.put(file.name(), map);
      }
      ManifestTree.putUnlessEmpty(top, kind.key(), files);
    }
  }

  /** Where the content is, and of a config the content that the manifest itself shows. */
  private static Map<String, Object> source(FileObject.Source source) {
    if (source instanceof FileObject.Source.OfFile file) {
      return Map.of("file", ManifestTree.text(file.path()));
    }
    return source instanceof FileObject.Source.OfVariable variable
        ? Map.of("environment", ManifestTree.text(variable.name()))
        : Map.of("content", ManifestTree.text(((FileObject.Source.Inline) source).text()));
  }

  static void service(Map<String, Object> map, Service service) {
    for (FileObject.Kind kind : FileObject.Kind.values()) {
      List<Object> files = new ArrayList<>();
      for (Mount mount : service.mounts()) {
        if (mount instanceof Mount.File file && file.kind() == kind) {
          files.add(file(file));
        }
      }
      ManifestTree.putUnlessEmpty(map, kind.key(), files);
    }
  }

  private static Map<String, Object> file(Mount.File file) {
    String target = file.target().value();
    boolean secret = file.kind() == FileObject.Kind.SECRET;
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("source", ManifestTree.text(file.source()));
    map.put(
        "target",
        ManifestTree.text(secret ? target.substring(Mount.File.SECRETS.length() + 1) : target));
    if (file.owner().isEmpty()) {
      map.put("uid", file.uid());
      map.put("gid", file.gid());
    }
    map.put("mode", ManifestTree.octal(file.mode()));
    return map;
  }
}
