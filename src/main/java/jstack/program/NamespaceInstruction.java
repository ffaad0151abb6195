package jstack.program;

import java.util.List;
import jstack.manifest.HostPath;

/**
 * Namespaces: to make them, to join those of others, and what is set in them; see namespaces(7).
 */
public sealed interface NamespaceInstruction extends Instruction {
  /**
   * A user namespace with its maps, as "inside outside count" with commas between ranges; entered
   * by {@link EnterUser}. See user_namespaces(7).
   */
  record NewUser(String uids, String gids) implements NamespaceInstruction {
    @Override
    public String op() {
      return "new-user";
    }

    @Override
    public List<String> arguments() {
      return List.of(uids, gids);
    }
  }

  /**
   * Enters a namespace that a file stands for; a user namespace is kept for {@link EnterUser}. See
   * setns(2).
   */
  record JoinNamespace(HostPath file, long flag) implements NamespaceInstruction {
    @Override
    public String op() {
      return "join-namespace";
    }

    @Override
    public List<String> arguments() {
      return List.of(file.value(), Long.toUnsignedString(flag));
    }
  }

  /**
   * Enters namespaces of another container of this machine, named by its run directory: it must
   * run.
   */
  record JoinContainer(HostPath runDirectory, long flags) implements NamespaceInstruction {
    @Override
    public String op() {
      return "join-container";
    }

    @Override
    public List<String> arguments() {
      return List.of(runDirectory.value(), Long.toUnsignedString(flags));
    }
  }

  /**
   * The container's first process, in new namespaces; see clone3 of clone(2). {@code bornIn} is a
   * cgroup v2 directory, or / for none.
   */
  record Spawn(long flags, HostPath bornIn) implements NamespaceInstruction {
    @Override
    public String op() {
      return "spawn";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(flags), bornIn.value());
    }
  }

  /** Enters the namespaces of a running process, if it still is that process; see setns(2). */
  record JoinNamespaces(long pid, long startTime, long flags) implements NamespaceInstruction {
    @Override
    public String op() {
      return "join-namespaces";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Long.toUnsignedString(pid),
          Long.toUnsignedString(startTime),
          Long.toUnsignedString(flags));
    }
  }

  /** Leaves namespaces for new ones; see unshare(2). */
  record Unshare(long flags) implements NamespaceInstruction {
    @Override
    public String op() {
      return "unshare";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(flags));
    }
  }

  /**
   * A time namespace with its offsets, lines of timens_offsets with commas between; see
   * time_namespaces(7).
   */
  record TimeOffsets(String offsets) implements NamespaceInstruction {
    @Override
    public String op() {
      return "time-offsets";
    }

    @Override
    public List<String> arguments() {
      return List.of(offsets);
    }
  }

  /** Stays in the root of the mount namespace that was joined: no pivot. */
  record UseRoot() implements NamespaceInstruction {
    @Override
    public String op() {
      return "use-root";
    }

    @Override
    public List<String> arguments() {
      return List.of();
    }
  }

  /** See sethostname(2). */
  record Hostname(String name) implements NamespaceInstruction {
    @Override
    public String op() {
      return "hostname";
    }

    @Override
    public List<String> arguments() {
      return List.of(name);
    }
  }

  /** See setdomainname(2). */
  record Domainname(String name) implements NamespaceInstruction {
    @Override
    public String op() {
      return "domainname";
    }

    @Override
    public List<String> arguments() {
      return List.of(name);
    }
  }

  /** Brings the loopback link up; see netdevice(7). */
  record LoopbackUp() implements NamespaceInstruction {
    @Override
    public String op() {
      return "loopback-up";
    }

    @Override
    public List<String> arguments() {
      return List.of();
    }
  }

  /** A kernel parameter of the namespaces, such as net/ipv4/ip_forward; see sysctl(2). */
  record Sysctl(String name, String value) implements NamespaceInstruction {
    @Override
    public String op() {
      return "sysctl";
    }

    @Override
    public List<String> arguments() {
      return List.of(name, value);
    }
  }

  /** Enters the user namespace as its root: from here on the machine's root is gone. */
  record EnterUser() implements NamespaceInstruction {
    @Override
    public String op() {
      return "enter-user";
    }

    @Override
    public List<String> arguments() {
      return List.of();
    }
  }
}
