/*
 * The container's view of the truth: without arguments, JSON of what a process sees of itself; with
 * a word, a small deed for the tests. Static, so that a rootfs need hold nothing else.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void text(const char *value) {
  putchar('"');
  for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
    if (*c == '"' || *c == '\\') {
      printf("\\%c", *c);
    } else if (*c < 0x20) {
      printf("\\u%04x", *c);
    } else {
      putchar(*c);
    }
  }
  putchar('"');
}

static void pair(const char *key, const char *value) {
  text(key);
  printf(": ");
  text(value);
  printf(",\n");
}

static void lines_of(const char *key, const char *path) {
  char line[4096];
  FILE *file = fopen(path, "re");
  text(key);
  printf(": [");
  for (int first = 1; file && fgets(line, sizeof(line), file); first = 0) {
    line[strcspn(line, "\n")] = '\0';
    if (!first) printf(", ");
    text(line);
  }
  printf("],\n");
  if (file) fclose(file);
}

static void namespaces(void) {
  static const char *const NAMES[] = {"mnt", "uts", "ipc", "pid", "net", "user", "cgroup", "time"};
  printf("\"namespaces\": {");
  for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
    char path[64];
    char target[64];
    snprintf(path, sizeof(path), "/proc/self/ns/%s", NAMES[i]);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    target[length > 0 ? length : 0] = '\0';
    printf("%s\"%s\": ", i ? ", " : "", NAMES[i]);
    text(target);
  }
  printf("},\n");
}

static void descriptors(void) {
  int first = 1;
  DIR *entries = opendir("/proc/self/fd");
  printf("\"fds\": {");
  for (struct dirent *entry; entries && (entry = readdir(entries));) {
    char path[300];
    char target[512];
    if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(entries)) continue;
    snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    target[length > 0 ? length : 0] = '\0';
    printf("%s\"%s\": ", first ? "" : ", ", entry->d_name);
    text(target);
    first = 0;
  }
  printf("},\n");
  if (entries) closedir(entries);
}

static int loopback_is_up(void) {
  struct ifreq request = {.ifr_name = "lo"};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int known = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0;
  if (fd >= 0) close(fd);
  return known && (request.ifr_flags & IFF_UP);
}

static int show(void) {
  struct utsname names;
  char directory[4096];
  mode_t mask = umask(0);
  struct rlimit core;
  uname(&names);
  getrlimit(RLIMIT_CORE, &core);
  printf("{\n");
  pair("hostname", names.nodename);
  pair("domainname", names.domainname);
  pair("cwd", getcwd(directory, sizeof(directory)) ? directory : "");
  namespaces();
  descriptors();
  lines_of("status", "/proc/self/status");
  lines_of("mountinfo", "/proc/self/mountinfo");
  lines_of("cgroup", "/proc/self/cgroup");
  lines_of("passwd", "/etc/passwd");
  printf("\"environment\": [");
  for (char **variable = environ; *variable; variable++) {
    if (variable != environ) printf(", ");
    text(*variable);
  }
  printf("],\n");
  printf("\"pid\": %d, \"ppid\": %d, \"sid\": %d, \"uid\": %u, \"gid\": %u, \"umask\": \"%03o\",\n",
         getpid(), getppid(), getsid(0), getuid(), getgid(), mask);
  printf("\"core\": %llu, \"loopback_up\": %s\n}\n", (unsigned long long)core.rlim_cur,
         loopback_is_up() ? "true" : "false");
  return 0;
}

static const char *error_name(void) { return strerrorname_np(errno); }

static int write_file(const char *path, const char *content) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, content, strlen(content)) < 0) {
    puts(error_name());
    return 1;
  }
  puts("ok");
  return close(fd);
}

static int copy_file(const char *path) {
  char bytes[4096];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    puts(error_name());
    return 1;
  }
  for (ssize_t count; (count = read(fd, bytes, sizeof(bytes))) > 0;)
    fwrite(bytes, 1, (size_t)count, stdout);
  return close(fd);
}

/* Bytes of memory, every page touched; waits afterwards so that somebody can look. */
static int eat(size_t bytes) {
  for (size_t eaten = 0; eaten < bytes; eaten += 1 << 20) {
    char *block = malloc(1 << 20);
    if (!block) return 1;
    memset(block, 1, 1 << 20);
  }
  puts("ate");
  return 0;
}

