package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.manifest.HostPath;

/**
 * What is made on the machine and taken away from it: directories and cgroups, what is written to
 * them, and whose they are.
 */
public sealed interface HostInstruction extends Instruction {
  /** A cgroup directory with its parents; see cgroups(7). */
  record MakeCgroup(HostPath directory) implements HostInstruction {
    @Override
    public String op() {
      return "make-cgroup";
    }

    @Override
    public List<String> arguments() {
      return List.of(directory.value());
    }
  }

  /**
   * Every disk counts in a cgroup of v1's blkio. Since Linux 6.10 none does before something is
   * limited on it.
   */
  record CountIo(HostPath cgroup) implements HostInstruction {
    @Override
    public String op() {
      return "count-io";
    }

    @Override
    public List<String> arguments() {
      return List.of(cgroup.value());
    }
  }

  /** A directory of the host; an existing one is fine, parents are not made. See mkdir(2). */
  record Mkdir(HostPath path, int mode) implements HostInstruction {
    @Override
    public String op() {
      return "mkdir";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value(), Integer.toString(mode));
    }
  }

  /** A text for an existing kernel file, in one write(2). */
  record Write(HostPath file, String text) implements HostInstruction {
    @Override
    public String op() {
      return "write";
    }

    @Override
    public List<String> arguments() {
      return List.of(file.value(), text);
    }
  }

  /**
   * Devices that a cgroup of v2 may make and open; see {@link DeviceRules}.
   *
   * @param program for the kernel, in hexadecimal
   * @param rules the same, for readers
   */
  record DeviceFilter(HostPath cgroup, String program, List<String> rules)
      implements HostInstruction {
    public DeviceFilter {
      rules = List.copyOf(rules);
    }

    @Override
    public String op() {
      return "device-filter";
    }

    @Override
    public List<String> arguments() {
      List<String> words = new ArrayList<>(List.of(cgroup.value(), program));
      words.addAll(rules);
      return words;
    }
  }

  /** The same in v1, whose hierarchy of devices understands the rules themselves. */
  record DeviceList(HostPath cgroup, List<String> rules) implements HostInstruction {
    public DeviceList {
      rules = List.copyOf(rules);
    }

    @Override
    public String op() {
      return "device-rules";
    }

    @Override
    public List<String> arguments() {
      List<String> words = new ArrayList<>(List.of(cgroup.value()));
      words.addAll(rules);
      return words;
    }
  }

  /** Removes a cgroup and those below it, once they are empty. */
  record RmdirCgroup(HostPath path) implements HostInstruction {
    @Override
    public String op() {
      return "rmdir-cgroup";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value());
    }
  }

  /** Removes a shared directory unless somebody else is in it. */
  record RmdirEmpty(HostPath path) implements HostInstruction {
    @Override
    public String op() {
      return "rmdir-empty";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value());
    }
  }

  /** Moves the process into a cgroup; see cgroups(7). */
  record JoinCgroup(HostPath directory) implements HostInstruction {
    @Override
    public String op() {
      return "join-cgroup";
    }

    @Override
    public List<String> arguments() {
      return List.of(directory.value());
    }
  }

  /** Gives a file of the machine's root to the container's root. */
  record Own(HostPath path) implements HostInstruction {
    @Override
    public String op() {
      return "own";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value());
    }
  }

  /**
   * Opens a file of the machine to be read, for a {@link PlaceFile} when the machine is out of
   * view.
   *
   * @param what such as {@code secret db_password}, for readers
   */
  record ReadFile(int slot, HostPath file, String what) implements HostInstruction {
    @Override
    public String op() {
      return "read-file";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(slot), file.value(), what);
    }
  }
}
