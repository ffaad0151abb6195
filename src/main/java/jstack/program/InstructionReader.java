package jstack.program;

import java.util.List;
import jstack.manifest.ContainerPath;
import jstack.manifest.HostPath;

/** Words of the wire to typed instructions; the counterpart of {@link Instruction#arguments()}. */
final class InstructionReader {
  private InstructionReader() {}

  /** Throws IllegalArgumentException for an unknown name or arguments that do not fit it. */
  static Instruction read(String op, List<String> words) {
    Arguments a = new Arguments(op, words);
    Instruction instruction =
        switch (op) {
          case "log-limit" -> new SupervisorInstruction.LogLimit(a.number(), a.integer());
          case "stop" -> new SupervisorInstruction.Stop(a.integer(), a.number());
          case "terminal" -> new SupervisorInstruction.Terminal(a.flag());
          case "stdin" -> new SupervisorInstruction.Stdin(a.flag());
          case "control" -> new SupervisorInstruction.Control(a.hostPath());
          case "kill-with" -> new SupervisorInstruction.KillWith(a.hostPath());
          case "oom-score" -> new SupervisorInstruction.OomScore(a.text());
          case "device-filter" ->
              new HostInstruction.DeviceFilter(a.hostPath(), a.text(), a.rest());
          case "device-rules" -> new HostInstruction.DeviceList(a.hostPath(), a.rest());
          case "oom-group" -> new SupervisorInstruction.OomGroup(a.hostPath());
          case "timeout" -> new SupervisorInstruction.Timeout(a.number());
          case "restart" ->
              new SupervisorInstruction.Restart(a.integer(), a.integer(), a.number(), a.number());
          case "health" ->
              new SupervisorInstruction.Health(
                  a.number(), a.number(), a.integer(), a.number(), a.number(), a.integer());
          case "enter" -> new SupervisorInstruction.Enter(a.number());
          case "task" ->
              new SupervisorInstruction.Task(
                  a.integer(), a.text(), a.text(), a.integer(), a.rest());
          case "note" -> new SupervisorInstruction.Note(a.text(), a.text(), a.text());
          case "make-cgroup" -> new HostInstruction.MakeCgroup(a.hostPath());
          case "count-io" -> new HostInstruction.CountIo(a.hostPath());
          case "mkdir" -> new HostInstruction.Mkdir(a.hostPath(), a.integer());
          case "write" -> new HostInstruction.Write(a.hostPath(), a.text());
          case "spawn" -> new NamespaceInstruction.Spawn(a.number(), a.hostPath());
          case "join-namespaces" ->
              new NamespaceInstruction.JoinNamespaces(a.number(), a.number(), a.number());
          case "new-user" -> new NamespaceInstruction.NewUser(a.text(), a.text());
          case "join-namespace" -> new NamespaceInstruction.JoinNamespace(a.hostPath(), a.number());
          case "join-container" -> new NamespaceInstruction.JoinContainer(a.hostPath(), a.number());
          case "time-offsets" -> new NamespaceInstruction.TimeOffsets(a.text());
          case "place-tree" -> new MountInstruction.PlaceTree(a.integer(), a.hostPath());
          case "own" -> new HostInstruction.Own(a.hostPath());
          case "use-root" -> new NamespaceInstruction.UseRoot();
          case "sysctl" -> new NamespaceInstruction.Sysctl(a.text(), a.text());
          case "enter-user" -> new NamespaceInstruction.EnterUser();
          case "pause" -> new ProcessInstruction.Pause();
          case "rmdir-cgroup" -> new HostInstruction.RmdirCgroup(a.hostPath());
          case "rmdir-empty" -> new HostInstruction.RmdirEmpty(a.hostPath());
          case "join-cgroup" -> new HostInstruction.JoinCgroup(a.hostPath());
          case "unshare" -> new NamespaceInstruction.Unshare(a.number());
          case "propagation" -> new MountInstruction.SetPropagation(a.hostPath(), a.number());
          case "pivot-root" -> new MountInstruction.PivotRoot(a.hostPath());
          case "make-dir" -> new MountInstruction.MakeDir(a.containerPath(), a.integer());
          case "real-dir" -> new MountInstruction.RealDir(a.containerPath(), a.integer());
          case "make-file" -> new MountInstruction.MakeFile(a.containerPath(), a.integer());
          case "mount-tree" -> new MountInstruction.MountTree(a.integer(), a.containerPath());
          case "read-file" -> new HostInstruction.ReadFile(a.integer(), a.hostPath(), a.text());
          case "place-file" ->
              new MountInstruction.PlaceFile(a.integer(), a.containerPath(), a.text(), a.integer());
          case "inherit-owner" -> new MountInstruction.InheritOwner(a.integer(), a.containerPath());
          case "device" ->
              new MountInstruction.Device(a.containerPath(), a.integer(), a.integer(), a.integer());
          case "devices" -> new MountInstruction.Devices(a.integer(), a.containerPath());
          case "symlink" -> new MountInstruction.Symlink(a.text(), a.containerPath());
          case "read-only" -> new MountInstruction.ReadOnly(a.containerPath());
          case "mask" -> new MountInstruction.Mask(a.containerPath(), a.integer());
          case "hostname" -> new NamespaceInstruction.Hostname(a.text());
          case "domainname" -> new NamespaceInstruction.Domainname(a.text());
          case "loopback-up" -> new NamespaceInstruction.LoopbackUp();
          case "rlimit" -> new ProcessInstruction.Rlimit(a.integer(), a.number(), a.number());
          case "lower-rlimit" ->
              new ProcessInstruction.LowerRlimit(a.integer(), a.number(), a.number());
          case "umask" -> new ProcessInstruction.Umask(a.integer());
          case "bounding" -> new ProcessInstruction.Bounding(a.number());
          case "user" -> new ProcessInstruction.User(a.text(), a.rest());
          case "working-dir" -> new ProcessInstruction.WorkingDir(a.containerPath());
          case "no-new-privileges" -> new ProcessInstruction.NoNewPrivileges();
          case "landlock" -> new ProcessInstruction.Landlock(a.rest());
          case "seccomp" -> new ProcessInstruction.Seccomp(a.number(), a.text());
          case "environment" -> new ProcessInstruction.Environment(a.rest());
          case "restore" -> new ProcessInstruction.Restore(a.text(), a.rest());
          case "exec" -> new ProcessInstruction.Exec(a.text(), a.rest());
          case "open-tree" ->
              new MountInstruction.OpenTree(
                  a.integer(),
                  a.hostPath(),
                  a.flag(),
                  a.number(),
                  a.number(),
                  a.number(),
                  a.flag());
          case "mount" ->
              new MountInstruction.MountHost(
                  a.text(), a.text(), a.hostPath(), a.number(), a.text());
          case "mount-new" ->
              new MountInstruction.MountNew(a.text(), a.containerPath(), a.number(), a.rest());
          case "set-attributes" ->
              new MountInstruction.SetAttributes(
                  a.containerPath(), a.number(), a.number(), a.flag());
          case "capabilities" ->
              new ProcessInstruction.Capabilities(a.number(), a.number(), a.number(), a.number());
          default -> throw new IllegalArgumentException("unknown instruction: " + op);
        };
    a.end();
    return instruction;
  }

