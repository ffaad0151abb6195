package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.linux.MountAttribute;
import jstack.linux.MountFlag;
import jstack.manifest.ContainerPath;
import jstack.manifest.FileObject;
import jstack.manifest.HostPath;
import jstack.manifest.Mount;
import jstack.manifest.Propagation;
import jstack.manifest.Service;
import org.jspecify.annotations.Nullable;

/**
 * The mounts of the manifest. Their sources are taken as detached trees while the host is in view,
 * and placed when it is gone: outer targets before inner ones.
 */
final class MountChapter {
  /** Slot 0 is the null device that masks files. */
  static final int NULL_SLOT = 0;

  private final Target target;
  private final Service service;
  private final List<Mount> mounts;

  /** The slot of the machine's /dev. */
  private int devices;

  MountChapter(Service service, Target target) {
    this.service = service;
    this.target = target;
    this.mounts = new ArrayList<>(service.mounts());
    mounts.sort((a, b) -> Long.compare(depth(a.target()), depth(b.target())));
  }

  private static long depth(ContainerPath place) {
    String path = place.value();
    return path.equals("/") ? 0 : path.chars().filter(c -> c == '/').count();
  }

  void open(StepList steps) {
    steps.add(
        Phase.NAMESPACE,
        service.at(""),
        new MountInstruction.OpenTree(NULL_SLOT, new HostPath("/dev/null"), false, 0, 0, 0, false));
    int slot = NULL_SLOT;
    for (Mount mount : mounts) {
      if (mount instanceof Mount.Bind bind) {
        slot++;
        if (bind.createHostPath()) {
          steps.add(Phase.HOST, bind.origin(), new HostInstruction.Mkdir(bind.real(), 0755));
        }
        long set =
            MountAttribute.NOSUID
                | MountAttribute.NODEV
                | (bind.readOnly() ? MountAttribute.RDONLY : 0);
        steps.add(
            Phase.NAMESPACE,
            bind.origin(),
            new MountInstruction.OpenTree(
                slot,
                bind.real(),
                bind.recursive(),
                set,
                0,
                propagation(bind.propagation()),
                NamespaceChapter.mapsIds(service)));
      } else if (mount instanceof Mount.Volume volume) {
        slot++;
        openVolume(steps, volume, slot);
      } else if (mount instanceof Mount.File file) {
        slot++;
        openFile(steps, file, slot);
      }
    }
    for (Map.Entry<String, HostPath> file : files().entrySet()) {
      slot++;
      long set = MountAttribute.NOSUID | MountAttribute.NODEV | MountAttribute.RDONLY;
      HostPath own = target.host().real(file.getValue());
      steps.add(
          Phase.NAMESPACE,
          service.at("networks"),
          new MountInstruction.OpenTree(slot, own, false, set, 0, MountFlag.PRIVATE, false));
    }
    if (service.security().privileged()) {
      slot++;
      long set = MountAttribute.NOSUID | MountAttribute.NODEV | MountAttribute.RDONLY;
      steps.add(
          Phase.NAMESPACE,
          service.at("privileged"),
          new MountInstruction.OpenTree(
              slot, new HostPath("/dev"), false, set, 0, MountFlag.PRIVATE, false));
      devices = slot;
    }
  }

  private void openVolume(StepList steps, Mount.Volume volume, int slot) {
    long set =
        MountAttribute.NOSUID
            | MountAttribute.NODEV
            | (volume.readOnly() ? MountAttribute.RDONLY : 0);
    HostPath folder = target.host().real(target.around().volume(volume.volume()));
    boolean mapped = NamespaceChapter.mapsIds(service);
    steps.add(
        Phase.NAMESPACE,
        volume.origin(),
        new MountInstruction.OpenTree(slot, folder, false, set, 0, MountFlag.PRIVATE, mapped));
  }

  private void openFile(StepList steps, Mount.File file, int slot) {
    HostPath kept = target.host().real(target.around().file(file.target()));
    long set = MountAttribute.NOSUID | MountAttribute.NODEV | MountAttribute.RDONLY;
    steps.add(
        Phase.NAMESPACE,
        file.origin(),
        file.kind() == FileObject.Kind.SECRET
            ? new HostInstruction.ReadFile(slot, kept, "secret " + file.source())
            : new MountInstruction.OpenTree(slot, kept, false, set, 0, MountFlag.PRIVATE, false));
  }

  private void placeFile(StepList steps, Mount.File file, int slot, boolean first, boolean last) {
    Origin origin = file.origin();
    if (file.kind() == FileObject.Kind.CONFIG) {
      steps.add(Phase.ROOT, origin, new MountInstruction.MakeFile(file.target(), 0644));
      steps.add(Phase.ROOT, origin, new MountInstruction.MountTree(slot, file.target()));
      return;
    }
    ContainerPath secrets = new ContainerPath(Mount.File.SECRETS);
    if (first) {
      List<String> options = new ArrayList<>(List.of("mode=0755"));
      options.addAll(SystemChapter.owner(service));
      long quiet = MountAttribute.NOSUID | MountAttribute.NODEV | MountAttribute.NOEXEC;
      steps.add(Phase.ROOT, service.at("secrets"), new MountInstruction.MakeDir(secrets, 0755));
      steps.add(
          Phase.ROOT,
          service.at("secrets"),
          new MountInstruction.MountNew("tmpfs", secrets, quiet, options));
    }
    String owner = file.owner().isEmpty() ? file.uid() + ":" + file.gid() : file.owner();
    steps.add(
        Phase.ROOT,
        origin,
        new MountInstruction.PlaceFile(slot, file.target(), owner, file.mode()));
    if (last) {
      steps.add(
          Phase.ROOT,
          service.at("secrets"),
          new MountInstruction.SetAttributes(secrets, MountAttribute.RDONLY, 0, false));
    }
  }

