#define _GNU_SOURCE
#include "status.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util.h"

int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static const char *boot_id(void) {
  static char id[64];
  if (id[0]) return id;
  cleanup_fd int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, id, sizeof(id) - 1);
  id[length > 0 ? length : 0] = '\0';
  id[strcspn(id, "\n")] = '\0';
  return id;
}

void status_write(int directory, const struct status *status) {
  char text[800];
  int length = snprintf(
      text, sizeof(text),
      "version=1\nstate=%s\nboot_id=%s\nsupervisor_pid=%d\nsupervisor_start=%llu\npid=%d\n"
      "start=%llu\nexit_code=%d\nsignal=%d\nstarted_at=%lld\nfinished_at=%lld\nstopped=%d\n"
      "oom_kills=%llu\nmemory_peak=%llu\nmemory_limit=%llu\n",
      status->state, boot_id(), (int)status->supervisor,
      (unsigned long long)status->supervisor_start, (int)status->pid,
      (unsigned long long)status->start, status->exit_code, status->signal,
      (long long)status->started_at, (long long)status->finished_at, status->stopped,
      (unsigned long long)status->memory.oom_kills, (unsigned long long)status->memory.peak,
      (unsigned long long)status->memory.limit);
  cleanup_fd int fd =
      openat(directory, ".status", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, text, (size_t)length) != length) return;
  renameat(directory, ".status", directory, "status");
}
