package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import jstack.support.Command;

/**
 * A database that flushes each line, the migration that it needs, a web service and a worker, and
 * the edits that somebody might make to them while they run.
 */
final class SurvivalStack {
  /** Goes on from where it was; two of it at once, or a lost write, would show in its file. */
  private static final String DATABASE =
      "touch /data/n; i=$$(tail -n 1 /data/n); while :; do i=$$((i+1)); echo $$i >> /data/n;"
          + " fsync /data/n; echo $$i; usleep 20000; done";

  private static final String MIGRATION =
      "sleep 0.2; echo EDITION > /data/new; fsync /data/new; mv /data/new /data/edition";

  private static final String MANIFEST =
      """
      name: demo
      defaults: {stop_grace_period: GRACEs, logging: {max-file: 1000}}
      services:
        db:
          rootfs: BUSYBOX
          command: [/bin/sh, -c, "%s"]
          network_mode: none
          mounts: [./data:/data]
          restart: always
          healthcheck: {test: [CMD, test, -s, /data/n], interval: INTERVALms, start_period: 5s}
          cgroup: {pids: {max: PIDS}, memory: {max: MEMORYm}}
        web:
          rootfs: BUSYBOX
          command: [/bin/httpd, -f, -h, /www]
          environment: {LOOK: "COLOUR"}
          scale: SCALE
          restart: unless-stopped
          healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1/"], interval: 200ms,
              on_failure: FAILURE}
          depends_on: {migrate: {condition: service_completed_successfully}}
        worker:
          rootfs: BUSYBOX
          command: [/bin/probe, count]
          network_mode: none
          # a comment is no change: MARK
          tmpfs: ["/tmp:size=SIZEm"]
          mounts: [./data:/data:ro]
          restart: RESTART
          healthcheck: {test: [CMD, test, -s, /data/edition], interval: 200ms}
          depends_on:
            db: {condition: service_healthy}
            migrate: {condition: service_completed_successfully}
      jobs:
        migrate:
          rootfs: BUSYBOX
          command: [/bin/sh, -c, "%s"]
          mounts: [./data:/data]
          restart: on-failure
          depends_on: {db: {condition: service_healthy}}
      """
          .formatted(DATABASE, MIGRATION);

  private static final Map<String, Function<Random, Object>> EDITS = new LinkedHashMap<>();

  static {
    EDITS.put("PIDS", random -> 64 + random.nextInt(64));
    EDITS.put("MEMORY", random -> 64 + random.nextInt(64));
    EDITS.put("INTERVAL", random -> 100 + random.nextInt(200));
    EDITS.put("FAILURE", random -> List.of("none", "restart").get(random.nextInt(2)));
    EDITS.put("COLOUR", random -> random.nextInt(100));
    EDITS.put("SCALE", random -> 1 + random.nextInt(3));
    EDITS.put("MARK", random -> random.nextInt(100));
    EDITS.put("SIZE", random -> 1 + random.nextInt(3));
    EDITS.put("RESTART", random -> List.of("always", "on-failure").get(random.nextInt(2)));
    EDITS.put("GRACE", random -> random.nextInt(2));
    EDITS.put("EDITION", random -> random.nextInt(100));
  }

  private final Jstack jstack;
  private final Path data;
  private final Map<String, String> values = new LinkedHashMap<>();

  SurvivalStack(Jstack jstack) throws IOException {
    this.jstack = jstack;
    this.data = Files.createDirectories(jstack.folder().resolve("data"));
    // Root of the container's user namespace is somebody else out here.
    Command.output("chmod", "777", data.toString());
    Random first = new Random(1);
    EDITS.forEach((place, value) -> values.put(place, value.apply(first).toString()));
    write();
  }

  private void write() throws IOException {
    String text = MANIFEST;
    for (Map.Entry<String, String> value : values.entrySet()) {
      text = text.replace(value.getKey(), value.getValue());
    }
    jstack.manifest(text);
  }

  /** Gives one place another value, and says which. */
  String edit(Random random) throws IOException {
    String place = List.copyOf(EDITS.keySet()).get(random.nextInt(EDITS.size()));
    values.put(place, EDITS.get(place).apply(random).toString());
    write();
    return place + "=" + values.get(place);
  }

  /** The containers that its manifest asks for and that stay. */
  List<String> containers() {
    List<String> names = new java.util.ArrayList<>(List.of("db-1", "worker-1"));
    for (int i = 1; i <= Integer.parseInt(values.get("SCALE")); i++) {
      names.add("web-" + i);
    }
    return names;
  }

  /** What the database has written. */
  List<String> written() throws IOException {
    return Files.readAllLines(data.resolve("n"));
  }

  /** No number is missing, and none is there twice: nobody wrote beside it, nothing was lost. */
  void databaseIsWhole() throws IOException {
    List<String> lines = written();
    for (int i = 0; i < lines.size(); i++) {
      assertThat(lines.get(i)).as("what the database wrote").isEqualTo(Integer.toString(i + 1));
    }
  }

  /** The migration that counts is the last one. */
  void isMigrated() {
    assertThat(data.resolve("edition")).hasContent(values.get("EDITION") + "\n");
  }
}
