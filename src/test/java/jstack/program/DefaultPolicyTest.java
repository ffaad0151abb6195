package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jstack.linux.Architecture;
import jstack.linux.Capability;
import jstack.linux.SeccompAction;
import jstack.linux.SeccompPolicy;
import jstack.linux.SyscallTable;
import org.junit.jupiter.api.Test;

/** What the default filter's table must hold, whoever edits it. */
class DefaultPolicyTest {
  private static final long DEFAULTS = Capability.mask(Capability.DEFAULTS);

  /** What Docker lets through by default on x86-64 and jstack does not. */
  private static final Set<String> STRICTER =
      Set.of(
          "chroot",
          "epoll_ctl_old",
          "epoll_wait_old",
          "fanotify_mark",
          "listmount",
          "memfd_secret",
          "modify_ldt",
          "name_to_handle_at",
          "process_vm_readv",
          "process_vm_writev",
          "ptrace",
          "statmount",
          "vmsplice");

  private static Set<String> allowed(long capabilities) {
    Set<String> names = new TreeSet<>();
    for (SeccompPolicy.Rule rule : DefaultPolicy.of(capabilities).rules()) {
      if (rule.action().equals(SeccompAction.ALLOW)) {
        names.add(rule.call());
      }
    }
    return names;
  }

  @Test
  void everyCallOfTheKernelHasARuleAndNoRuleIsAboutAnythingElse() {
    Set<String> ruled = new HashSet<>();
    DefaultPolicy.of(-1).rules().forEach(rule -> ruled.add(rule.call()));
    Set<String> known = new HashSet<>(SyscallTable.of(Architecture.X86_64).names().values());
    known.addAll(SyscallTable.of(Architecture.AARCH64).names().values());
    assertThat(ruled).isEqualTo(known);
    assertThat(known).hasSizeGreaterThan(380);
  }

  @Test
  void nothingIsAllowedThatDockerRefuses() {
    Set<String> docker = new TreeSet<>(List.of(DOCKER.split("\\s+")));
    Set<String> more = new TreeSet<>(allowed(DEFAULTS));
    more.removeAll(docker);
    // Of Linux 6.18, newer than Docker's list: what the kernel calls itself for probes.
    assertThat(more).containsExactly("uprobe");
    Set<String> less = new TreeSet<>(docker);
    less.removeAll(allowed(DEFAULTS));
    assertThat(less).isEqualTo(new TreeSet<>(STRICTER));
  }

  @Test
  void aCapabilityOpensItsCallsAndNoOthers() {
    assertThat(opens(Capability.SYS_CHROOT)).containsExactly("chroot");
    assertThat(opens(Capability.SYS_TIME)).containsExactly("clock_settime", "settimeofday");
    assertThat(opens(Capability.SYS_MODULE))
        .containsExactly("delete_module", "finit_module", "init_module");
    assertThat(opens(Capability.SYS_PTRACE))
        .containsExactly(
            "kcmp",
            "pidfd_getfd",
            "process_madvise",
            "process_vm_readv",
            "process_vm_writev",
            "ptrace");
    assertThat(opens(Capability.SYS_RAWIO)).containsExactly("ioperm", "iopl");
    assertThat(opens(Capability.SYS_NICE))
        .containsExactly("get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node");
    assertThat(opens(Capability.DAC_READ_SEARCH))
        .containsExactly("name_to_handle_at", "open_by_handle_at");
    assertThat(opens(Capability.SYSLOG)).containsExactly("syslog");
    assertThat(opens(Capability.BPF)).containsExactly("bpf");
    assertThat(opens(Capability.PERFMON)).containsExactly("perf_event_open");
    assertThat(opens(Capability.SYS_BOOT)).containsExactly("reboot");
    assertThat(opens(Capability.SYS_PACCT)).containsExactly("acct");
    assertThat(opens(Capability.SYS_TTY_CONFIG)).containsExactly("vhangup");
    assertThat(opens(Capability.SYS_ADMIN))
        .contains("mount", "unshare", "setns", "clone3", "bpf", "perf_event_open", "syslog")
        .doesNotContain("ptrace", "chroot", "kexec_load", "io_uring_setup", "keyctl", "reboot");
    assertThat(opens(Capability.NET_ADMIN)).isEmpty();
    assertThat(opens(Capability.MKNOD)).isEmpty();
  }

  private static Set<String> opens(Capability capability) {
    Set<String> names = allowed(DEFAULTS | Capability.mask(List.of(capability)));
    names.removeAll(allowed(DEFAULTS));
    return names;
  }

