#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

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

/* While a checkpoint is made, nobody else is in the container, and its end is no end. */
static void on_hold(void *supervisor, bool on) {
  struct supervisor *self = supervisor;
  self->held = on;
  if (on && self->moment == HEALTH_CHECK) task_reap(&self->task, &self->container);
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
                                  .reload = on_reload,
                                  .hold = on_hold,
                                  .note = on_ping,
                                  .self = self};
}
