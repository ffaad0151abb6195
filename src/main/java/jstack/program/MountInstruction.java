package jstack.program;

import java.util.List;
import jstack.manifest.ContainerPath;
import jstack.manifest.HostPath;

/**
 * The tree of the container: mounts and the files on them; see mount_setattr(2) and pivot_root(2).
 */
public sealed interface MountInstruction extends Instruction {
  /** MS_PRIVATE and its like for a mount; see mount_namespaces(7). */
  record SetPropagation(HostPath mountPoint, long flags) implements MountInstruction {
    @Override
    public String op() {
      return "propagation";
    }

    @Override
    public List<String> arguments() {
      return List.of(mountPoint.value(), Long.toUnsignedString(flags));
    }
  }

  /**
   * Takes a detached copy of a mount of the host and sets its attributes; see open_tree(2),
   * mount_setattr(2). Id-mapped, the owners on disk are those inside the user namespace.
   */
  record OpenTree(
      int slot,
      HostPath source,
      boolean recursive,
      long set,
      long clear,
      long propagation,
      boolean idMapped)
      implements MountInstruction {
    @Override
    public String op() {
      return "open-tree";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Integer.toString(slot),
          source.value(),
          recursive ? "1" : "0",
          Long.toUnsignedString(set),
          Long.toUnsignedString(clear),
          Long.toUnsignedString(propagation),
          idMapped ? "1" : "0");
    }
  }

  /** Puts a detached mount on a directory of the host, for this mount namespace only. */
  record PlaceTree(int slot, HostPath target) implements MountInstruction {
    @Override
    public String op() {
      return "place-tree";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(slot), target.value());
    }
  }

  /** A mount while the host tree is still visible; see mount(2). */
  record MountHost(String type, String source, HostPath target, long flags, String data)
      implements MountInstruction {
    @Override
    public String op() {
      return "mount";
    }

    @Override
    public List<String> arguments() {
      return List.of(type, source, target.value(), Long.toUnsignedString(flags), data);
    }
  }

  /** Makes a mount the root and lets go of the host tree; see pivot_root(2). */
  record PivotRoot(HostPath newRoot) implements MountInstruction {
    @Override
    public String op() {
      return "pivot-root";
    }

    @Override
    public List<String> arguments() {
      return List.of(newRoot.value());
    }
  }

  /** A directory in the root with its parents; links are followed inside the root. */
  record MakeDir(ContainerPath path, int mode) implements MountInstruction {
    @Override
    public String op() {
      return "make-dir";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value(), Integer.toString(mode));
    }
  }

  /** A directory in the root of which no component may be a symbolic link. */
  record RealDir(ContainerPath path, int mode) implements MountInstruction {
    @Override
    public String op() {
      return "real-dir";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value(), Integer.toString(mode));
    }
  }

  /** An empty file in the root to mount on, with its parents. */
  record MakeFile(ContainerPath path, int mode) implements MountInstruction {
    @Override
    public String op() {
      return "make-file";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value(), Integer.toString(mode));
    }
  }

  /** A new file system in the root; see fsopen(2), fsmount(2), move_mount(2). */
  record MountNew(String type, ContainerPath target, long attributes, List<String> options)
      implements MountInstruction {
    public MountNew {
      options = List.copyOf(options);
    }

    @Override
    public String op() {
      return "mount-new";
    }

    @Override
    public List<String> arguments() {
      return Arguments.concat(
          List.of(type, target.value(), Long.toUnsignedString(attributes)), options);
    }
  }

  /** Places the detached mount of a slot. */
  record MountTree(int slot, ContainerPath target) implements MountInstruction {
    @Override
    public String op() {
      return "mount-tree";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(slot), target.value());
    }
  }

  /** A device node; see mknod(2). */
  record Device(ContainerPath path, int mode, int major, int minor) implements MountInstruction {
    @Override
    public String op() {
      return "device";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          path.value(), Integer.toString(mode), Integer.toString(major), Integer.toString(minor));
    }
  }

  /** The nodes of the devices in a tree of {@link OpenTree}, beside those that are there. */
  record Devices(int slot, ContainerPath target) implements MountInstruction {
    @Override
    public String op() {
      return "devices";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(slot), target.value());
    }
  }

  /** A symbolic link in the root. */
  record Symlink(String text, ContainerPath path) implements MountInstruction {
    @Override
    public String op() {
      return "symlink";
    }

    @Override
    public List<String> arguments() {
      return List.of(text, path.value());
    }
  }

  /** Changes the attributes of a mount; see mount_setattr(2). */
  record SetAttributes(ContainerPath mountPoint, long set, long clear, boolean recursive)
      implements MountInstruction {
    @Override
    public String op() {
      return "set-attributes";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          mountPoint.value(),
          Long.toUnsignedString(set),
          Long.toUnsignedString(clear),
          recursive ? "1" : "0");
    }
  }

  /**
   * A new file with the content of the one in the slot.
   *
   * @param owner {@code user[:group]} of the container, by number or by name
   */
  record PlaceFile(int slot, ContainerPath path, String owner, int mode)
      implements MountInstruction {
    @Override
    public String op() {
      return "place-file";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(slot), path.value(), owner, Integer.toString(mode));
    }
  }

  /**
   * As long as the tree in the slot is empty, its root has owner and mode of the directory that it
   * is about to cover.
   */
  record InheritOwner(int slot, ContainerPath target) implements MountInstruction {
    @Override
    public String op() {
      return "inherit-owner";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(slot), target.value());
    }
  }

  /** Makes an existing path read-only by a bind on itself. */
  record ReadOnly(ContainerPath path) implements MountInstruction {
    @Override
    public String op() {
      return "read-only";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value());
    }
  }

  /** Hides an existing path: a directory by an empty tmpfs, a file by the tree in the slot. */
  record Mask(ContainerPath path, int slot) implements MountInstruction {
    @Override
    public String op() {
      return "mask";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value(), Integer.toString(slot));
    }
  }
}
