package jstack.state;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import jstack.program.StoredName;

/**
 * The names of everything that jstack keeps on disk; no other class spells one.
 *
 * <pre>
 * /run/jstack/                    JSTACK_RUN: gone with a reboot
 *   .locks/PROJECT                held by the verb that writes
 *   .control/XXXXXXXX             control sockets, short because of unix(7)
 *   .journal/events               what happened to those that are gone, too; events.1 is the older
 *   .filters/NAME                 compiled filters of calls, to be had again at any time
 *   PROJECT/project               manifest and dependencies, for verbs without a file
 *   PROJECT/.files/               secrets and configs, handed to containers when they start
 *   PROJECT/web-1/                program status failure exit health updates stdout stderr log ...
 *   PROJECT/web-1/receipt.NANOS   of the run that began then; the last ten
 *   PROJECT/web-1/provenance      what its next receipts say of rootfs and manifest
 *   PROJECT/web-1/root            where the container mounts its root, in its own namespace
 * /var/lib/jstack/                JSTACK_HOME: lasting
 *   rootfs/                       the store of unpacked archives
 *   containers/PROJECT/web-1/DIGEST/{upper,work}
 *   checkpoints/PROJECT/web-1/N/  images of criu, the newest counts; .new is being made
 *   volumes/PROJECT_data/{volume,_data}  a volume: whose it is, what is in it
 *   ids/671088640                 -> PROJECT/web-1: a block of user ids
 * </pre>
 */
public record StateLayout(Path run, Path home) {
  /** unix(7): sun_path holds 108 bytes with the terminating zero. */
  private static final int LONGEST_SOCKET_PATH = 107;

  private static final Path DEFAULT_RUN = Path.of("/run/jstack");

  /** As JSTACK_RUN and JSTACK_HOME say, or in the places of the FHS. */
  public static StateLayout of(Map<String, String> environment, Path workingDirectory) {
    return new StateLayout(
        path(environment, "JSTACK_RUN", DEFAULT_RUN.toString(), workingDirectory),
        path(environment, "JSTACK_HOME", "/var/lib/jstack", workingDirectory));
  }

  private static Path path(
      Map<String, String> environment, String name, String fallback, Path workingDirectory) {
    String value = environment.getOrDefault(name, "");
    return workingDirectory.resolve(value.isEmpty() ? fallback : value).normalize();
  }

  public Path locks() {
    return run.resolve(".locks");
  }

  public Path lock(String project) {
    return locks().resolve(project);
  }

  public Path controls() {
    return run.resolve(".control");
  }

  /** Where the supervisor of a container listens. */
  public Path control(ContainerId id) {
    CRC32 first = new CRC32();
    first.update(id.project().getBytes(StandardCharsets.UTF_8));
    CRC32 second = new CRC32();
    second.update(id.name().getBytes(StandardCharsets.UTF_8));
    return controls().resolve(hex(first) + hex(second));
  }

  private static String hex(CRC32 crc) {
    return Long.toHexString(crc.getValue() | 1L << 32).substring(1);
  }

  /**
   * The directory of all our cgroups in each hierarchy. State of its own has cgroups of its own:
   * two projects of one name in two places never meet.
   */
  public String cgroup() {
    if (run.equals(DEFAULT_RUN)) {
      return "jstack";
    }
    CRC32 place = new CRC32();
    place.update(run.toString().getBytes(StandardCharsets.UTF_8));
    return "jstack-" + hex(place);
  }

  /** Whether JSTACK_RUN leaves room for the name of a control socket. */
  public boolean fitsSockets() {
    int name = ".control/".length() + 16;
    return run.toString().getBytes(StandardCharsets.UTF_8).length + 1 + name <= LONGEST_SOCKET_PATH;
  }

  /** Of all projects, bounded, and there after the last of them; see {@code EventJournal}. */
  public Path journal() {
    return run.resolve(".journal").resolve("events");
  }

  public Path oldJournal() {
    return journal().resolveSibling("events.1");
  }

  /** Filters of calls that were compiled. */
  public Path filters() {
    return run.resolve(".filters");
  }

  public Path project(String project) {
    return run.resolve(project);
  }

  public Path projectRecord(String project) {
    return project(project).resolve("project");
  }

  /** What the last up saw that found nothing to do; see {@link SettledRecord}. */
  public Path settled(String project) {
    return project(project).resolve("settled");
  }

  /** Secrets and configs of a project; removed with it. */
  public Path files(String project) {
    return project(project).resolve(StoredName.DIRECTORY);
  }

  /** What the content of watched files came to, and as of when; removed with the project. */
  public Path watched(String project) {
    return project(project).resolve(".watched");
  }

  /** What makes hashes of secrets worthless to others. */
  public Path salt() {
    return run.resolve(".salt");
  }

  public Path container(ContainerId id) {
    return project(id.project()).resolve(id.name());
  }

  public Path program(ContainerId id) {
    return container(id).resolve("program");
  }

