#define _GNU_SOURCE
#include "adopt.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "util.h"

/* linux/pidfd.h, since 6.15: tells of a process after its parent has waited for it. */
struct exit_info {
  uint64_t mask;
  uint64_t cgroup;
  uint32_t ids[11];
  int32_t exit_code;
};
#define INFO_EXIT (1u << 3)
#define GET_INFO _IOWR(0xFF, 11, struct exit_info)

/* A number alone is no identity: who has it has to be where the container's processes are. */
static bool is_member(const char *cgroup, pid_t pid) {
  char path[4096];
  char line[32];
  bool found = false;
  if (snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup) >= (int)sizeof(path)) return false;
  FILE *members = fopen(path, "re");
  if (!members) return false;
  while (!found && fgets(line, sizeof(line), members)) found = strtol(line, NULL, 10) == (long)pid;
  fclose(members);
  return found;
}

static int find_init(struct container *container, const struct status *noted) {
  const char *cgroup = container->context.settings.kill_with;
  cleanup_fd int pidfd = (int)syscall(SYS_pidfd_open, noted->pid, 0);
  if (pidfd < 0) return failure_set(&container->why, "pidfd_open(%d)", (int)noted->pid);
  struct pollfd ended = {.fd = pidfd, .events = POLLIN};
  /* Looked at after the descriptor was opened: from here on it is the same process for good. */
  if (process_start_time(noted->pid) != noted->start || poll(&ended, 1, 0) != 0)
    return failure_because(&container->why, 0, "its first process is gone");
  if (cgroup && !is_member(cgroup, noted->pid))
    return failure_because(&container->why, 0, "its first process has left its cgroup");
  container->pidfd = steal_fd(&pidfd);
  return 0;
}

static int open_stream(struct container *container, const char *name, int *stream) {
  struct stat stat;
  cleanup_fd int fd =
      openat(container->directory, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return failure_set(&container->why, "open(\"%s\")", name);
  if (fstat(fd, &stat) < 0 || !S_ISFIFO(stat.st_mode))
    return failure_because(&container->why, 0, "%s is no FIFO", name);
  *stream = steal_fd(&fd);
  return 0;
}

int container_adopt(struct container *container) {
  const struct settings *settings = &container->context.settings;
  struct status noted;
  if (settings->terminal)
    return failure_because(&container->why, 0, "its terminal ended with its supervisor");
  if (!status_read_running(container->directory, &noted) ||
      !status_is_of_this_boot(container->directory))
    return failure_because(&container->why, 0, "it did not run");
  if (process_start_time(noted.supervisor) == noted.supervisor_start)
    return failure_because(&container->why, 0, "its supervisor lives");
  if (find_init(container, &noted) < 0) return -1;
  if (open_stream(container, "stdout", &container->out) < 0 ||
      open_stream(container, "stderr", &container->err) < 0)
    return -1;
  if (settings->oom_group &&
      oom_group_open(&container->oom, settings->oom_group, &container->why) < 0)
    return -1;
  noted.supervisor = container->status.supervisor;
  noted.supervisor_start = container->status.supervisor_start;
  container->status = noted;
  container->adopted = true;
  if (settings->oom_score) outlive(settings->oom_score);
  status_write(container->directory, &container->status);
  return 0;
}

/* Of a zombie: the last field of its stat(5), which only who may trace it sees. */
static bool zombie_exit(const struct status *status, int *wait_status) {
  char path[64];
  char text[1024];
  snprintf(path, sizeof(path), "/proc/%d/stat", (int)status->pid);
  cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
  if (length <= 0) return false;
  text[length] = '\0';
  char *field = strrchr(text, ')');
  if (!field || field[1] != ' ' || field[2] != 'Z') return false;
  field += 2;
  for (int i = 3; i < 52; i++) {
    if (i == 22 && strtoull(field, NULL, 10) != status->start) return false;
    field = strchr(field, ' ');
    if (!field) return false;
    field++;
  }
  *wait_status = (int)strtol(field, NULL, 10);
  return true;
}

bool adopted_exit(const struct container *container, int *wait_status) {
  /* Whoever is its parent now may reap it between the two questions: so the second once more. */
  for (int i = 0; i < 2; i++) {
    struct exit_info info = {.mask = INFO_EXIT};
    if (ioctl(container->pidfd, GET_INFO, &info) == 0 && (info.mask & INFO_EXIT)) {
      *wait_status = info.exit_code;
      return true;
    }
    if (zombie_exit(&container->status, wait_status)) return true;
  }
  return false;
}
