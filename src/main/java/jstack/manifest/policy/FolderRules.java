package jstack.manifest.policy;

import static jstack.manifest.policy.Refusals.joined;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Origin;
import jstack.manifest.FileObject;
import jstack.manifest.HostPath;
import jstack.manifest.Manifest;
import jstack.manifest.Mount;
import jstack.manifest.VolumeSpec;

/** Which folders of the machine may be seen, and which written to. */
final class FolderRules {
  private final Policy policy;
  private final Refusals refusals;

  FolderRules(Policy policy, Refusals refusals) {
    this.policy = policy;
    this.refusals = refusals;
  }

  /** A file outside of the manifest's folder. */
  boolean reads(HostPath real, Origin at) {
    List<HostPath> readable = policy.readable() == null ? List.of() : policy.readable();
    List<HostPath> writable = policy.writable() == null ? List.of() : policy.writable();
    if (isWithin(real, readable) || isWithin(real, writable)) {
      return true;
    }
    List<HostPath> both = new ArrayList<>(writable);
    both.addAll(readable);
    String folders = both.isEmpty() ? "that of the manifest alone" : joined(both);
    String message =
        real + " lies outside the manifest's folder, and may not be read with a policy";
    refusals.refuse(at, message, "mounts.readable", "folders: " + folders, "");
    return false;
  }

  void bind(Mount.Bind bind) {
    List<HostPath> writable = policy.writable();
    List<HostPath> readable = policy.readable();
    boolean written = writable != null && isWithin(bind.real(), writable);
    boolean writes = !bind.readOnly() || bind.createHostPath();
    if (writes && writable != null && !written) {
      String folders = writable.isEmpty() ? "none" : joined(writable);
      refusals.refuse(
          bind.origin(),
          bind.real() + " may not be written to, says the policy",
          "mounts.writable",
          "folders: " + folders,
          bind.readOnly() ? "remove create_host_path" : "mount it read-only: append :ro");
    } else if (readable != null && !written && !isWithin(bind.real(), readable)) {
      String folders = readable.isEmpty() ? "none" : joined(readable);
      String message = bind.real() + " may not be mounted, says the policy";
      refusals.refuse(bind.origin(), message, "mounts.readable", "folders: " + folders, "");
    }
  }

  /** What is handed in is read, as if it were mounted read-only. */
  void file(Mount.File mount, Manifest manifest) {
    FileObject object = manifest.storage().files(mount.kind()).get(mount.source());
    List<HostPath> readable = policy.readable();
    List<HostPath> writable = policy.writable();
    if (object == null
        || readable == null
        || !(object.source() instanceof FileObject.Source.OfFile file)
        || (writable != null && isWithin(file.real(), writable))
        || isWithin(file.real(), readable)) {
      return;
    }
    String folders = readable.isEmpty() ? "none" : joined(readable);
    String message = file.real() + " may not be handed in, says the policy";
    refusals.refuse(mount.origin(), message, "mounts.readable", "folders: " + folders, "");
  }

  /** A name of its own choice may be that of somebody else's volume. */
  void volume(Mount.Volume mount, Manifest manifest) {
    VolumeSpec volume = manifest.storage().volumes().get(mount.volume());
    boolean own =
        volume != null
            && !volume.external()
            && volume.name().equals(manifest.name() + "_" + volume.key());
    if (!own && (policy.writable() != null || policy.readable() != null)) {
      String message = "a volume that others may have is not allowed by the policy";
      String hint = "remove external and name of the volume";
      refusals.refuse(
          mount.origin(), message, "mounts", "folders alone, and volumes of its own", hint);
    }
  }

  static boolean isWithin(HostPath path, List<HostPath> folders) {
    for (HostPath folder : folders) {
      String begin = folder.value().equals("/") ? "/" : folder.value() + "/";
      if (path.equals(folder) || path.value().startsWith(begin)) {
        return true;
      }
    }
    return false;
  }
}
