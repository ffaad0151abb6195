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
          case "log-limit" -> new Instruction.LogLimit(a.number(), a.integer());
          case "stop" -> new Instruction.Stop(a.integer(), a.number());
          case "terminal" -> new Instruction.Terminal(a.flag());
          case "stdin" -> new Instruction.Stdin(a.flag());
          case "control" -> new Instruction.Control(a.hostPath());
          case "kill-with" -> new Instruction.KillWith(a.hostPath());
          case "oom-score" -> new Instruction.OomScore(a.text());
          case "device-filter" -> new Instruction.DeviceFilter(a.hostPath(), a.text(), a.rest());
          case "device-rules" -> new Instruction.DeviceList(a.hostPath(), a.rest());
          case "oom-group" -> new Instruction.OomGroup(a.hostPath());
          case "timeout" -> new Instruction.Timeout(a.number());
          case "restart" ->
              new Instruction.Restart(a.integer(), a.integer(), a.number(), a.number());
          case "health" ->
              new Instruction.Health(
                  a.number(), a.number(), a.integer(), a.number(), a.number(), a.integer());
          case "enter" -> new Instruction.Enter(a.number());
          case "task" ->
              new Instruction.Task(a.integer(), a.text(), a.text(), a.integer(), a.rest());
          case "note" -> new Instruction.Note(a.text(), a.text(), a.text());
          case "make-cgroup" -> new Instruction.MakeCgroup(a.hostPath());
          case "mkdir" -> new Instruction.Mkdir(a.hostPath(), a.integer());
          case "write" -> new Instruction.Write(a.hostPath(), a.text());
          case "spawn" -> new Instruction.Spawn(a.number(), a.hostPath());
          case "join-namespaces" ->
              new Instruction.JoinNamespaces(a.number(), a.number(), a.number());
          case "new-user" -> new Instruction.NewUser(a.text(), a.text());
          case "join-namespace" -> new Instruction.JoinNamespace(a.hostPath(), a.number());
          case "join-container" -> new Instruction.JoinContainer(a.hostPath(), a.number());
          case "time-offsets" -> new Instruction.TimeOffsets(a.text());
          case "place-tree" -> new Instruction.PlaceTree(a.integer(), a.hostPath());
          case "own" -> new Instruction.Own(a.hostPath());
          case "use-root" -> new Instruction.UseRoot();
          case "sysctl" -> new Instruction.Sysctl(a.text(), a.text());
          case "enter-user" -> new Instruction.EnterUser();
          case "pause" -> new Instruction.Pause();
          case "rmdir-cgroup" -> new Instruction.RmdirCgroup(a.hostPath());
          case "rmdir-empty" -> new Instruction.RmdirEmpty(a.hostPath());
          case "join-cgroup" -> new Instruction.JoinCgroup(a.hostPath());
          case "unshare" -> new Instruction.Unshare(a.number());
          case "propagation" -> new Instruction.SetPropagation(a.hostPath(), a.number());
          case "pivot-root" -> new Instruction.PivotRoot(a.hostPath());
          case "make-dir" -> new Instruction.MakeDir(a.containerPath(), a.integer());
          case "real-dir" -> new Instruction.RealDir(a.containerPath(), a.integer());
          case "make-file" -> new Instruction.MakeFile(a.containerPath(), a.integer());
          case "mount-tree" -> new Instruction.MountTree(a.integer(), a.containerPath());
          case "read-file" -> new Instruction.ReadFile(a.integer(), a.hostPath(), a.text());
          case "place-file" ->
              new Instruction.PlaceFile(a.integer(), a.containerPath(), a.text(), a.integer());
          case "inherit-owner" -> new Instruction.InheritOwner(a.integer(), a.containerPath());
          case "device" ->
              new Instruction.Device(a.containerPath(), a.integer(), a.integer(), a.integer());
          case "devices" -> new Instruction.Devices(a.integer(), a.containerPath());
          case "symlink" -> new Instruction.Symlink(a.text(), a.containerPath());
          case "read-only" -> new Instruction.ReadOnly(a.containerPath());
          case "mask" -> new Instruction.Mask(a.containerPath(), a.integer());
          case "hostname" -> new Instruction.Hostname(a.text());
          case "domainname" -> new Instruction.Domainname(a.text());
          case "loopback-up" -> new Instruction.LoopbackUp();
          case "rlimit" -> new Instruction.Rlimit(a.integer(), a.number(), a.number());
          case "lower-rlimit" -> new Instruction.LowerRlimit(a.integer(), a.number(), a.number());
          case "umask" -> new Instruction.Umask(a.integer());
          case "bounding" -> new Instruction.Bounding(a.number());
          case "user" -> new Instruction.User(a.text(), a.rest());
          case "working-dir" -> new Instruction.WorkingDir(a.containerPath());
          case "no-new-privileges" -> new Instruction.NoNewPrivileges();
          case "landlock" -> new Instruction.Landlock(a.rest());
          case "seccomp" -> new Instruction.Seccomp(a.number(), a.text());
          case "environment" -> new Instruction.Environment(a.rest());
          case "restore" -> new Instruction.Restore(a.text(), a.rest());
          case "exec" -> new Instruction.Exec(a.text(), a.rest());
          case "open-tree" ->
              new Instruction.OpenTree(
                  a.integer(),
                  a.hostPath(),
                  a.flag(),
                  a.number(),
                  a.number(),
                  a.number(),
                  a.flag());
          case "mount" ->
              new Instruction.MountHost(a.text(), a.text(), a.hostPath(), a.number(), a.text());
          case "mount-new" ->
              new Instruction.MountNew(a.text(), a.containerPath(), a.number(), a.rest());
          case "set-attributes" ->
              new Instruction.SetAttributes(a.containerPath(), a.number(), a.number(), a.flag());
          case "capabilities" ->
              new Instruction.Capabilities(a.number(), a.number(), a.number(), a.number());
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
