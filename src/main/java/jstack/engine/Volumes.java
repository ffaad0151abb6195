package jstack.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Inputs;
import jstack.diag.Origin;
import jstack.linux.SmallFile;
import jstack.manifest.HostPath;
import jstack.manifest.Manifest;
import jstack.manifest.Mount;
import jstack.manifest.Service;
import jstack.manifest.VolumeSpec;
import jstack.program.MountInstruction;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.PrivateDirectory;
import jstack.state.StateLayout;
import jstack.state.VolumeRecord;

/**
 * The named volumes of this machine: made when a container first needs them, and removed only when
 * somebody asks for it. Containers fill them, so they are removed as hostile.
 */
public final class Volumes {
  private final StateLayout layout;

  public Volumes(StateLayout layout) {
    this.layout = layout;
  }

  /**
   * The folder of each volume that a service mounts, by the manifest's names.
   *
   * @param claims whether missing ones are made
   * @param inputs is told of those that are there
   * @throws DiagnosticException for one that belongs to others, or that others should have made
   */
  Map<String, HostPath> places(Manifest manifest, Service service, boolean claims, Inputs inputs) {
    Map<String, HostPath> places = new LinkedHashMap<>();
    for (Mount mount : service.mounts()) {
      VolumeSpec volume =
          mount instanceof Mount.Volume named
              ? manifest.storage().volumes().get(named.volume())
              : null;
      if (volume != null) {
        check(volume, manifest.name(), mount.origin(), claims);
        places.put(volume.key(), HostPath.of(layout.volumeData(volume.name())));
        Path record = layout.volumeRecord(volume.name());
        inputs.text(record.toString(), SmallFile.bytes(record));
        inputs.note(
            Inputs.Kind.DIRECTORY,
            layout.volumeData(volume.name()).toString(),
            exists(volume.name()));
      }
    }
    return places;
  }

  private void check(VolumeSpec volume, String project, Origin mount, boolean claims) {
    try {
      if (volume.external()) {
        if (!exists(volume.name())) {
          throw new DiagnosticException(
              Failure.OPERATION,
              Diagnostic.error(
                      mount, "absent", "no volume " + volume.name() + ", which is external")
                  .withHint("make it: jstack volumes create " + volume.name()));
        }
        return;
      }
      Optional<VolumeRecord> record = VolumeRecord.read(layout, volume.name());
      if (record.isPresent() && !record.get().project().equals(project)) {
        String owner = record.get().project();
        String whose = owner.isEmpty() ? "nobody" : "the project " + owner;
        throw new DiagnosticException(
            Failure.OPERATION,
            Diagnostic.error(
                    mount, "foreign", "the volume " + volume.name() + " belongs to " + whose)
                .withHint("say so with external: true, or give yours another name"));
      }
      if (claims) {
        make(volume.name(), record, project, volume.key(), volume.labels());
      }
    } catch (IOException e) {
      throw cannot("make", volume.name(), e);
    }
  }

  /** A volume that belongs to no project. */
  public void create(String name) {
    try {
      make(name, VolumeRecord.read(layout, name), "", "", Map.of());
    } catch (IOException e) {
      throw cannot("make", name, e);
    }
  }

  public boolean exists(String name) {
    return Files.isDirectory(layout.volumeData(name), LinkOption.NOFOLLOW_LINKS);
  }

  /** Whoever is killed between two of these steps leaves a volume that the next finishes. */
  private void make(
      String name,
      Optional<VolumeRecord> record,
      String project,
      String key,
      Map<String, String> labels)
      throws IOException {
    Path data = layout.volumeData(name);
    if (!Files.isDirectory(data, LinkOption.NOFOLLOW_LINKS)) {
      PrivateDirectory.make(layout.volume(name));
      Files.createDirectory(data);
      Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    boolean told = record.isPresent() && record.get().labels().equals(labels);
    if (!told) {
      String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
      String created = record.map(VolumeRecord::created).orElse(now);
      new VolumeRecord(project, key, created, labels).write(layout, name);
    }
  }

  /** Which containers of this machine have a volume, running or not. */
  public static List<ContainerId> users(StateLayout layout, Observer observer, String name) {
    HostPath data = HostPath.of(layout.volumeData(name)).real();
    List<ContainerId> users = new ArrayList<>();
    for (String project : observer.projects()) {
      for (ObservedContainer container : observer.observe(project).containers()) {
        boolean uses =
            container.program().stream()
                .flatMap(program -> program.all(MountInstruction.OpenTree.class))
                .anyMatch(tree -> tree.source().equals(data));
        if (uses) {
          users.add(container.id());
        }
      }
    }
    return users;
  }

  /** Those that a project made, by name. */
  public List<String> of(String project) {
    List<String> names = new ArrayList<>();
    try {
      for (String name : VolumeRecord.names(layout)) {
        Optional<VolumeRecord> record = VolumeRecord.read(layout, name);
        if (record.isPresent() && record.get().project().equals(project)) {
          names.add(name);
        }
      }
    } catch (IOException e) {
      throw cannot("read", layout.volumes().toString(), e);
    }
    return names;
  }

  /** For good, with all that is in it; the record goes last, so that half of it is still known. */
  public void remove(String name) {
    try {
      Layers.remove(layout.volumeData(name));
      PrivateDirectory.removeFlat(layout.volume(name));
    } catch (IOException e) {
      throw cannot("remove", name, e);
    }
  }

  private static DiagnosticException cannot(String what, String name, IOException e) {
    return DiagnosticException.operation(
        "volume",
        "cannot " + what + " the volume " + name + ": " + e.getMessage(),
        "check JSTACK_HOME and its free space");
  }
}