/* Milliseconds of user time. */
static int burn(long ms) {
  struct timespec used;
  do {
    for (volatile int i = 0; i < 100000; i++) {
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  } while (used.tv_sec * 1000 + used.tv_nsec / 1000000 < ms);
  return 0;
}

/* A fork bomb that does not burn out: a process that is refused a child asks again, for ever. */
static _Noreturn void bomb(void) {
  for (;;) fork();
}

/* So many children at once. */
static int crowd(int count) {
  int gate[2];
  if (pipe(gate) < 0) return 1;
  for (int i = 0; i < count; i++) {
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
      char end;
      close(gate[1]);
      _exit(read(gate[0], &end, 1) == 0 ? 0 : 1);
    }
  }
  close(gate[1]);
  while (wait(NULL) > 0) {
  }
  return 0;
}

/* Bytes past the page cache. */
static int write_through(const char *path, long long bytes) {
  static char block[1 << 20] __attribute__((aligned(4096)));
  int fd = open(path, O_WRONLY | O_CREAT | O_DIRECT | O_CLOEXEC, 0644);
  for (long long written = 0; fd >= 0 && written < bytes; written += (long long)sizeof(block)) {
    if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block)) return 1;
  }
  return fd < 0 ? 1 : close(fd);
}

static int orphans(int count) {
  for (int i = 0; i < count; i++) {
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
      if (fork() == 0) _exit(0);
      _exit(0);
    }
    waitpid(child, NULL, 0);
  }
  return 0;
}

/* How many processes there are in /proc, zombies apart. */
static int processes(void) {
  int living = 0;
  int zombies = 0;
  DIR *entries = opendir("/proc");
  for (struct dirent *entry; entries && (entry = readdir(entries));) {
    char path[300];
    char stat[512];
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
    FILE *file = fopen(path, "re");
    if (!file) continue;
    char *state = fgets(stat, sizeof(stat), file) ? strrchr(stat, ')') : NULL;
    if (state && state[2] == 'Z') {
      zombies++;
    } else {
      living++;
    }
    fclose(file);
  }
  printf("%d living, %d zombies\n", living, zombies);
  return 0;
}

/* Names the signals that come; TERM ends it with 0. */
static int name_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  puts("ready");
  for (;;) {
    fflush(stdout);
    int signal = sigwaitinfo(&all, NULL);
    if (signal < 0) continue;
    printf("%s\n", sigabbrev_np(signal));
    if (signal == SIGTERM) return 0;
  }
}

static int flood(long long bytes) {
  char line[101];
  long long number = 0;
  static char buffer[1 << 16];
  setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
  for (long long written = 0; written < bytes; written += 100) {
    snprintf(line, sizeof(line), "%099lld\n", number++);
    if (fwrite(line, 1, 100, stdout) != 100) return 1;
  }
  return fflush(stdout);
}

static int terminal(void) {
  struct winsize size = {0};
  int is = isatty(0) && isatty(1) && isatty(2);
  ioctl(0, TIOCGWINSZ, &size);
  printf("%s %dx%d\n", is ? "terminal" : "none", size.ws_col, size.ws_row);
  return 0;
}

static int both(void) {
  fputs("to stdout\n", stdout);
  fflush(stdout);
  fputs("to stderr\n", stderr);
  return 0;
}

static int copy_stdin(void) {
  char bytes[65536];
  for (ssize_t count; (count = read(0, bytes, sizeof(bytes))) > 0;)
    if (write(1, bytes, (size_t)count) != count) return 1;
  return 0;
}

static int count_forever(void) {
  struct timespec pause = {.tv_nsec = 10000000};
  for (unsigned long i = 1; i > 0; i++) {
    printf("%lu\n", i);
    fflush(stdout);
    nanosleep(&pause, NULL);
  }
  return 0;
}

/*
 * Works for ever, and counts what it has done in the first eight bytes of a file, where anybody can
 * see it at any time: without another file it computes, with one it writes it past the page cache.
 */
