#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "crash.h"
#include "supervisor.h"
#include "util.h"

static void on_stop(void *supervisor, int signal, uint64_t grace_ms) {
  run_end(supervisor, BY_USER, signal, grace_ms);
}

static bool on_kill(void *supervisor, int signal) {
  struct supervisor *self = supervisor;
  if (self->waiting || signal == SIGKILL) {
    run_end(self, BY_USER, SIGKILL, 0);
    return true;
  }
  bool ends = signal == SIGTERM || signal == SIGINT || signal == SIGQUIT ||
              signal == self->container.context.settings.stop_signal;
  if (ends) self->asked_at_ms = now_ms();
  return run_signal(self, signal);
}

static bool on_start(void *supervisor) {
  struct supervisor *self = supervisor;
  if (self->waiting) self->at_once = true;
  return self->waiting;
}

/* What may change while the container runs; everything else stays as it was born. */
static void take_over(struct settings *settings, const struct settings *from) {
  settings->log_bytes = from->log_bytes;
  settings->log_files = from->log_files;
  settings->stop_signal = from->stop_signal;
  settings->grace_ms = from->grace_ms;
  settings->timeout_ms = from->timeout_ms;
  settings->restart = from->restart;
  settings->health = from->health;
  settings->enter_flags = from->enter_flags;
}

bool supervisor_reload(struct supervisor *self) {
  struct container *container = &self->container;
  struct program program;
  struct failure why;
  struct context context;
  context_init(&context);
  /* Ours is the step that makes it the record: until then, whoever looks finds the old settings. */
  bool offered = faccessat(container->directory, "program.new", F_OK, 0) == 0;
  const char *name = offered ? "program.new" : "program";
  if (program_read(container->directory, name, &program, &why) < 0 ||
      run_phase(&program, PHASE_SUPERVISE, &context, &why) < 0) {
    program_free(&program);
    return false;
  }
  crash_at("rename program.new");
  if (offered) renameat(container->directory, name, container->directory, "program");
  if (self->has_latest) program_free(&self->latest);
  self->latest = program;
  self->has_latest = true;
  take_over(&container->context.settings, &context.settings);
  return true;
}

bool requests_release(struct supervisor *self) {
  if (!self->held) return false;
  bool whole = access(self->kept, F_OK) == 0;
  self->held = false;
  close(self->holder);
  free(self->kept);
  self->kept = NULL;
  return whole;
}

/*
 * While a checkpoint is made nobody else is in the container, and its end is no end. That is so for
 * as long as the process lives that makes it, whatever becomes of the one who started that.
 */
static bool on_hold(void *supervisor, pid_t holder, const char *kept) {
  struct supervisor *self = supervisor;
  bool hook = self->task.pid > 0 && self->moment != HEALTH_CHECK;
  if (self->waiting || !self->is_up || hook) return false;
  requests_release(self);
  self->holder = (int)syscall(SYS_pidfd_open, holder, 0);
  if (self->holder < 0) return false;
  self->kept = strdup(kept);
  self->held = self->kept != NULL;
  if (self->held && self->task.pid > 0) task_reap(&self->task, &self->container);
  return self->held;
}

/* As CheckpointStore names one whose container went on: its files no longer fit the images. */
static void set_aside(const char *kept) {
  char aside[PATH_MAX];
  const char *number = strrchr(kept, '/');
  if (!number || snprintf(aside, sizeof(aside), "%.*s/outrun.%s", (int)(number - kept), kept,
                          number + 1) >= (int)sizeof(aside))
    return;
  crash_at("set a checkpoint aside");
  if (rename(kept, aside) < 0) return;
}

void requests_holder_ended(struct supervisor *self) {
  struct pollfd first = {.fd = self->container.pidfd, .events = POLLIN};
  if (!self->held || poll(&first, 1, 0) > 0) return;
  set_aside(self->kept);
  requests_release(self);
}

static bool on_reload(void *supervisor) {
  struct supervisor *self = supervisor;
  struct container *container = &self->container;
  struct health_settings before = container->context.settings.health;
  if (!supervisor_reload(self)) return false;
  if (self->log)
    logfile_limit(self->log, container->context.settings.log_bytes,
                  container->context.settings.log_files);
  if (self->waiting) return true;
  run_set_timeout(self);
  if (self->is_up && (memcmp(&before, &container->context.settings.health, sizeof(before)) != 0 ||
                      self->health.state != HEALTH_OFF)) {
    health_reset(&self->health, &container->context.settings.health, now_ms());
    chores_show_health(self);
    status_write(container->directory, &container->status);
  }
  return true;
}

static void on_ping(void *supervisor) {
  struct supervisor *self = supervisor;
  status_write(self->container.directory, &self->container.status);
}

struct control_handler requests_handler(struct supervisor *self) {
  return (struct control_handler){.stop = on_stop,
                                  .kill = on_kill,
                                  .start = on_start,
                                  .reload = on_reload,
                                  .hold = on_hold,
                                  .note = on_ping,
                                  .self = self};
}
