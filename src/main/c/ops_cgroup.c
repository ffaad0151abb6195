/* Cgroups of the machine: made, written to, joined, emptied and removed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "interpret.h"
#include "remove.h"
#include "util.h"

/* A zombie holds its cgroup until its parent asks, and some machines' pid 1 asks seldom. */
#define REMOVE_PATIENCE_MS 10000
/* Who is so many that they go for longer, or is made anew as fast, holds nobody up for ever. */
#define REMOVE_MOST_MS 60000

/* With the parents that are missing; all but the first container of a project find them there. */
static int make_path(char *path) {
  if (mkdir(path, 0755) == 0 || errno == EEXIST) return 0;
  char *slash = strrchr(path, '/');
  if (errno != ENOENT || slash == path) return -1;
  *slash = '\0';
  int made = make_path(path);
  *slash = '/';
  return made == 0 && (mkdir(path, 0755) == 0 || errno == EEXIST) ? 0 : -1;
}

int op_make_cgroup(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  cleanup_free char *path = strdup(step->argv[0]);
  if (!path) return failure_set(why, "strdup()");
  /* The end of a neighbour may remove the shared parent between two of our calls: ENOENT. */
  for (int tries = 0; tries < 100; tries++) {
    if (make_path(path) == 0) return 0;
    if (errno != ENOENT) break;
  }
  return failure_set(why, "mkdir(\"%s\")", step->argv[0]);
}

/*
 * Since Linux 6.10 a disk counts nothing for v1's blkio before somebody limits something on it; a
 * limit of none will do. The kernel refuses partitions, which belong to their disk, and whatever
 * cannot be limited.
 */
int op_count_io(const struct step *step, struct context *context, struct failure *why) {
  (void)context, (void)why;
  char text[PATH_MAX];
  snprintf(text, sizeof(text), "%s/blkio.throttle.read_bps_device", step->argv[0]);
  cleanup_fd int limit = open(text, O_WRONLY | O_CLOEXEC);
  FILE *disks = limit < 0 ? NULL : fopen("/proc/partitions", "re");
  if (!disks) return 0;
  while (fgets(text, sizeof(text), disks)) {
    unsigned major;
    unsigned minor;
    if (sscanf(text, "%u %u", &major, &minor) != 2) continue;
    snprintf(text, sizeof(text), "%u:%u 0", major, minor);
    if (RETRY(write(limit, text, strlen(text))) < 0) continue;
  }
  fclose(disks);
  return 0;
}

int op_write(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  const char *path = step->argv[0];
  const char *text = step->argv[1];
  cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return failure_set(why, "open(\"%s\")", path);
  size_t length = strlen(text);
  ssize_t written = RETRY(write(fd, text, length));
  if (written < 0) return failure_set(why, "write(\"%s\", \"%s\")", path, text);
  if ((size_t)written != length)
    return failure_because(why, EIO, "write(\"%s\", \"%s\")", path, text);
  return 0;
}

int op_join_cgroup(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/cgroup.procs", step->argv[0]);
  cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return failure_set(why, "open(\"%s\")", path);
  if (RETRY(write(fd, "0", 1)) < 0) return failure_set(why, "write(\"%s\", \"0\")", path);
  return 0;
}

static int write_below(const char *directory, const char *name, const char *text) {
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/%s", directory, name);
  cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  return RETRY(write(fd, text, strlen(text))) < 0 ? -1 : 0;
}

static void signal_members(const char *directory, int signal) {
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
  FILE *members = fopen(path, "re");
  if (!members) return;
  int pid;
  while (fscanf(members, "%d", &pid) == 1) {
    if (pid > 0) kill(pid, signal);
  }
  fclose(members);
}

void cgroup_kill(const char *directory) {
  if (write_below(directory, "cgroup.kill", "1") == 0) return;
  /* v1, or a kernel before 5.14. A frozen task forks no more; it takes the signal when thawed. */
  write_below(directory, "freezer.state", "FROZEN");
  signal_members(directory, SIGKILL);
  write_below(directory, "freezer.state", "THAWED");
  signal_members(directory, SIGKILL);
}

void cgroup_thaw(const char *directory) {
  if (write_below(directory, "cgroup.freeze", "0") == 0) return;
  write_below(directory, "freezer.state", "THAWED");
}

bool cgroup_is_frozen(const char *directory) {
  char path[PATH_MAX];
  char state[64] = "";
  snprintf(path, sizeof(path), "%s/cgroup.freeze", directory);
  cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    snprintf(path, sizeof(path), "%s/freezer.state", directory);
    fd = open(path, O_RDONLY | O_CLOEXEC);
  }
  if (fd < 0 || read(fd, state, sizeof(state) - 1) <= 0) return false;
  return state[0] == '1' || strncmp(state, "FR", 2) == 0; /* FROZEN, FREEZING */
}

static void pause_ms(long ms) {
  struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
  nanosleep(&time, NULL);
}

/*
 * Waits until a cgroup may have become empty: by event on v2, by time on v1, which has none. The
 * file has to be read before it can tell of a change.
 */
static void await_empty(const char *directory, long ms) {
  char path[PATH_MAX];
  char state[256];
  snprintf(path, sizeof(path), "%s/cgroup.events", directory);
  cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, state, sizeof(state) - 1);
  if (length < 0) {
    pause_ms(ms);
    return;
  }
  state[length] = '\0';
  if (strstr(state, "populated 0")) {
    pause_ms(ms); /* empty already: what holds it is on its way out, and there is no event of it */
    return;
  }
  struct pollfd events = {.fd = fd, .events = POLLPRI};
  poll(&events, 1, (int)ms);
}

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * The container may have made cgroups below its own, and have given a descriptor of them to
 * somebody who makes more. While it runs their number is not our business: each is paid for by the
 * memory limit of who makes it, and what is too much for an init of systemd's is not for us to say;
 * `cgroup: {unified: {cgroup.max.descendants: ...}}` is for who wants to.
 */
static void let_grow(const char *directory, bool may) {
  write_below(directory, "cgroup.max.descendants", may ? "max" : "0");
}

int op_rmdir_cgroup(const struct step *step, struct context *context, struct failure *why) {
  const char *path = step->argv[0];
  long end = now_ms() + REMOVE_MOST_MS;
  long deadline = now_ms() + REMOVE_PATIENCE_MS;
  for (long pause = 1;; pause = pause < 64 ? pause * 2 : pause) {
    if (rmdir(path) == 0 || errno == ENOENT) return 0;
    if (now_ms() >= (deadline < end ? deadline : end)) {
      failure_set(why, "rmdir(\"%s\")", path);
      let_grow(path, true); /* whoever starts here again shall not wonder */
      return -1;
    }
    if (context->settings.kill_with) cgroup_kill(context->settings.kill_with);
    /* Whoever came to us when criu died: all that we started were asked for before. */
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
    if (pause == 1) let_grow(path, false);
    if (remove_directories_below(path, end) > 0) {
      deadline = now_ms() + REMOVE_PATIENCE_MS;
    } else {
      await_empty(path, pause);
    }
  }
}

int op_rmdir_empty(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  if (rmdir(step->argv[0]) < 0 && errno != ENOENT && errno != EBUSY && errno != ENOTEMPTY)
    return failure_set(why, "rmdir(\"%s\")", step->argv[0]);
  return 0;
}
