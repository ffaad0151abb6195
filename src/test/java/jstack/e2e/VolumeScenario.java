package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jstack.support.Command;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Named volumes outlive everything but the word to remove them. */
class VolumeScenario {
  private static final String WRITES =
      """
      name: demo
      services:
        web:
          rootfs: BUSYBOX
          user: "1000:1000"
          command: [/bin/sh, -c, "echo run >> /data/runs; cat /data/runs; exec sleep 1000"]
          mounts:
            - data:/data
      volumes:
        data: {labels: {kind: test}}
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private Path data(String name) {
    return jstack.home().resolve("volumes").resolve(name).resolve("_data");
  }

  private String volumes(String... filters) throws Exception {
    List<String> words = new ArrayList<>(List.of("volumes", "ls", "-q"));
    for (String filter : filters) {
      words.addAll(List.of("--filter", filter));
    }
    return jstack.jstack(words.toArray(String[]::new)).exits(0).out();
  }

  private Jstack.Result inside(String service, String script) throws Exception {
    return jstack.jstack("exec", "-T", service, "/bin/sh", "-c", script);
  }

  @Test
  void aVolumeOutlivesItsContainersAndChangedMountsAndGoesWithDownV() throws Exception {
    Files.createDirectories(folder.resolve("site"));
    Path place = Files.createDirectories(jstack.busyboxRootfs().resolve("data"));
    Files.setAttribute(place, "unix:uid", 1000);
    Files.setAttribute(place, "unix:gid", 1000);
    jstack.manifest(WRITES).jstack("up", "-d").exits(0);
    inside("web", "stat -c '%u:%g' /data").exits(0).prints("1000:1000");
    // On disk the owner is the container's own number, whatever ids its user namespace has.
    assertThat(Files.getAttribute(data("demo_data"), "unix:uid")).isEqualTo(1000);
    jstack.jstack("plan", "--exit-code").exits(0);

    jstack.manifest(WRITES.replace("- data:/data", "- data:/data\n      - ./site:/host:ro"));
    jstack.jstack("up", "-d").exits(0).says("mounts[/host]");
    inside("web", "wc -l < /data/runs").exits(0).prints("2");

    jstack.jstack("volumes", "rm", "demo_data").exits(1).says("volume in use by web-1");
    jstack.jstack("volumes").exits(0).prints("demo_data").prints("web-1 of demo");
    jstack.jstack("volumes", "create", "other").exits(0);
    assertThat(volumes("label=kind", "name=dat")).isEqualTo("demo_data\n");
    assertThat(volumes("label=kind=other")).isEmpty();
    assertThat(volumes("dangling=true")).isEqualTo("other\n");
    assertThat(volumes("dangling=false", "label=kind=test")).isEqualTo("demo_data\n");
    jstack
        .jstack("volumes", "ls", "--filter", "driver=local")
        .exits(64)
        .says("no filter driver")
        .says("label, name, dangling");
    jstack.jstack("volumes", "rm", "other").exits(0);
    jstack.jstack("volumes", "inspect", "demo_data").exits(0).prints("\"kind\" : \"test\"");

    jstack.jstack("down").exits(0);
    jstack.jstack("up", "-d").exits(0);
    inside("web", "wc -l < /data/runs").exits(0).prints("3");

    jstack.jstack("down", "-v").exits(0).says("demo_data  volume removed");
    assertThat(data("demo_data").getParent()).doesNotExist();
    jstack.jstack("down", "-v").exits(0).says("nothing to do");
  }

  @Test
  void twoContainersOfDifferentIdsShareAVolumeAndReadOnlyHolds() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: BUSYBOX, command: [/bin/sleep, "1000"], mounts: [data:/data]}
          b: {rootfs: BUSYBOX, command: [/bin/sleep, "1000"], mounts: [data:/there:ro]}
        volumes: {data: {}}
        """);
    jstack.jstack("up", "-d").exits(0);
    inside("a", "echo hello > /data/file && chown 7:8 /data/file").exits(0);
    inside("b", "cat /there/file; stat -c '%u:%g' /there/file")
        .exits(0)
        .prints("hello")
        .prints("7:8");
    assertThat(inside("b", "echo x > /there/file").err()).contains("Read-only file system");
  }

  @Test
  void anExternalVolumeHasToBeThereAndStays() throws Exception {
    String external =
        """
        name: demo
        services:
          a: {rootfs: BUSYBOX, command: [/bin/sleep, "1000"], mounts: [media:/media]}
        volumes: {media: {external: true}}
        """;
    jstack.manifest(external);
    jstack
        .jstack("up", "-d")
        .exits(1)
        .says("error: services.a.mounts[0]: no volume media")
        .says("jstack volumes create media");
    jstack.jstack("volumes", "create", "media").exits(0);
    jstack.jstack("up", "-d").exits(0);
    inside("a", "echo kept > /media/file").exits(0);
    jstack.jstack("down", "-v").exits(0);
    assertThat(data("media").resolve("file")).hasContent("kept");

    jstack.manifest(external.replace("external: true", "name: media"));
    jstack.jstack("up", "-d").exits(1).says("the volume media belongs to nobody");
    jstack.jstack("volumes", "rm", "media").exits(0);
    jstack.jstack("volumes", "rm", "media").exits(1).says("no volume media");
    jstack.jstack("volumes", "-q").exits(0);
  }

  @Test
  void whatCannotBeRemovedIsSaidWithWhatToDo() throws Exception {
    jstack.manifest(WRITES).jstack("up", "-d").exits(0);
    Path mounted = Files.createDirectory(data("demo_data").resolve("mounted"));
    Command.output("mount", "-t", "tmpfs", "none", mounted.toString());
    try {
      jstack
          .jstack("down", "-v")
          .exits(1)
          .says("error: cannot remove " + data("demo_data"))
          .says("cannot remove '" + mounted)
          .says("hint: unmount what is mounted in it (findmnt)");
      assertThat(volumes()).isEqualTo("demo_data\n");
    } finally {
      Command.output("umount", mounted.toString());
    }
    jstack.jstack("down", "-v").exits(0);
    assertThat(volumes()).isEmpty();
  }
}
