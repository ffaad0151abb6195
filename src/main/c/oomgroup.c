#define _GNU_SOURCE
#include "oomgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "util.h"

#define SOON_MS 10
#define SOON_FOR_MS 10000 /* the kernel may first have to write pages out to find a victim */
#define ELSE_MS 1000

static int open_below(const char *directory, const char *name, int flags, struct failure *why) {
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/%s", directory, name);
  int fd = open(path, flags | O_CLOEXEC);
  if (fd < 0) failure_set(why, "open(\"%s\")", path);
  return fd;
}

int oom_group_open(struct oom_group *group, const char *directory, struct failure *why) {
  char text[64];
  cleanup_fd int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) return failure_set(why, "eventfd()");
  cleanup_fd int control = open_below(directory, "memory.oom_control", O_RDONLY, why);
  if (control < 0) return -1;
  cleanup_fd int registry = open_below(directory, "cgroup.event_control", O_WRONLY, why);
  if (registry < 0) return -1;
  int length = snprintf(text, sizeof(text), "%d %d", event, control);
  if (RETRY(write(registry, text, (size_t)length)) < 0)
    return failure_set(why, "write(\"%s/cgroup.event_control\", \"%s\")", directory, text);
  group->event = steal_fd(&event);
  group->control = steal_fd(&control);
  return 0;
}

void oom_group_hear(struct oom_group *group, int64_t now_ms) {
  uint64_t times;
  if (read(group->event, &times, sizeof(times)) > 0) group->soon_until_ms = now_ms + SOON_FOR_MS;
}

int64_t oom_group_timeout_ms(const struct oom_group *group, int64_t now_ms) {
  if (group->event < 0) return -1;
  return now_ms < group->soon_until_ms ? SOON_MS : ELSE_MS;
}

bool oom_group_struck(struct oom_group *group) {
  char text[256];
  if (group->event < 0) return false;
  ssize_t length = pread(group->control, text, sizeof(text) - 1, 0);
  text[length > 0 ? length : 0] = '\0';
  const char *killed = strstr(text, "oom_kill "); /* oom_kill_disable has no space there */
  if (!killed || strtoull(killed + strlen("oom_kill "), NULL, 10) == 0) return false;
  close(group->event);
  close(group->control);
  group->control = -1;
  group->event = -1;
  return true;
}
