/*
 * Namespaces that are not simply born with the container: shared ones, the user's, the clock's; see
 * namespaces(7).
 *
 * The user namespace is made, or found, before the container exists, and entered last: everything
 * that needs the machine's root happens before.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "interpret.h"
#include "util.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* In the order in which they are joined: the mount namespace takes the paths of the others away. */
static const struct {
  uint64_t flag;
  const char *name;
} KINDS[] = {
    {CLONE_NEWUSER, "user"}, {CLONE_NEWPID, "pid"}, {CLONE_NEWNET, "net"},
    {CLONE_NEWUTS, "uts"},   {CLONE_NEWIPC, "ipc"}, {CLONE_NEWCGROUP, "cgroup"},
    {CLONE_NEWTIME, "time"}, {CLONE_NEWNS, "mnt"},
};

bool id_outside(const struct id_map *map, uint64_t inside, uint32_t *outside) {
  for (size_t i = 0; i < map->count; i++) {
    const struct id_range *range = &map->ranges[i];
    if (inside >= range->inside && inside - range->inside < range->count) {
      *outside = (uint32_t)(range->outside + (inside - range->inside));
      return true;
    }
  }
  return false;
}

int op_unshare(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  if (unshare((int)number(step, 0)) < 0) return failure_set(why, "unshare(0x%lx)", number(step, 0));
  return 0;
}

static int write_map(pid_t pid, const char *file, const char *ranges, struct failure *why) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
  cleanup_free char *text = strdup(ranges);
  if (!text) return failure_set(why, "strdup()");
  for (char *comma = text; (comma = strchr(comma, ','));) *comma = '\n';
  cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || RETRY(write(fd, text, strlen(text))) < 0)
    return failure_set(why, "write(\"%s\", \"%s\")", file, ranges);
  return 0;
}

static void parse_map(const char *text, struct id_map *map) {
  map->count = 0;
  while (map->count < COUNT(map->ranges)) {
    char *end;
    unsigned long numbers[3];
    for (size_t i = 0; i < COUNT(numbers); i++, text = end) {
      text += strspn(text, " \n,");
      numbers[i] = strtoul(text, &end, 10);
      if (end == text) return;
    }
    map->ranges[map->count++] = (struct id_range){.inside = (uint32_t)numbers[0],
                                                  .outside = (uint32_t)numbers[1],
                                                  .count = (uint32_t)numbers[2]};
  }
}

static int read_map(pid_t pid, const char *file, struct id_map *map, struct failure *why) {
  char path[64];
  char text[MAX_ID_RANGES * 33 + 1]; /* a line is three numbers of ten digits */
  snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
  cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failure_set(why, "open(\"%s\")", path);
  size_t length = 0;
  ssize_t count = 1;
  while (count > 0) { /* a read gives a page of them at most */
    count = RETRY(read(fd, text + length, sizeof(text) - 1 - length));
    if (count < 0) return failure_set(why, "read(\"%s\")", path);
    length += (size_t)count;
  }
  text[length] = '\0';
  parse_map(text, map);
  return 0;
}

/* What a child does in a user namespace until we have looked at it, or are gone. */
static int stay(void *hold) {
  const int *ends = hold;
  char byte;
  close(ends[1]);
  while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {
  }
  return 0;
}

/* One in a new user namespace. Its memory is ours, which need not be copied for so little. */
static pid_t first_visitor(int hold[2], char *stack, size_t size) {
  return clone(stay, stack + size, CLONE_VM | CLONE_NEWUSER | SIGCHLD, hold);
}

/* One in a namespace that others may be in; who they cannot look into, see main.c. */
static pid_t visitor(int user_fd, int hold[2]) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  int error = setns(user_fd, CLONE_NEWUSER) < 0 ? errno : 0;
  if (write(hold[0], &error, sizeof(error)) < 0 || error) _exit(1);
  _exit(stay(hold));
}