  @Test
  void rawPacketsNeedTheirCapability() {
    long with = DEFAULTS | Capability.mask(List.of(Capability.NET_RAW));
    int packet = 17;
    assertThat(socket(DEFAULTS, packet)).isEqualTo(SeccompAction.REFUSE.value());
    assertThat(socket(with, packet)).isEqualTo(SeccompAction.ALLOW.value());
    int alg = 38;
    assertThat(socket(with, alg)).isEqualTo(SeccompAction.REFUSE.value());
  }

  private static int socket(long capabilities, int family) {
    int number = 41;
    return new BpfMachine(
            BpfCompiler.compile(
                DefaultPolicy.of(capabilities),
                Architecture.X86_64,
                SyscallTable.of(Architecture.X86_64)))
        .run(Architecture.X86_64.audit(), number, family);
  }

  @Test
  void aNewNamespaceIsRefusedHoweverItIsAskedFor() {
    BpfMachine machine =
        new BpfMachine(
            BpfCompiler.compile(
                DefaultPolicy.of(DEFAULTS),
                Architecture.X86_64,
                SyscallTable.of(Architecture.X86_64)));
    int audit = Architecture.X86_64.audit();
    for (long flag :
        new long[] {0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000}) {
      assertThat(machine.run(audit, 56, flag | 17)).isEqualTo(SeccompAction.REFUSE.value());
      assertThat(machine.run(audit, 56, flag | 17 | 1L << 40))
          .isEqualTo(SeccompAction.REFUSE.value());
    }
    assertThat(machine.run(audit, 56, 0x1200011)).isEqualTo(SeccompAction.ALLOW.value());
    assertThat(machine.run(audit, 272, 0)).isEqualTo(SeccompAction.REFUSE.value());
    assertThat(machine.run(audit, 435)).isEqualTo(SeccompAction.ABSENT.value());
    assertThat(machine.run(audit, 16, 0, 0x12300005412L)).isEqualTo(SeccompAction.REFUSE.value());
    assertThat(machine.run(audit, 16, 0, 0x5413)).isEqualTo(SeccompAction.ALLOW.value());
  }

  @Test
  void theTableHasAFamilyAboveEveryRule() {
    String text = SyscallTable.resource(DefaultPolicy.class, "seccomp.txt");
    List<String> lines = Arrays.asList(text.split("\n", -1));
    int first = 0;
    while (!lines.get(first).startsWith("## ")) {
      assertThat(lines.get(first)).matches("(#.*)?");
      first++;
    }
    assertThat(lines.stream().filter(line -> line.startsWith("## ")).count()).isEqualTo(8);
  }

  /** Docker's default profile for its default capabilities, on x86-64. */
  private static final String DOCKER =
      """
      accept accept4 access adjtimex alarm arch_prctl bind brk cachestat capget capset chdir
      chmod chown chroot clock_adjtime clock_getres clock_gettime clock_nanosleep clone close
      close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1
      epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd
      eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fallocate
      fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr
      flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex
      futex_requeue futex_wait futex_waitv futex_wake futimesat get_robust_list
      get_thread_area getcpu getcwd getdents getdents64 getegid geteuid getgid getgroups
      getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid
      getresuid getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid
      getxattr getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch
      io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit ioctl ioprio_get
      ioprio_set kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown
      lgetxattr link linkat listen listmount listxattr listxattrat llistxattr lremovexattr
      lseek lsetxattr lstat madvise map_shadow_stack membarrier memfd_create memfd_secret
      mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap modify_ldt mprotect
      mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink mremap mseal
      msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep
      newfstatat open openat openat2 pause personality pidfd_open pidfd_send_signal pipe pipe2
      pkey_alloc pkey_free pkey_mprotect poll ppoll prctl pread64 preadv preadv2 prlimit64
      process_mrelease process_vm_readv process_vm_writev pselect6 ptrace pwrite64 pwritev
      pwritev2 read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg
      remap_file_pages removexattr removexattrat rename renameat renameat2 restart_syscall
      rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
      rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max
      sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
      sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler
      sched_yield seccomp select semctl semget semop semtimedop sendfile sendmmsg sendmsg
      sendto set_robust_list set_thread_area set_tid_address setfsgid setfsuid setgid
      setgroups setitimer setpgid setpriority setregid setresgid setresuid setreuid setrlimit
      setsid setsockopt setuid setxattr setxattrat shmat shmctl shmdt shmget shutdown
      sigaltstack signalfd signalfd4 socket socketpair splice stat statfs statmount statx
      symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create
      timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime
      timerfd_settime times tkill truncate umask uname unlink unlinkat uretprobe utime
      utimensat utimes vfork vmsplice wait4 waitid write writev
      """
          .strip();
}
