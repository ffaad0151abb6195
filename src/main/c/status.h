/* What the supervisor knows of its container, for everybody who asks the file system. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

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
};

/* Nanoseconds since the epoch. */
int64_t now_ns(void);

/* Writes `status` below a directory, temp + rename: a reader sees the old one or the new one. */
void status_write(int directory, const struct status *status);