/* Keeps the namespace, and learns which ids of the machine are its own; takes the descriptor. */
static int keep_user(struct context *context, int namespace, const struct step *maps,
                     struct failure *why) {
  cleanup_fd int user_fd = namespace;
  int hold[2];
  int error = 0;
  char path[64];
  _Alignas(16) char stack[8192];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, hold) < 0)
    return failure_set(why, "socketpair()");
  pid_t pid = maps ? first_visitor(hold, stack, sizeof(stack)) : visitor(user_fd, hold);
  int cloned = errno;
  close(hold[0]);
  cleanup_fd int ours = hold[1];
  if (pid < 0) return failure_because(why, cloned, "clone(CLONE_NEWUSER)");
  int result = 0;
  if (maps) {
    if (write_map(pid, "uid_map", maps->argv[0], why) < 0 ||
        write_map(pid, "gid_map", maps->argv[1], why) < 0)
      result = -1;
    parse_map(maps->argv[0], &context->uids);
    parse_map(maps->argv[1], &context->gids);
    snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
    if (result == 0) user_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (result == 0 && user_fd < 0) result = failure_set(why, "open(\"%s\")", path);
  } else if (RETRY(read(ours, &error, sizeof(error))) != sizeof(error) || error) {
    result = failure_because(why, error ? error : ESRCH, "setns(user namespace)");
  } else if (read_map(pid, "uid_map", &context->uids, why) < 0 ||
             read_map(pid, "gid_map", &context->gids, why) < 0) {
    result = -1;
  }
  close_fd(&ours);
  ours = -1;
  RETRY(waitpid(pid, NULL, 0));
  if (result == 0) context->user_fd = steal_fd(&user_fd);
  return result;
}

int op_new_user(const struct step *step, struct context *context, struct failure *why) {
  return keep_user(context, -1, step, why);
}

static bool is_mine(int fd, const char *name) {
  char path[64];
  struct stat theirs;
  struct stat mine;
  snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
  return fstat(fd, &theirs) == 0 && stat(path, &mine) == 0 && theirs.st_dev == mine.st_dev &&
         theirs.st_ino == mine.st_ino;
}

static int open_namespace(const char *path, uint64_t flag, const char *name, struct failure *why) {
  /* A fifo or a device instead of a namespace must neither block nor be touched. */
  cleanup_fd int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return failure_set(why, "open(\"%s\")", path);
  if (ioctl(fd, NS_GET_NSTYPE) != (int)flag)
    return failure_because(why, EINVAL, "\"%s\" is no %s namespace", path, name);
  return steal_fd(&fd);
}

/* Takes the descriptor. */
static int enter(struct context *context, int namespace, uint64_t flag, const char *name,
                 struct failure *why) {
  cleanup_fd int fd = namespace;
  if (flag == CLONE_NEWUSER)
    return is_mine(fd, name) ? 0 : keep_user(context, steal_fd(&fd), NULL, why);
  if (setns(fd, (int)flag) < 0) return failure_set(why, "setns(%s)", name);
  context->bears_elsewhere |= flag == CLONE_NEWPID;
  return 0;
}

int op_join_namespace(const struct step *step, struct context *context, struct failure *why) {
  uint64_t flag = number(step, 1);
  for (size_t i = 0; i < COUNT(KINDS); i++) {
    if (KINDS[i].flag != flag) continue;
    int fd = open_namespace(step->argv[0], flag, KINDS[i].name, why);
    return fd < 0 ? -1 : enter(context, fd, flag, KINDS[i].name, why);
  }
  return failure_because(why, EINVAL, "setns(0x%lx)", flag);
}

/* The first process of another container, from its status. */
static pid_t first_process(const char *directory, unsigned long long *start, struct failure *why) {
  char path[4200];
  char line[128];
  int pid = 0;
  *start = 0;
  snprintf(path, sizeof(path), "%s/status", directory);
  FILE *status = fopen(path, "re");
  if (!status) return failure_set(why, "open(\"%s\")", path);
  while (fgets(line, sizeof(line), status)) {
    if (sscanf(line, "pid=%d", &pid) != 1) sscanf(line, "start=%llu", start);
  }
  fclose(status);
  return pid;
}