  /** One with other settings, until the supervisor has taken it over as {@code program}. */
  public Path newProgram(ContainerId id) {
    return container(id).resolve("program.new");
  }

  public Path status(ContainerId id) {
    return statusIn(container(id));
  }

  /** The same in a run directory, whoever's it is. */
  public static Path statusIn(Path runDirectory) {
    return runDirectory.resolve("status");
  }

  public Path failure(ContainerId id) {
    return container(id).resolve("failure");
  }

  /** A program that could not be read, kept for who wants to know why. */
  public Path torn(ContainerId id) {
    return container(id).resolve("program.torn");
  }

  /** Why a container could not be given a new supervisor. */
  public Path adoption(ContainerId id) {
    return container(id).resolve("adoption");
  }

  public Path exitRecord(ContainerId id) {
    return container(id).resolve("exit");
  }

  /** What the last health check said; see {@link HealthRecord}. */
  public Path health(ContainerId id) {
    return container(id).resolve("health");
  }

  /** Which limits {@code jstack update} wrote to since the container was started. */
  public Path updates(ContainerId id) {
    return container(id).resolve("updates");
  }

  /** What the run used that began then, in nanoseconds since the epoch. */
  public Path receipt(ContainerId id, long startedAt) {
    return container(id).resolve("receipt." + startedAt);
  }

  /** Lines that the supervisor takes over into the receipt. */
  public Path provenance(ContainerId id) {
    return container(id).resolve("provenance");
  }

  /** The newest log file; older ones have the same name with {@code .1}, {@code .2} ... */
  public Path log(ContainerId id) {
    return container(id).resolve("log");
  }

  public Path root(ContainerId id) {
    return container(id).resolve("root");
  }

  /** The container's /etc/hosts, which jstack keeps. */
  public Path hosts(ContainerId id) {
    return container(id).resolve("hosts");
  }

  public Path resolvConf(ContainerId id) {
    return container(id).resolve("resolv.conf");
  }

  /** What the stack's networks are, as they were made last; see {@code NetworkProgram}. */
  public Path networkRecord(String project) {
    return project(project).resolve("network");
  }

  /** What the tools that make networks read. */
  public Path networkScript(String project) {
    return project(project).resolve("network.d");
  }

  /** Held by the tools that make networks, for as long as one of them runs. */
  public Path networkLock(String project) {
    return locks().resolve(project + ".network");
  }

  /** Where {@code ip netns} has its names; see ip-netns(8). */
  public static final Path NETNS = Path.of("/run/netns");

  /** A container's network namespace as {@code ip netns} calls it; no project has a dot. */
  public String networkNamespace(ContainerId id) {
    return ruleTable(id.project()) + "." + id.name();
  }

  /** A network namespace that the manifest names; containers cannot be called so. */
  public String namedNetworkNamespace(String project, String name) {
    return ruleTable(project) + ".@" + name;
  }

  /**
   * The table of a stack's nft rules, in the family inet. A project has no dot in its name, so what
   * stands behind a dot never reads like another project.
   */
  public String ruleTable(String project) {
    return cgroup() + "." + project;
  }

  public Path execProgram(ContainerId id, String unique) {
    return container(id).resolve("exec-" + unique);
  }

  public Path rootfsStore() {
    return home.resolve("rootfs");
  }

  public Path checkpoints() {
    return home.resolve("checkpoints");
  }

  /** What is kept of a container's processes; see {@link CheckpointStore}. */
  public Path checkpoints(ContainerId id) {
    return checkpoints().resolve(id.project()).resolve(id.name());
  }

  /** The program of a container that comes back from its checkpoint. */
  public Path restoreProgram(ContainerId id) {
    return container(id).resolve("restore");
  }

  public Path volumes() {
    return home.resolve("volumes");
  }

  public Path volume(String name) {
    return volumes().resolve(name);
  }

  /** What is in a volume; container's files, never to be followed. */
  public Path volumeData(String name) {
    return volume(name).resolve("_data");
  }

  /** Whose a volume is; see {@code VolumeRecord}. */
  public Path volumeRecord(String name) {
    return volume(name).resolve("volume");
  }

  /** The claims of blocks of user ids. */
  public Path idBlocks() {
    return home.resolve("ids");
  }

  public Path containers() {
    return home.resolve("containers");
  }

  /** What a container wrote, all its rootfs together. */
  public Path layers(ContainerId id) {
    return containers().resolve(id.project()).resolve(id.name());
  }

  /** What a container wrote on top of one rootfs: another rootfs begins with a clean layer. */
  public Path layer(ContainerId id, String rootfsDigest) {
    return layers(id).resolve(rootfsDigest);
  }

  /** What was written, in a layer. */
  public static Path upper(Path layer) {
    return layer.resolve("upper");
  }

  /** Where the overlay of a layer prepares what it writes. */
  public static Path work(Path layer) {
    return layer.resolve("work");
  }
}
