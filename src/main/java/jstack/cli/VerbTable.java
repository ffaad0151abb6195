package jstack.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** Every verb with its line of help. The class of a verb is loaded when it is asked for. */
final class VerbTable {
  /** Words of Docker's and Compose's for what goes another way here. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "images", "jstack rootfs ls lists what was unpacked",
          "build", "there are no images: rootfs names a tarball, which any tool can make",
          "push", "there are no images: rootfs names a tarball, which any tool can make",
          "inspect", "jstack ps --format json shows what runs, config and explain what is wanted",
          "attach", "jstack logs -f shows the output, exec begins another command",
          "network", "networks stand in the manifest; jstack verify looks at them",
          "volume", "jstack volumes lists, makes and removes them",
          "watch", "jstack up --watch follows the manifest",
          "convert", "jstack config prints the resolved manifest");

  private static final Map<String, String> SUMMARIES = new LinkedHashMap<>();

  static {
    SUMMARIES.put("up", "Make what the manifest says true: start, change, leave alone");
    SUMMARIES.put("down", "Stop and remove the containers of a project");
    SUMMARIES.put("plan", "Show what up would do, and why");
    SUMMARIES.put("apply", "Carry out a plan that was written to a file");
    SUMMARIES.put("verify", "Hold what runs against the manifest, as the kernel shows it");
    SUMMARIES.put("ps", "List the containers of a project");
    SUMMARIES.put("ls", "List the projects of this machine");
    SUMMARIES.put("logs", "Show the output of containers");
    SUMMARIES.put("top", "List the processes of containers");
    SUMMARIES.put("stats", "Show what containers use of CPU, memory and disks");
    SUMMARIES.put("report", "Show what runs used, and whether it was as expected");
    SUMMARIES.put("exec", "Run one more command in a container");
    SUMMARIES.put("run", "Run a service once, with a command of its own");
    SUMMARIES.put("ns", "List the namespaces of a stack, or enter them");
    SUMMARIES.put("volumes", "List, make or remove the volumes of this machine");
    SUMMARIES.put("stop", "Stop containers, and keep them");
    SUMMARIES.put("start", "Start containers that were stopped");
    SUMMARIES.put("restart", "Stop and start containers");
    SUMMARIES.put("kill", "Send a signal to containers");
    SUMMARIES.put("pause", "Make containers stand still");
    SUMMARIES.put("unpause", "Let paused containers go on");
    SUMMARIES.put("create", "Make containers without starting them");
    SUMMARIES.put("scale", "Give services another number of containers");
    SUMMARIES.put("events", "Follow what becomes of containers");
    SUMMARIES.put("rootfs", "List what was unpacked, and remove what nobody uses");
    SUMMARIES.put("cp", "Copy files into a container, or out of it");
    SUMMARIES.put("lock", "Pin the bytes of every url in jstack.lock");
    SUMMARIES.put("wait", "Wait until containers end, and say how");
    SUMMARIES.put("rm", "Remove containers that have ended");
    SUMMARIES.put("port", "Show where a service's ports are published");
    SUMMARIES.put("pull", "Fetch the rootfs of services, and start nothing");
    SUMMARIES.put("update", "Write other limits to running containers");
    SUMMARIES.put("checkpoint", "Keep containers as they are on disk, and end them");
    SUMMARIES.put("restore", "Let checkpointed containers go on");
    SUMMARIES.put("explain", "Show what is done for a service, as commented shell");
    SUMMARIES.put("validate", "Check a manifest, every problem at its line");
    SUMMARIES.put("config", "Print the manifest with everything filled in");
    SUMMARIES.put("generate", "Print a unit file for systemd");
    SUMMARIES.put("schema", "Print the JSON Schema of manifests");
    SUMMARIES.put("completion", "Print a completion script for a shell");
    SUMMARIES.put("version", "Print the version");
  }

  private VerbTable() {}

  /** The line of help of each verb, by its name, in the order of the help. */
  static Map<String, String> summaries() {
    return SUMMARIES;
  }

  /**
   * A verb that is in the table. A switch and not forty constructors in that table: each of those
   * would have to be linked at every start.
   */
  static Verb make(String name) {
    return switch (name) {
      case "up" -> new UpVerb();
      case "down" -> new DownVerb();
      case "plan" -> new PlanVerb();
      case "apply" -> new ApplyVerb();
      case "verify" -> new VerifyVerb();
      case "ps" -> new PsVerb();
      case "ls" -> new LsVerb();
      case "logs" -> new LogsVerb();
      case "top" -> new TopVerb();
      case "stats" -> new StatsVerb();
      case "report" -> new ReportVerb();
      case "exec" -> new ExecVerb();
      case "run" -> new RunVerb();
      case "ns" -> new NsVerb();
      case "volumes" -> new VolumesVerb();
      case "stop" -> new StopVerb();
      case "start" -> new StartVerb();
      case "restart" -> new RestartVerb();
      case "kill" -> new KillVerb();
      case "pause" -> new PauseVerb();
      case "unpause" -> new UnpauseVerb();
      case "create" -> new CreateVerb();
      case "scale" -> new ScaleVerb();
      case "events" -> new EventsVerb();
      case "rootfs" -> new RootfsVerb();
      case "cp" -> new CpVerb();
      case "lock" -> new LockVerb();
      case "wait" -> new WaitVerb();
      case "rm" -> new RmVerb();
      case "port" -> new PortVerb();
      case "pull" -> new PullVerb();
      case "update" -> new UpdateVerb();
      case "checkpoint" -> new CheckpointVerb();
      case "restore" -> new RestoreVerb();
      case "explain" -> new ExplainVerb();
      case "validate" -> new ValidateVerb();
      case "config" -> new ConfigVerb();
      case "generate" -> new GenerateVerb();
      case "schema" -> new SchemaVerb();
      case "completion" -> new CompletionVerb();
      case "version" -> new VersionVerb();
      default -> throw new IllegalArgumentException(name);
    };
  }

  /** What to do about a word that is no verb. */
  static String hint(String word) {
    return ELSEWHERE.getOrDefault(word, "jstack --help lists them");
  }
}
