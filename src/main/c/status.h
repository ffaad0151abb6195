/* What the supervisor knows of its container, for everybody who asks the file system. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the kernel counted of a container's memory until its end; see cgroups(7). */
struct memory_use {
  uint64_t oom_kills; /* processes that it killed to keep the limit */
  uint64_t peak;      /* bytes */
  uint64_t limit;     /* bytes, 0 when there was none */
};

struct status {
  const char *state; /* starting, running, exited, failed */
  pid_t supervisor;
  uint64_t supervisor_start;
  pid_t pid;
  uint64_t start;
  int exit_code;
  int signal;
  int64_t started_at; /* nanoseconds since the epoch */
  int64_t finished_at;
  bool stopped;
  struct memory_use memory;
};

/* Nanoseconds since the epoch. */
int64_t now_ns(void);

/* Writes `status` below a directory, temp + rename: a reader sees the old one or the new one. */
void status_write(int directory, const struct status *status);
