package jstack.manifest.rules;

import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Problems;
import jstack.diag.Suggestion;
import jstack.manifest.ContainerPath;
import jstack.manifest.FileObject;
import jstack.manifest.Mount;
import jstack.manifest.Service;
import jstack.manifest.Storage;

/** What services mount by name has to be there at the top level. */
public final class StorageRules {
  private static final ContainerPath SECRETS = new ContainerPath(Mount.File.SECRETS);

  private final Problems problems;
  private final Storage storage;

  public StorageRules(Problems problems, Storage storage) {
    this.problems = problems;
    this.storage = storage;
  }

  public void check(Map<String, Service> services) {
    for (Service service : services.values()) {
      boolean secrets = false;
      for (Mount mount : service.mounts()) {
        secrets |= mount instanceof Mount.File file && file.kind() == FileObject.Kind.SECRET;
        if (mount instanceof Mount.Volume volume) {
          volume(volume);
        } else if (mount instanceof Mount.File file) {
          file(file);
        }
      }
      if (secrets) {
        nothingAmongSecrets(service);
      }
    }
  }

  private void volume(Mount.Volume volume) {
    String name = volume.volume();
    String hint =
        "declare it at the top level: volumes: {"
            + name
            + ": {}}; a folder beside the manifest is ./"
            + name;
    known(volume, "volume", name, storage.volumes().keySet(), hint);
  }

  private void file(Mount.File file) {
    String word = file.kind().word();
    String way = word + "s: {" + file.source() + ": {file: ./FILE}}";
    String hint = "declare it at the top level: " + way;
    known(file, word, file.source(), storage.files(file.kind()).keySet(), hint);
  }

  private void known(Mount mount, String word, String name, Set<String> known, String hint) {
    if (!known.contains(name)) {
      String near = Suggestion.among(name, List.copyOf(known));
      String message = "no " + word + " \"" + name + "\" at the top level" + near;
      problems.error(mount.origin(), "unknown-" + word, message, hint);
    }
  }

  private void nothingAmongSecrets(Service service) {
    for (Mount mount : service.mounts()) {
      boolean secret = mount instanceof Mount.File file && file.kind() == FileObject.Kind.SECRET;
      if (!secret && mount.target().isWithin(SECRETS)) {
        String message = SECRETS + " and all below it belong to the secrets of this service";
        problems.error(mount.origin(), "reserved-target", message);
      }
    }
  }
}
