package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import jstack.manifest.IdMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdBlocksTest {
  private static final ContainerId WEB = ContainerId.of("demo", "web", 1);

  @TempDir private Path folder;
  private StateLayout layout = new StateLayout(Path.of("/r"), Path.of("/h"));
  private IdBlocks blocks = new IdBlocks(layout);

  @BeforeEach
  void below() {
    layout = new StateLayout(folder.resolve("run"), folder.resolve("home"));
    blocks = new IdBlocks(layout);
  }

  private static long first(IdMap map) {
    assertThat(map.gids()).isEqualTo(map.uids()).hasSize(1);
    assertThat(map.uids().get(0).inside()).isZero();
    assertThat(map.uids().get(0).count()).isEqualTo(IdMap.BLOCK);
    return map.uids().get(0).outside();
  }

  /** Two whose own place is the same; with some hundred names there are always such. */
  private List<ContainerId> twins() throws IOException {
    Map<Long, ContainerId> seen = new HashMap<>();
    for (int i = 1; i < 5000; i++) {
      ContainerId id = ContainerId.of("demo", "s", i);
      ContainerId twin = seen.put(first(blocks.look(id)), id);
      if (twin != null) {
        return List.of(twin, id);
      }
    }
    throw new AssertionError("no two of 5000 containers have the same place");
  }

  @Test
  void twoContainersNeverHaveTheSameBlock() throws IOException {
    Set<Long> all = new HashSet<>();
    for (int i = 1; i <= 400; i++) {
      all.add(first(blocks.claim(ContainerId.of("demo", "s", i))));
    }
    assertThat(all).hasSize(400);
    assertThat(all)
        .allSatisfy(
            first -> {
              assertThat(first % IdMap.BLOCK).isZero();
              assertThat(first).isGreaterThanOrEqualTo(IdMap.POOL_FIRST);
              assertThat(first + IdMap.BLOCK - 1).isLessThanOrEqualTo(IdMap.POOL_LAST);
            });
  }

  @Test
  void aClaimIsForGood() throws IOException {
    IdMap claimed = blocks.claim(WEB);
    assertThat(blocks.claim(WEB)).isEqualTo(claimed);
    assertThat(blocks.look(WEB)).isEqualTo(claimed);
    assertThat(new IdBlocks(layout).claim(WEB)).isEqualTo(claimed);
  }

  @Test
  void aLookWritesNothingAndSeesWhatAClaimWouldGive() throws IOException {
    IdMap seen = blocks.look(WEB);
    assertThat(Files.exists(layout.idBlocks())).isFalse();
    assertThat(blocks.claim(WEB)).isEqualTo(seen);
  }

  @Test
  void whoseOwnPlaceIsTakenGetsTheNextFreeBlock() throws IOException {
    List<ContainerId> twins = twins();
    long own = first(blocks.claim(twins.get(0)));
    long last = 0x2800_0000L + 0x46ffL * IdMap.BLOCK;
    long next = own == last ? 0x2800_0000L : own + IdMap.BLOCK;
    assertThat(first(blocks.look(twins.get(1)))).isEqualTo(next);
    assertThat(first(blocks.claim(twins.get(1)))).isEqualTo(next);
  }

  @Test
  void aBlockStaysWhenItsOwnersFirstPlaceBecomesFree() throws IOException {
    List<ContainerId> twins = twins();
    blocks.claim(twins.get(0));
    IdMap moved = blocks.claim(twins.get(1));
    blocks.release(twins.get(0));
    assertThat(blocks.claim(twins.get(1))).isEqualTo(moved);
  }

  @Test
  void aReleaseGivesBackTheOwnBlockAndNoOther() throws IOException {
    List<ContainerId> twins = twins();
    IdMap first = blocks.claim(twins.get(0));
    blocks.release(twins.get(1));
    assertThat(blocks.claim(twins.get(0))).isEqualTo(first);
    blocks.release(twins.get(0));
    blocks.release(twins.get(0));
    assertThat(blocks.claim(twins.get(1))).isEqualTo(first);
  }

  @Test
  void aProjectGivesBackItsBlocksAndNobodyElses() throws IOException {
    blocks.releaseAll("demo");
    blocks.claim(WEB);
    blocks.claim(ContainerId.of("demo", "db", 1));
    blocks.claim(ContainerId.of("demo-2", "web", 1));
    blocks.releaseAll("demo");
    try (var left = Files.list(layout.idBlocks())) {
      assertThat(left.map(IdBlocksTest::target)).containsExactly("demo-2/web-1");
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void twoWhoClaimAtOnceNeverGetOneBlock() throws Exception {
    List<ContainerId> twins = twins();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      for (int round = 0; round < 1000; round++) {
        CyclicBarrier barrier = new CyclicBarrier(2);
        List<Future<IdMap>> claims = new ArrayList<>();
        for (ContainerId id : twins) {
          Callable<IdMap> claim =
              () -> {
                barrier.await(10, TimeUnit.SECONDS);
                return blocks.claim(id);
              };
          claims.add(threads.submit(claim));
        }
        IdMap one = claims.get(0).get(10, TimeUnit.SECONDS);
        IdMap other = claims.get(1).get(10, TimeUnit.SECONDS);
        assertThat(one).as("round " + round).isNotEqualTo(other);
        assertThat(blocks.look(twins.get(0))).isEqualTo(one);
        assertThat(blocks.look(twins.get(1))).isEqualTo(other);
        blocks.release(twins.get(0));
        blocks.release(twins.get(1));
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