int op_join_container(const struct step *step, struct context *context, struct failure *why) {
  uint64_t flags = number(step, 1);
  unsigned long long start;
  int fds[COUNT(KINDS)];
  int result = 0;
  pid_t pid = first_process(step->argv[0], &start, why);
  if (pid < 0) return -1;
  for (size_t i = 0; i < COUNT(KINDS); i++) {
    char path[64];
    fds[i] = -1;
    if (!(flags & KINDS[i].flag) || result < 0 || pid == 0) continue;
    /* By the host's /proc: a process of a new pid namespace cannot name another's by number. */
    snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, KINDS[i].name);
    fds[i] = open_namespace(path, KINDS[i].flag, KINDS[i].name, why);
    if (fds[i] < 0) result = -1;
  }
  /* Asked only now: had the number gone to another process, these would be its namespaces. */
  if (pid == 0 || start == 0 || process_start_time(pid) != start)
    result = failure_because(why, ESRCH, "the container of \"%s\" does not run", step->argv[0]);
  for (size_t i = 0; i < COUNT(KINDS); i++) {
    if (fds[i] < 0) continue;
    if (result < 0)
      close_fd(&fds[i]);
    else
      result = enter(context, fds[i], KINDS[i].flag, KINDS[i].name, why);
  }
  return result;
}

/* The offsets can be set only before anybody is inside; see time_namespaces(7). */
int op_time_offsets(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  if (unshare(CLONE_NEWTIME) < 0) return failure_set(why, "unshare(CLONE_NEWTIME)");
  cleanup_free char *text = strdup(step->argv[0]);
  if (!text) return failure_set(why, "strdup()");
  for (char *comma = text; (comma = strchr(comma, ','));) *comma = '\n';
  cleanup_fd int offsets = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
  if (offsets < 0 || (*text && RETRY(write(offsets, text, strlen(text))) < 0))
    return failure_set(why, "write(\"timens_offsets\", \"%s\")", step->argv[0]);
  cleanup_fd int fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || setns(fd, CLONE_NEWTIME) < 0) return failure_set(why, "setns(time)");
  return 0;
}

int op_use_root(const struct step *step, struct context *context, struct failure *why) {
  (void)step;
  if (chdir("/") < 0) return failure_set(why, "chdir(\"/\")");
  context->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return context->root_fd < 0 ? failure_set(why, "open(\"/\")") : 0;
}

int become_root_inside(struct failure *why) {
  if (setresgid(0, 0, 0) < 0) return failure_set(why, "setresgid(0) in the user namespace");
  if (setresuid(0, 0, 0) < 0) return failure_set(why, "setresuid(0) in the user namespace");
  return 0;
}

int op_enter_user(const struct step *step, struct context *context, struct failure *why) {
  (void)step;
  if (context->user_fd < 0) return 0; /* the machine's own, by path */
  /* A neighbour in the same user namespace must not take over what is still open here. */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (setgroups(0, NULL) < 0) return failure_set(why, "setgroups(0)");
  if (setns(context->user_fd, CLONE_NEWUSER) < 0) return failure_set(why, "setns(user)");
  close_fd(&context->user_fd);
  context->user_fd = -1;
  return become_root_inside(why);
}

static bool is_same_file(const char *a, const char *b) {
  struct stat first;
  struct stat second;
  return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/* Without a mount namespace to join, the command is one of the machine's, where the caller is. */
static int stay_here(struct context *context, struct failure *why) {
  context->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return context->root_fd < 0 ? failure_set(why, "open(\"/\")") : 0;
}

int join_process(struct context *context, int pidfd, struct failure *why) {
  if (pidfd < 0) return stay_here(context, why);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  /* A process cannot enter its own user namespace again; see setns(2). */
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)context->join_pid);
  if (is_same_file(path, "/proc/self/ns/user")) context->join_flags &= ~(uint64_t)CLONE_NEWUSER;
  bool user = context->join_flags & CLONE_NEWUSER;
  if (user && setgroups(0, NULL) < 0) return failure_set(why, "setgroups(0)");
  if (context->join_flags && setns(pidfd, (int)context->join_flags) < 0)
    return failure_set(why, "setns(pid %d, 0x%lx)", (int)context->join_pid, context->join_flags);
  if (user && become_root_inside(why) < 0) return -1;
  if (!(context->join_flags & CLONE_NEWNS)) return stay_here(context, why);
  if (chdir("/") < 0) return failure_set(why, "chdir(\"/\")");
  return stay_here(context, why);
}
