package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.manifest.ContainerPath;
import jstack.manifest.HostPath;

/**
 * One typed request to the kernel. The set and the arguments are those of {@code
 * src/main/c/instructions.def}: what is here is what the helper in C can do, no more.
 *
 * <p>Numbers travel as unsigned decimals, booleans as 0 and 1.
 */
public sealed interface Instruction {
  /** The name in instructions.def. */
  String op();

  /** The arguments as they travel. */
  List<String> arguments();

  /** How large a log file gets and how many are kept. */
  record LogLimit(long bytes, int files) implements Instruction {
    @Override
    public String op() {
      return "log-limit";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(bytes), Integer.toString(files));
    }
  }

  /** How the container is asked to end, and how long it may take. */
  record Stop(int signal, long graceMillis) implements Instruction {
    @Override
    public String op() {
      return "stop";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(signal), Long.toUnsignedString(graceMillis));
    }
  }

  /** Whether the command gets a pseudo-terminal. */
  record Terminal(boolean on) implements Instruction {
    @Override
    public String op() {
      return "terminal";
    }

    @Override
    public List<String> arguments() {
      return List.of(on ? "1" : "0");
    }
  }

  /** Whether standard input stays open; /dev/null otherwise. */
  record Stdin(boolean open) implements Instruction {
    @Override
    public String op() {
      return "stdin";
    }

    @Override
    public List<String> arguments() {
      return List.of(open ? "1" : "0");
    }
  }

  /** Where the control socket is bound; see unix(7) for the limit of 107 bytes. */
  record Control(HostPath socket) implements Instruction {
    @Override
    public String op() {
      return "control";
    }

    @Override
    public List<String> arguments() {
      return List.of(socket.value());
    }
  }

  /** The cgroup that ends every process of the container at once. */
  record KillWith(HostPath cgroup) implements Instruction {
    @Override
    public String op() {
      return "kill-with";
    }

    @Override
    public List<String> arguments() {
      return List.of(cgroup.value());
    }
  }

  /** How likely the supervisor is ended when memory runs out; see oom_score_adj in proc(5). */
  record OomScore(String adjustment) implements Instruction {
    @Override
    public String op() {
      return "oom-score";
    }

    @Override
    public List<String> arguments() {
      return List.of(adjustment);
    }
  }

  /**
   * A memory cgroup of v1: when the kernel kills one process in it to keep a limit, all of the
   * container are ended.
   */
  record OomGroup(HostPath cgroup) implements Instruction {
    @Override
    public String op() {
      return "oom-group";
    }

    @Override
    public List<String> arguments() {
      return List.of(cgroup.value());
    }
  }

  /** How long a run may take. */
  record Timeout(long millis) implements Instruction {
    @Override
    public String op() {
      return "timeout";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(millis));
    }
  }

  /**
   * Whether the supervisor starts the container again.
   *
   * @param when 0 never, 1 when it failed, 2 always
   * @param most starts in a row; 0 is no limit
   * @param delayMillis before each start; 0 is 100 ms, doubling
   * @param windowMillis who ran for so long begins anew; 0 is 10 s
   */
  record Restart(int when, int most, long delayMillis, long windowMillis) implements Instruction {
    @Override
    public String op() {
      return "restart";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Integer.toString(when),
          Integer.toString(most),
          Long.toUnsignedString(delayMillis),
          Long.toUnsignedString(windowMillis));
    }
  }

  /**
   * How the health check is gone about; what is run is a {@link Task}. Times are milliseconds.
   *
   * @param onFailure 0 nothing, 1 the container is restarted, 2 it is stopped
   */
  record Health(
      long interval, long timeout, int retries, long startPeriod, long startInterval, int onFailure)
      implements Instruction {
    @Override
    public String op() {
      return "health";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Long.toUnsignedString(interval),
          Long.toUnsignedString(timeout),
          Integer.toString(retries),
          Long.toUnsignedString(startPeriod),
          Long.toUnsignedString(startInterval),
          Integer.toString(onFailure));
    }
  }

  /** CLONE_NEW* of the namespaces that a {@link Task} joins. */
  record Enter(long flags) implements Instruction {
    @Override
    public String op() {
      return "enter";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(flags));
    }
  }

  /**
   * One more command in the container, by its supervisor: a hook, or the health check.
   *
   * @param moment 0 pre_start, 1 post_start, 2 pre_stop, 3 health check
   * @param user empty is that of the command, as are the working directory and no variables
   * @param variables how many of the words are variables; behind them the search path and argv
   */
  record Task(int moment, String user, String workingDir, int variables, List<String> words)
      implements Instruction {
    public Task {
      words = List.copyOf(words);
    }

    @Override
    public String op() {
      return "task";
    }

    @Override
    public List<String> arguments() {
      List<String> all = new ArrayList<>();
      all.add(Integer.toString(moment));
      all.add(user);
      all.add(workingDir);
      all.add(Integer.toString(variables));
      all.addAll(words);
      return all;
    }
  }

  /**
   * What is only to be read: a label, or what a file held that is followed.
   *
   * @param kind {@link #LABEL}, {@link #ANNOTATION}, {@link #CONTENT} or {@link #KEPT}
   */
  record Note(String kind, String name, String value) implements Instruction {
    public static final String LABEL = "label";
    public static final String ANNOTATION = "annotation";

    /** Named after its target; the value is a hash that only this boot of the machine can make. */
    public static final String CONTENT = "content";

    /** Of a run that is over and stays until somebody removes it. */
    public static final String KEPT = "kept";

    @Override
    public String op() {
      return "note";
    }

    @Override
    public List<String> arguments() {
      return List.of(kind, name, value);
    }
  }

  /** A cgroup directory with its parents; see cgroups(7). */
  record MakeCgroup(HostPath directory) implements Instruction {
    @Override
    public String op() {
      return "make-cgroup";
    }

    @Override
    public List<String> arguments() {
      return List.of(directory.value());
    }
  }

  /** A directory of the host; an existing one is fine, parents are not made. See mkdir(2). */
  record Mkdir(HostPath path, int mode) implements Instruction {
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
  record Write(HostPath file, String text) implements Instruction {
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
  record DeviceFilter(HostPath cgroup, String program, List<String> rules) implements Instruction {
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
  record DeviceList(HostPath cgroup, List<String> rules) implements Instruction {
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

  /**
   * A user namespace with its maps, as "inside outside count" with commas between ranges; entered
   * by {@link EnterUser}. See user_namespaces(7).
   */
  record NewUser(String uids, String gids) implements Instruction {
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
  record JoinNamespace(HostPath file, long flag) implements Instruction {
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
  record JoinContainer(HostPath runDirectory, long flags) implements Instruction {
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
  record Spawn(long flags, HostPath bornIn) implements Instruction {
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
  record JoinNamespaces(long pid, long startTime, long flags) implements Instruction {
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

  /** Removes a cgroup and those below it, once they are empty. */
  record RmdirCgroup(HostPath path) implements Instruction {
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
  record RmdirEmpty(HostPath path) implements Instruction {
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
  record JoinCgroup(HostPath directory) implements Instruction {
    @Override
    public String op() {
      return "join-cgroup";
    }

    @Override
    public List<String> arguments() {
      return List.of(directory.value());
    }
  }

  /** Leaves namespaces for new ones; see unshare(2). */
  record Unshare(long flags) implements Instruction {
    @Override
    public String op() {
      return "unshare";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(flags));
    }
  }

  /** MS_PRIVATE and its like for a mount; see mount_namespaces(7). */
  record SetPropagation(HostPath mountPoint, long flags) implements Instruction {
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
      implements Instruction {
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

  /**
   * A time namespace with its offsets, lines of timens_offsets with commas between; see
   * time_namespaces(7).
   */
  record TimeOffsets(String offsets) implements Instruction {
    @Override
    public String op() {
      return "time-offsets";
    }

    @Override
    public List<String> arguments() {
      return List.of(offsets);
    }
  }

  /** Puts a detached mount on a directory of the host, for this mount namespace only. */
  record PlaceTree(int slot, HostPath target) implements Instruction {
    @Override
    public String op() {
      return "place-tree";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(slot), target.value());
    }
  }

  /** Gives a file of the machine's root to the container's root. */
  record Own(HostPath path) implements Instruction {
    @Override
    public String op() {
      return "own";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value());
    }
  }

  /** Stays in the root of the mount namespace that was joined: no pivot. */
  record UseRoot() implements Instruction {
    @Override
    public String op() {
      return "use-root";
    }

    @Override
    public List<String> arguments() {
      return List.of();
    }
  }

  /** A mount while the host tree is still visible; see mount(2). */
  record MountHost(String type, String source, HostPath target, long flags, String data)
      implements Instruction {
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
  record PivotRoot(HostPath newRoot) implements Instruction {
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
  record MakeDir(ContainerPath path, int mode) implements Instruction {
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
  record RealDir(ContainerPath path, int mode) implements Instruction {
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
  record MakeFile(ContainerPath path, int mode) implements Instruction {
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
      implements Instruction {
    public MountNew {
      options = List.copyOf(options);
    }

    @Override
    public String op() {
      return "mount-new";
    }

    @Override
    public List<String> arguments() {
      return concat(List.of(type, target.value(), Long.toUnsignedString(attributes)), options);
    }
  }

  /** Places the detached mount of a slot. */
  record MountTree(int slot, ContainerPath target) implements Instruction {
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
  record Device(ContainerPath path, int mode, int major, int minor) implements Instruction {
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
  record Devices(int slot, ContainerPath target) implements Instruction {
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
  record Symlink(String text, ContainerPath path) implements Instruction {
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
      implements Instruction {
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
   * Opens a file of the machine to be read, for a {@link PlaceFile} when the machine is out of
   * view.
   *
   * @param what such as {@code secret db_password}, for readers
   */
  record ReadFile(int slot, HostPath file, String what) implements Instruction {
    @Override
    public String op() {
      return "read-file";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(slot), file.value(), what);
    }
  }

  /**
   * A new file with the content of the one in the slot.
   *
   * @param owner {@code user[:group]} of the container, by number or by name
   */
  record PlaceFile(int slot, ContainerPath path, String owner, int mode) implements Instruction {
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
  record InheritOwner(int slot, ContainerPath target) implements Instruction {
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
  record ReadOnly(ContainerPath path) implements Instruction {
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
  record Mask(ContainerPath path, int slot) implements Instruction {
    @Override
    public String op() {
      return "mask";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value(), Integer.toString(slot));
    }
  }

  /** See sethostname(2). */
  record Hostname(String name) implements Instruction {
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
  record Domainname(String name) implements Instruction {
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
  record LoopbackUp() implements Instruction {
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
  record Sysctl(String name, String value) implements Instruction {
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
  record EnterUser() implements Instruction {
    @Override
    public String op() {
      return "enter-user";
    }

    @Override
    public List<String> arguments() {
      return List.of();
    }
  }

  /** Holds the namespaces instead of running a command; see pause(2). */
  record Pause() implements Instruction {
    @Override
    public String op() {
      return "pause";
    }

    @Override
    public List<String> arguments() {
      return List.of();
    }
  }

  /** A resource limit; -1 is RLIM_INFINITY and travels unsigned. See getrlimit(2). */
  record Rlimit(int resource, long soft, long hard) implements Instruction {
    @Override
    public String op() {
      return "rlimit";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Integer.toString(resource), Long.toUnsignedString(soft), Long.toUnsignedString(hard));
    }
  }

  /** At most so much of a resource: a limit that is lower already stays. See getrlimit(2). */
  record LowerRlimit(int resource, long soft, long hard) implements Instruction {
    @Override
    public String op() {
      return "lower-rlimit";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Integer.toString(resource), Long.toUnsignedString(soft), Long.toUnsignedString(hard));
    }
  }

  /** See umask(2). */
  record Umask(int mask) implements Instruction {
    @Override
    public String op() {
      return "umask";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(mask));
    }
  }

  /** The capabilities that can ever be had again; see capabilities(7). */
  record Bounding(long mask) implements Instruction {
    /** A bit that is no capability: of those in the mask as many as the machine has itself. */
    static final long AS_THERE = 1L << 63;

    @Override
    public String op() {
      return "bounding";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(mask));
    }
  }

  /**
   * User, group and supplementary groups, by number or by the container's own /etc/passwd and
   * /etc/group.
   */
  record User(String user, List<String> groups) implements Instruction {
    public User {
      groups = List.copyOf(groups);
    }

    @Override
    public String op() {
      return "user";
    }

    @Override
    public List<String> arguments() {
      return concat(List.of(user), groups);
    }
  }

  /** See chdir(2); must lie inside the container. */
  record WorkingDir(ContainerPath path) implements Instruction {
    @Override
    public String op() {
      return "working-dir";
    }

    @Override
    public List<String> arguments() {
      return List.of(path.value());
    }
  }

  /** See capset(2). */
  record Capabilities(long effective, long permitted, long inheritable, long ambient)
      implements Instruction {
    @Override
    public String op() {
      return "capabilities";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Long.toUnsignedString(effective),
          Long.toUnsignedString(permitted),
          Long.toUnsignedString(inheritable),
          Long.toUnsignedString(ambient));
    }
  }

  /** See PR_SET_NO_NEW_PRIVS of prctl(2). */
  record NoNewPrivileges() implements Instruction {
    @Override
    public String op() {
      return "no-new-privileges";
    }

    @Override
    public List<String> arguments() {
      return List.of();
    }
  }

  /**
   * The only files that may be changed or executed from here on; see landlock(7).
   *
   * @param rules {@code write:PATH} or {@code execute:PATH}, each with all below
   */
  record Landlock(List<String> rules) implements Instruction {
    public Landlock {
      rules = List.copyOf(rules);
    }

    @Override
    public String op() {
      return "landlock";
    }

    @Override
    public List<String> arguments() {
      return rules;
    }
  }

  /**
   * Which calls the kernel takes from here on; see seccomp(2).
   *
   * @param flags SECCOMP_FILTER_FLAG_*
   * @param filter in base64, an array of struct sock_filter
   */
  record Seccomp(long flags, String filter) implements Instruction {
    @Override
    public String op() {
      return "seccomp";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(flags), filter);
    }
  }

  /** The whole environment as NAME=value; HOME is added when it is not named. */
  record Environment(List<String> variables) implements Instruction {
    public Environment {
      variables = List.copyOf(variables);
    }

    @Override
    public String op() {
      return "environment";
    }

    @Override
    public List<String> arguments() {
      return variables;
    }
  }

  /** In place of a command: criu makes the processes of a checkpoint again; see criu(8). */
  record Restore(String criu, List<String> words) implements Instruction {
    public Restore {
      words = List.copyOf(words);
    }

    @Override
    public String op() {
      return "restore";
    }

    @Override
    public List<String> arguments() {
      return concat(List.of(criu), words);
    }
  }

  /** The command; see execve(2). */
  record Exec(String searchPath, List<String> argv) implements Instruction {
    public Exec {
      argv = List.copyOf(argv);
    }

    @Override
    public String op() {
      return "exec";
    }

    @Override
    public List<String> arguments() {
      return concat(List.of(searchPath), argv);
    }
  }

  private static List<String> concat(List<String> head, List<String> tail) {
    List<String> all = new ArrayList<>(head);
    all.addAll(tail);
    return all;
  }
}
