/* What the supervisor knows of its container, for everybody who asks the file system. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "restart.h"

struct status {
  const char *state; /* starting, running, restarting, exited, failed */
  pid_t supervisor;
  uint64_t supervisor_start;
  pid_t pid;
  uint64_t start;
  int exit_code;
  int signal;
  int64_t started_at; /* nanoseconds since the epoch */
  int64_t finished_at;
  bool stopped;
  const char *ended_by;   /* timeout, unhealthy, hook, checkpoint; NULL: by itself or stopped */
  const char *health;     /* starting, healthy, unhealthy; NULL without a check */
  uint64_t restarts;      /* by its supervisor */
  bool restored;          /* by criu: its init knows the start of its first life */
  struct backoff backoff; /* a supervisor that adopts the container goes on with it */
};

/* The exit code of a run whose time was over, as timeout(1) has it. */
#define EXIT_TIMEOUT 124

/* Nanoseconds since the epoch. */
int64_t now_ns(void);

/*
 * Writes `status` below a directory, temp + rename: a reader sees the old one or the new one. On a
 * full disk it goes into the room of the old one. 0, or -1 and errno.
 */
int status_write(int directory, const struct status *status);

/*
 * Reads what `status` says of a run that was under way: its processes, its begin, and how often it
 * was started again. False when it says anything else.
 */
bool status_read_running(int directory, struct status *out);

/* Whether `status` was written since the machine was started: pids of another boot are nobody's. */
bool status_is_of_this_boot(int directory);

/* Exit code and signal from a status of wait(2). */
void status_set_exit(struct status *status, int wait_status);

/*
 * How the command ended, from the record of the init that `status` names: exit code, signal, when.
 * False when it wrote none.
 */
bool exit_record_read(int directory, struct status *status);
