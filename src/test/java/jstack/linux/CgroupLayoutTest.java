package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CgroupLayoutTest {
  private static final String TREE = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  private static final String UNIFIED =
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

  private static String v1(String name, String options) {
    return "35 31 0:32 / /sys/fs/cgroup/" + name + " rw - cgroup cgroup " + options + "\n";
  }

  @Test
  void theModeIsWhereTheLimitsAre() {
    assertThat(CgroupLayout.parse("").mode()).isEqualTo(CgroupLayout.Mode.NONE);
    assertThat(CgroupLayout.parse(TREE).mode()).isEqualTo(CgroupLayout.Mode.V2);
    String memory = v1("memory", "rw,memory");
    assertThat(CgroupLayout.parse(memory).mode()).isEqualTo(CgroupLayout.Mode.V1);
    assertThat(CgroupLayout.parse(memory + UNIFIED).mode()).isEqualTo(CgroupLayout.Mode.HYBRID);
  }

  /** A VPN mounts net_cls (Mullvad, below its own folder), elogind a hierarchy with a name only. */
  @Test
  void aHierarchyWithoutLimitsBesideTheTreeChangesNothing() {
    String others =
        v1("net_cls", "rw,net_cls")
            + v1("elogind", "rw,xattr,release_agent=/lib/elogind/agent,name=elogind");
    assertThat(CgroupLayout.parse(TREE + others)).isEqualTo(CgroupLayout.parse(TREE));
  }

  @Test
  void onlyControllersAreControllers() {
    String both = v1("cpu,cpuacct", "rw,noprefix,clone_children,cpu,cpuacct,cpuset_v2_mode");
    assertThat(CgroupLayout.parse(both).controllers()).containsOnlyKeys("cpu", "cpuacct");
    assertThat(CgroupLayout.parse(both).hierarchy("cpu")).hasValue("/sys/fs/cgroup/cpu,cpuacct");
  }

  @Test
  void belowAUnitOfSystemdOnlyWhatItSharesOutIsOffered() {
    CgroupLayout whole =
        CgroupLayout.parse(TREE).offering("cpuset cpu io memory hugetlb pids misc");
    CgroupLayout within = whole.within("system.slice/jstack.scope");
    assertThat(whole.has("hugetlb")).isTrue();
    assertThat(within.has("hugetlb")).isFalse();
    assertThat(within.offered()).containsExactlyInAnyOrder("cpuset", "cpu", "io", "memory", "pids");
  }
}