  private static boolean isSecret(Mount mount) {
    return mount instanceof Mount.File file && file.kind() == FileObject.Kind.SECRET;
  }

  private static void placeVolume(StepList steps, Mount.Volume volume, int slot) {
    ContainerPath path = volume.target();
    steps.add(Phase.ROOT, volume.origin(), new MountInstruction.MakeDir(path, 0755));
    if (!volume.readOnly()) {
      steps.add(Phase.ROOT, volume.origin(), new MountInstruction.InheritOwner(slot, path));
    }
    steps.add(Phase.ROOT, volume.origin(), new MountInstruction.MountTree(slot, path));
  }

  /** What the sources hold now: for the plan alone, and nothing that the kernel is asked for. */
  void noteContent(StepList steps) {
    for (Mount mount : mounts) {
      String path = mount.target().value();
      String hash = target.around().watched().get(path);
      if (hash != null) {
        Instruction note =
            new SupervisorInstruction.Note(SupervisorInstruction.Note.CONTENT, path, hash);
        steps.add(Phase.PROCESS, mount.origin(), note);
      }
    }
  }

  void place(StepList steps) {
    if (service.security().privileged()) {
      Instruction made = new MountInstruction.Devices(devices, new ContainerPath("/dev"));
      steps.add(Phase.ROOT, service.at("privileged"), made);
    }
    int slot = NULL_SLOT;
    long secrets = mounts.stream().filter(MountChapter::isSecret).count();
    long placed = 0;
    for (Mount mount : mounts) {
      if (mount instanceof Mount.File file) {
        slot++;
        placed += isSecret(file) ? 1 : 0;
        placeFile(steps, file, slot, placed == 1, placed == secrets);
      } else if (mount instanceof Mount.Bind bind) {
        slot++;
        boolean directory = bind.createHostPath() || target.host().isDirectory(bind.real());
        steps.add(
            Phase.ROOT,
            bind.origin(),
            directory
                ? new MountInstruction.MakeDir(bind.target(), 0755)
                : new MountInstruction.MakeFile(bind.target(), 0644));
        steps.add(Phase.ROOT, bind.origin(), new MountInstruction.MountTree(slot, bind.target()));
      } else if (mount instanceof Mount.Volume volume) {
        slot++;
        placeVolume(steps, volume, slot);
      } else if (mount instanceof Mount.Tmpfs tmpfs) {
        tmpfs(steps, tmpfs);
      }
    }
    for (String target : files().keySet()) {
      slot++;
      ContainerPath path = new ContainerPath(target);
      steps.add(Phase.ROOT, service.at("networks"), new MountInstruction.MakeFile(path, 0644));
      steps.add(Phase.ROOT, service.at("networks"), new MountInstruction.MountTree(slot, path));
    }
  }

  /** What jstack keeps for the container, unless the manifest mounts something there itself. */
  private Map<String, HostPath> files() {
    Map<String, HostPath> files = new LinkedHashMap<>();
    put(files, "/etc/hosts", target.around().hosts());
    put(files, "/etc/resolv.conf", target.around().resolvConf());
    return files;
  }

  private void put(Map<String, HostPath> files, String path, @Nullable HostPath source) {
    boolean taken = mounts.stream().anyMatch(mount -> mount.target().value().equals(path));
    if (source != null && !taken) {
      files.put(path, source);
    }
  }

  private void tmpfs(StepList steps, Mount.Tmpfs tmpfs) {
    List<String> options = new ArrayList<>();
    options.add("mode=" + Integer.toOctalString(tmpfs.mode()));
    options.addAll(SystemChapter.owner(service));
    if (tmpfs.size() != null) {
      options.add("size=" + tmpfs.size().bytes());
    }
    long attributes =
        MountAttribute.NOSUID
            | MountAttribute.NODEV
            | (tmpfs.readOnly() ? MountAttribute.RDONLY : 0);
    steps.add(Phase.ROOT, tmpfs.origin(), new MountInstruction.MakeDir(tmpfs.target(), 0755));
    steps.add(
        Phase.ROOT,
        tmpfs.origin(),
        new MountInstruction.MountNew("tmpfs", tmpfs.target(), attributes, options));
  }

  private static long propagation(Propagation propagation) {
    return switch (propagation) {
      case PRIVATE, RPRIVATE -> MountFlag.PRIVATE;
      case SLAVE, RSLAVE -> MountFlag.SLAVE;
      case SHARED, RSHARED -> MountFlag.SHARED;
    };
  }
}