static int work(const char *counter, const char *file) {
  enum { BLOCK = 64 * 1024, BLOCKS = 256 };
  int fd = open(counter, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0 || ftruncate(fd, sizeof(uint64_t)) < 0) return 1;
  volatile uint64_t *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  void *block = aligned_alloc(4096, BLOCK);
  if (done == MAP_FAILED || !block) return 1;
  memset(block, 1, BLOCK);
  int out = *file ? open(file, O_WRONLY | O_CREAT | O_DIRECT | O_CLOEXEC, 0644) : -1;
  if (*file && out < 0) return 1;
  for (uint64_t round = 0;; round++) {
    if (out < 0) {
      for (volatile int i = 0; i < 1000; i++) {
      }
    } else if (pwrite(out, block, BLOCK, (off_t)(round % BLOCKS * BLOCK)) != BLOCK) {
      return 1;
    }
    *done = *done + 1;
  }
}

/* Sends every datagram back to where it came from. */
static int echo_datagrams(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  char bytes[2048];
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) return 1;
  for (;;) {
    struct sockaddr_in from;
    socklen_t length = sizeof(from);
    ssize_t count = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length);
    if (count < 0) return 1;
    sendto(fd, bytes, (size_t)count, 0, (struct sockaddr *)&from, length);
  }
}

/* Sends one and prints the answer; 1 when there is none within a second. */
static int ask_by_datagram(const char *address, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  struct timeval second = {.tv_sec = 1};
  char bytes[2048];
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1) return 64;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
  if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 || send(fd, "ask", 3, 0) < 0) return 1;
  ssize_t count = recv(fd, bytes, sizeof(bytes), 0);
  if (count < 0) return 1;
  printf("%.*s\n", (int)count, bytes);
  return 0;
}

/* Which keyring a key of the session would go to; see keyctl(2). */
static int session_keyring(void) {
  printf("%ld\n", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
  return 0;
}

/* By the numbers of another machine, which a filter of ours must not mistake for its own. */
static void call_as_i386(void) {
#ifdef __x86_64__
  long result = 20; /* getpid there */
  __asm__ volatile("int $0x80" : "+a"(result)::"memory");
  printf("i386 %s\n", result > 0 ? "ok" : "refused");
#endif
}

/* A system call and its arguments as NUMBER[:ARGUMENT...]; what is not given is -1. */
static void call(const char *spec) {
  long word[7] = {-1, -1, -1, -1, -1, -1, -1};
  char *next = (char *)(uintptr_t)spec;
  for (int i = 0; i < 7 && *next; i++) {
    word[i] = (long)strtoull(next, &next, 0);
    next += *next == ':';
  }
  errno = 0;
  long result = syscall(word[0], word[1], word[2], word[3], word[4], word[5], word[6]);
  printf("%s %s\n", spec, result < 0 ? error_name() : "ok");
}

/* Each in a process of its own, which may not live to tell. */
static int call_each(int count, char **specs) {
  for (int i = 0; i < count; i++) {
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      if (strcmp(specs[i], "i386") == 0) {
        call_as_i386();
      } else {
        call(specs[i]);
      }
      fflush(stdout);
      _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) return 1;
    if (WIFSIGNALED(status)) printf("%s SIG%s\n", specs[i], sigabbrev_np(WTERMSIG(status)));
  }
  return 0;
}

/* Processor time in nanoseconds of a system call that does nothing, the best of ten rounds. */
static int time_getpid(void) {
  enum { CALLS = 200000 };
  double best = 1e9;
  for (int round = 0; round < 10; round++) {
    struct timespec from;
    struct timespec to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (int i = 0; i < CALLS; i++) syscall(SYS_getpid);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    if (ns / CALLS < best) best = ns / CALLS;
  }
  printf("%.2f\n", best);
  return 0;
}

static int uptime(void) {
  struct timespec boot;
  clock_gettime(CLOCK_BOOTTIME, &boot);
  printf("%lld\n", (long long)boot.tv_sec);
  return 0;
}

