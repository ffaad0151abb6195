#define _GNU_SOURCE
#include "status.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "crash.h"
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

int status_write(int directory, const struct status *status) {
  char text[1000];
  int length = snprintf(
      text, sizeof(text),
      "version=1\nstate=%s\nboot_id=%s\nsupervisor_pid=%d\nsupervisor_start=%llu\npid=%d\n"
      "start=%llu\nexit_code=%d\nsignal=%d\nstarted_at=%lld\nfinished_at=%lld\nstopped=%d\n",
      status->state, boot_id(), (int)status->supervisor,
      (unsigned long long)status->supervisor_start, (int)status->pid,
      (unsigned long long)status->start, status->exit_code, status->signal,
      (long long)status->started_at, (long long)status->finished_at, status->stopped);
  if (status->restarts > 0)
    length += snprintf(text + length, sizeof(text) - (size_t)length, "restarts=%llu\n",
                       (unsigned long long)status->restarts);
  if (status->restored)
    length += snprintf(text + length, sizeof(text) - (size_t)length, "restored=1\n");
  if (status->backoff.attempts > 0)
    length +=
        snprintf(text + length, sizeof(text) - (size_t)length, "attempts=%llu\nbackoff_ms=%lld\n",
                 (unsigned long long)status->backoff.attempts, (long long)status->backoff.delay_ms);
  if (status->health)
    length += snprintf(text + length, sizeof(text) - (size_t)length, "health=%s\n", status->health);
  if (status->ended_by)
    length +=
        snprintf(text + length, sizeof(text) - (size_t)length, "ended_by=%s\n", status->ended_by);
  crash_at("write status");
  cleanup_fd int fd =
      openat(directory, ".status", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  errno = ENOSPC; /* of a write that was short */
  if (fd >= 0 && write(fd, text, (size_t)length) == length) {
    crash_at("rename status");
    return renameat(directory, ".status", directory, "status");
  }
  int why = errno;
  unlinkat(directory, ".status", 0);
  cleanup_fd int old = openat(directory, "status", O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (old >= 0 && pwrite(old, text, (size_t)length, 0) == length) return ftruncate(old, length);
  errno = why;
  return -1;
}

static bool read_text(int directory, const char *name, char *text, size_t size) {
  cleanup_fd int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : RETRY(read(fd, text, size - 1));
  text[length > 0 ? length : 0] = '\0';
  return length > 0;
}

static long long number_of(const char *text, const char *key) {
  const char *found = strstr(text, key);
  return found ? strtoll(found + strlen(key), NULL, 10) : 0;
}

bool status_read_running(int directory, struct status *out) {
  char text[1024];
  *out = (struct status){.state = "running"};
  if (!read_text(directory, "status", text, sizeof(text))) return false;
  out->supervisor = (pid_t)number_of(text, "\nsupervisor_pid=");
  out->supervisor_start = (uint64_t)number_of(text, "\nsupervisor_start=");
  out->stopped = number_of(text, "\nstopped=") == 1;
  out->pid = (pid_t)number_of(text, "\npid=");
  out->start = (uint64_t)number_of(text, "\nstart=");
  out->started_at = number_of(text, "\nstarted_at=");
  out->restarts = (uint64_t)number_of(text, "\nrestarts=");
  out->restored = number_of(text, "\nrestored=") == 1;
  out->backoff.attempts = (uint64_t)number_of(text, "\nattempts=");
  out->backoff.delay_ms = number_of(text, "\nbackoff_ms=");
  return strstr(text, "\nstate=running\n") && out->started_at > 0;
}

bool status_is_of_this_boot(int directory) {
  char text[1024];
  char line[96];
  if (!read_text(directory, "status", text, sizeof(text))) return false;
  snprintf(line, sizeof(line), "\nboot_id=%s\n", boot_id());
  return strstr(text, line) != NULL;
}

bool exit_record_read(int directory, struct status *status) {
  char text[128];
  int wait_status;
  unsigned long long start;
  long long at;
  if (!read_text(directory, "exit", text, sizeof(text))) return false;
  if (sscanf(text, "status=%d start=%llu at=%lld", &wait_status, &start, &at) != 3) return false;
  /* Of another life? An init that was restored has its first one's start, and a file of its own. */
  bool restored = status->restored && at >= status->started_at;
  if (start != status->start && !restored) return false;
  status_set_exit(status, wait_status);
  /* A command may be over before the supervisor has heard that it began. */
  status->finished_at = at < status->started_at ? status->started_at : at;
  return true;
}

void status_set_exit(struct status *status, int wait_status) {
  status->signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
  status->exit_code =
      WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
