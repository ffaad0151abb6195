package jstack.manifest;

import java.util.List;
import java.util.Map;

/** What services mount by name has to be there at the top level. */
final class StorageRules {
  private final Problems problems;
  private final Storage storage;

  StorageRules(Problems problems, Storage storage) {
    this.problems = problems;
    this.storage = storage;
  }

  void check(Map<String, Service> services) {
    for (Service service : services.values()) {
      for (Mount mount : service.mounts()) {
        if (mount instanceof Mount.Volume volume
            && !storage.volumes().containsKey(volume.volume())) {
          unknown(volume);
        }
      }
    }
  }

  private void unknown(Mount.Volume volume) {
    List<String> known = List.copyOf(storage.volumes().keySet());
    String near = Suggestion.among(volume.volume(), known);
    String hint =
        "declare it at the top level: volumes: {"
            + volume.volume()
            + ": {}}; a folder beside the manifest is ./"
            + volume.volume();
    problems.error(
        volume.origin(),
        "unknown-volume",
        "no volume \"" + volume.volume() + "\" at the top level" + near,
        hint);
  }
}