/* A program that allows every device of a cgroup, 1, or none, 0. */
static int attach_devices(const char *directory, int allowed) {
  struct bpf_insn program[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = allowed},
                               {.code = BPF_JMP | BPF_EXIT}};
  union bpf_attr load = {0};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = (uintptr_t)program;
  load.insn_cnt = 2;
  load.license = (uintptr_t) "GPL";
  union bpf_attr attach = {0};
  attach.target_fd = (uint32_t)open(directory, O_RDONLY | O_CLOEXEC);
  attach.attach_bpf_fd = (uint32_t)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  return syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)) < 0;
}

/* Takes all of them away. */
static int detach_devices(const char *directory) {
  uint32_t ids[64];
  int cgroup = open(directory, O_RDONLY | O_CLOEXEC);
  union bpf_attr query = {0};
  query.query.target_fd = (uint32_t)cgroup;
  query.query.attach_type = BPF_CGROUP_DEVICE;
  query.query.prog_ids = (uintptr_t)ids;
  query.query.prog_cnt = 64;
  if (syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)) < 0) return 1;
  for (uint32_t i = 0; i < query.query.prog_cnt; i++) {
    union bpf_attr by_id = {.prog_id = ids[i]};
    union bpf_attr detach = {0};
    detach.target_fd = (uint32_t)cgroup;
    detach.attach_bpf_fd = (uint32_t)syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &by_id, sizeof(by_id));
    detach.attach_type = BPF_CGROUP_DEVICE;
    if (syscall(SYS_bpf, BPF_PROG_DETACH, &detach, sizeof(detach)) < 0) return 1;
  }
  return query.query.prog_cnt == 0;
}

int main(int argc, char **argv) {
  const char *word = argc > 1 ? argv[1] : "show";
  const char *first = argc > 2 ? argv[2] : "";
  const char *second = argc > 3 ? argv[3] : "";
  if (strcmp(word, "show") == 0) return show();
  if (strcmp(word, "sleep") == 0) {
    if (*first) return (int)sleep((unsigned)atoi(first));
    for (;;) pause();
  }
  if (strcmp(word, "exit") == 0) return atoi(first);
  if (strcmp(word, "die") == 0) return raise(atoi(first));
  if (strcmp(word, "echo") == 0) {
    for (int i = 2; i < argc; i++) printf("%s%s", argv[i], i + 1 < argc ? " " : "\n");
    return 0;
  }
  if (strcmp(word, "write") == 0) return write_file(first, second);
  if (strcmp(word, "cat") == 0) return *first ? copy_file(first) : copy_stdin();
  if (strcmp(word, "eat") == 0) return eat((size_t)atoll(first));
  if (strcmp(word, "work") == 0) return work(first, second);
  if (strcmp(word, "burn") == 0) return burn(atol(first));
  if (strcmp(word, "bomb") == 0) bomb();
  if (strcmp(word, "crowd") == 0) return crowd(atoi(first));
  if (strcmp(word, "write-through") == 0) return write_through(first, atoll(second));
  if (strcmp(word, "orphans") == 0) return orphans(atoi(first)) || processes();
  if (strcmp(word, "processes") == 0) return processes();
  if (strcmp(word, "signals") == 0) return name_signals();
  if (strcmp(word, "flood") == 0) return flood(atoll(first));
  if (strcmp(word, "terminal") == 0) return terminal();
  if (strcmp(word, "both") == 0) return both();
  if (strcmp(word, "udp-echo") == 0) return echo_datagrams(atoi(first));
  if (strcmp(word, "udp-ask") == 0) return ask_by_datagram(first, atoi(second));
  if (strcmp(word, "calls") == 0) return call_each(argc - 2, argv + 2);
  if (strcmp(word, "time-getpid") == 0) return time_getpid();
  if (strcmp(word, "uptime") == 0) return uptime();
  if (strcmp(word, "session-keyring") == 0) return session_keyring();
  if (strcmp(word, "attach-devices") == 0) return attach_devices(first, atoi(second));
  if (strcmp(word, "detach-devices") == 0) return detach_devices(first);
  if (strcmp(word, "count") == 0) return count_forever();
  if (strcmp(word, "kill") == 0) {
    int failed = kill(atoi(first), SIGKILL);
    puts(failed ? error_name() : "ok");
    return failed ? 1 : 0;
  }
  fprintf(stderr, "probe: no deed %s\n", word);
  return 64;
}
