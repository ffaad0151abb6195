package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.state.ContainerId;
import jstack.state.IdBlocks;
import jstack.state.StateLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayersTest {
  @TempDir Path directory;

  @Test
  void idsStayTakenForAsLongAsSomebodysFilesCarryThem() throws Exception {
    StateLayout layout = new StateLayout(directory.resolve("run"), directory.resolve("home"));
    ContainerId owner = ContainerId.of("demo", "owner", 1);
    long first = new IdBlocks(layout).claim(owner).uids().get(0).outside();
    Path claim = layout.idBlocks().resolve(Long.toString(first));
    ContainerId sharer = ContainerId.of("demo", "sharer", 1);
    Path layer = Files.createDirectories(layout.layer(sharer, "abc-" + first));

    new Layers(layout).releaseUnlessKept(owner);
    assertThat(Files.isSymbolicLink(claim)).as("while the sharer's layer is kept").isTrue();

    Files.delete(layer);
    new Layers(layout).releaseUnlessKept(owner);
    assertThat(Files.isSymbolicLink(claim)).as("afterwards").isFalse();
  }
}