  /** Arguments taken one after the other; evaluation order of Java is from left to right. */
  private static final class Arguments {
    private final String op;
    private final List<String> words;
    private int next;

    Arguments(String op, List<String> words) {
      this.op = op;
      this.words = words;
    }

    String text() {
      if (next >= words.size()) {
        throw new IllegalArgumentException(op + ": too few arguments");
      }
      return words.get(next++);
    }

    HostPath hostPath() {
      return new HostPath(text());
    }

    ContainerPath containerPath() {
      String text = text();
      ContainerPath path = new ContainerPath(text);
      if (!path.value().equals(text)) {
        throw new IllegalArgumentException(op + ": not a plain path: " + text);
      }
      return path;
    }

    boolean flag() {
      String text = text();
      if (!text.equals("0") && !text.equals("1")) {
        throw new IllegalArgumentException(op + ": neither 0 nor 1: " + text);
      }
      return text.equals("1");
    }

    int integer() {
      String text = text();
      int value = Integer.parseInt(text);
      if (!Integer.toString(value).equals(text) || value < 0) {
        throw new IllegalArgumentException(op + ": not a number: " + text);
      }
      return value;
    }

    long number() {
      String text = text();
      long value = Long.parseUnsignedLong(text);
      if (!Long.toUnsignedString(value).equals(text)) {
        throw new IllegalArgumentException(op + ": not a number: " + text);
      }
      return value;
    }

    List<String> rest() {
      List<String> rest = words.subList(next, words.size());
      next = words.size();
      return rest;
    }

    void end() {
      if (next != words.size()) {
        throw new IllegalArgumentException(op + ": too many arguments");
      }
    }
  }
}
