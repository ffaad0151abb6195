package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KernelMountsTest {
  private static final String HERE =
      """
      27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      22 27 0:21 / /proc rw,relatime - proc proc rw
      23 27 0:22 / /sys rw,relatime shared:7 - sysfs sysfs rw
      31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
      32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
      24 27 0:6 / /dev rw - devtmpfs devtmpfs rw,size=1k
      25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw
      40 27 0:21 / /srv/jail/proc rw - proc proc rw
      """;

  private static void isTheSame(String other) {
    assertThat(KernelMounts.of(other)).isEqualTo(KernelMounts.of(HERE));
  }

  private static void isAnother(String other) {
    assertThat(KernelMounts.of(other)).isNotEqualTo(KernelMounts.of(HERE));
  }

  @Test
  void areThoseOfItsOwnFileSystemsWithWhatIsMountedOnThem() {
    assertThat(KernelMounts.of(HERE).lines())
        .containsExactly(
            "/proc - proc proc rw",
            "/sys - sysfs sysfs rw",
            "/sys/fs/cgroup - tmpfs tmpfs rw,mode=755",
            "/sys/fs/cgroup/cpu - cgroup cgroup rw,cpu",
            "/dev - devtmpfs devtmpfs rw,size=1k",
            "/dev/shm - tmpfs tmpfs rw",
            "/srv/jail/proc - proc proc rw");
  }

  @Test
  void areTheSameWhileOthersComeAndGo() {
    isTheSame(HERE + "50 27 0:3 net:[4026532] /run/netns/a rw - nsfs nsfs rw\n");
    isTheSame(HERE + "51 27 0:50 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw\n");
    isTheSame(HERE + "52 27 0:51 / /developer rw - tmpfs tmpfs rw\n");
    isTheSame(HERE.replace("shared:7", "master:7").replace("22 27", "122 127"));
    isTheSame(HERE + "what is no line of a mount\n\n");
  }

  @Test
  void areOthersWhenOneOfThemComesGoesOrIsHidden() {
    isAnother(HERE + "53 27 0:21 / /mnt/p rw - proc proc rw\n");
    isAnother(HERE + "54 22 0:52 / /proc/sys rw - tmpfs tmpfs rw\n");
    isAnother(HERE + "55 40 0:53 / /srv/jail/proc rw - tmpfs tmpfs rw\n");
    isAnother(HERE.replaceAll("32 31 .*\n", ""));
    isAnother(HERE.replace("rw,cpu\n", "rw,cpu,cpuacct\n"));
    isAnother(HERE.replace("/srv/jail/proc", "/srv/cage/proc"));
  }
}
