package jstack.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Every verb with its line of help. The class of a verb is loaded when it is asked for. */
final class VerbTable {
  record Entry(String summary, Supplier<Verb> make) {}

  private static final Map<String, Entry> VERBS = new LinkedHashMap<>();

  static {
    add("up", "Make what the manifest says true: start, change, leave alone", UpVerb::new);
    add("down", "Stop and remove the containers of a project", DownVerb::new);
    add("plan", "Show what up would do, and why", PlanVerb::new);
    add("apply", "Carry out a plan that was written to a file", ApplyVerb::new);
    add("verify", "Hold what runs against the manifest, as the kernel shows it", VerifyVerb::new);
    add("ps", "List the containers of a project", PsVerb::new);
    add("ls", "List the projects of this machine", LsVerb::new);
    add("logs", "Show the output of containers", LogsVerb::new);
    add("top", "List the processes of containers", TopVerb::new);
    add("stats", "Show what containers use of CPU, memory and disks", StatsVerb::new);
    add("report", "Show what runs used, and whether it was as expected", ReportVerb::new);
    add("exec", "Run one more command in a container", ExecVerb::new);
    add("run", "Run a service once, with a command of its own", RunVerb::new);
    add("ns", "List the namespaces of a stack, or enter them", NsVerb::new);
    add("volumes", "List, make or remove the volumes of this machine", VolumesVerb::new);
    add("stop", "Stop containers, and keep them", StopVerb::new);
    add("start", "Start containers that were stopped", StartVerb::new);
    add("restart", "Stop and start containers", RestartVerb::new);
    add("kill", "Send a signal to containers", KillVerb::new);
    add("pause", "Make containers stand still", PauseVerb::new);
    add("unpause", "Let paused containers go on", UnpauseVerb::new);
    add("create", "Make containers without starting them", CreateVerb::new);
    add("scale", "Give services another number of containers", ScaleVerb::new);
    add("events", "Follow what becomes of containers", EventsVerb::new);
    add("rootfs", "List what was unpacked, and remove what nobody uses", RootfsVerb::new);
    add("cp", "Copy files into a container, or out of it", CpVerb::new);
    add("lock", "Pin the bytes of every url in jstack.lock", LockVerb::new);
    add("wait", "Wait until containers end, and say how", WaitVerb::new);
    add("rm", "Remove containers that have ended", RmVerb::new);
    add("port", "Show where a service's ports are published", PortVerb::new);
    add("pull", "Fetch the rootfs of services, and start nothing", PullVerb::new);
    add("update", "Write other limits to running containers", UpdateVerb::new);
    add("checkpoint", "Keep containers as they are on disk, and end them", CheckpointVerb::new);
    add("restore", "Let checkpointed containers go on", RestoreVerb::new);
    add("explain", "Show what is done for a service, as commented shell", ExplainVerb::new);
    add("validate", "Check a manifest, every problem at its line", ValidateVerb::new);
    add("config", "Print the manifest with everything filled in", ConfigVerb::new);
    add("generate", "Print a unit file for systemd", GenerateVerb::new);
    add("schema", "Print the JSON Schema of manifests", SchemaVerb::new);
    add("completion", "Print a completion script for a shell", CompletionVerb::new);
    add("version", "Print the version", VersionVerb::new);
  }

  private VerbTable() {}

  private static void add(String name, String summary, Supplier<Verb> make) {
    VERBS.put(name, new Entry(summary, make));
  }

  static Map<String, Entry> all() {
    return VERBS;
  }
}
