#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "crash.h"
#include "supervisor.h"
#include "util.h"

/* Whether another run follows, by the settings and by what ended the last one. */
static bool goes_on(const struct supervisor *self) {
  const struct container *container = &self->container;
  const struct settings *settings = &container->context.settings;
  bool asked = self->asked_at_ms > 0 && now_ms() - self->asked_at_ms <= (int64_t)settings->grace_ms;
  if (self->reply || self->ending == BY_USER || asked) return false;
  if (self->ending == BY_HEALTH_STOP || self->ending == BY_CHECKPOINT) return false;
  if (self->ending == BY_HEALTH_RESTART) return true;
  int code = container->status.exit_code == 0 && self->ending != BY_ITSELF
                 ? 1
                 : container->status.exit_code;
  return restart_wanted(&settings->restart, &container->status.backoff, code);
}

/* Until the next start is due. False when there will be none. */
static bool wait_for_start(struct supervisor *self) {
  struct container *container = &self->container;
  const struct control_handler handler = requests_handler(self);
  struct pollfd events[CONTROL_CLIENTS + 1];
  bool at_any_rate = self->ending == BY_HEALTH_RESTART;
  container->status.state = "restarting";
  container->status.pid = 0;
  status_write(container->directory, &container->status);
  int64_t at =
      now_ms() + backoff_next(&container->status.backoff, &container->context.settings.restart);
  struct backoff before = container->status.backoff;
  if (before.attempts > 0) before.attempts--;
  self->waiting = true;
  self->at_once = false;
  while (self->waiting && !self->at_once) {
    int64_t left = at - now_ms();
    if (left <= 0) break;
    nfds_t count = control_prepare(&self->control, events);
    int ready = poll(events, count, (int)(left < 1000 ? left : 1000));
    if (ready < 0 && errno != EINTR) break;
    if (ready < 0) continue;
    if (ready > 0) control_dispatch(&self->control, events, count, now_ms(), &handler);
    bool wanted =
        at_any_rate || restart_wanted(&container->context.settings.restart, &before,
                                      container->status.exit_code == 0 && self->ending != BY_ITSELF
                                          ? 1
                                          : container->status.exit_code);
    if (self->ending == BY_USER || !wanted) self->waiting = false;
  }
  bool goes = self->waiting;
  self->waiting = false;
  return goes;
}

/* What one run leaves in the supervisor. */
static void forget_run(struct supervisor *self) {
  if (self->has_latest) program_free(&self->latest);
  self->has_latest = false;
  self->kill_at_ms = self->timeout_at_ms = self->asked_at_ms = 0;
  self->ending = BY_ITSELF;
  self->signalled = self->is_up = self->paused = false;
  self->stop_signal = 0;
  self->post_start = self->pre_stop = 0;
  self->health = (struct health){0};
}

/* One more run of the same container, from the program as it is on disk by now. 0 or -1. */
static int begin_again(struct supervisor *self, struct logfile *log) {
  struct container *container = &self->container;
  const char *path = container->path;
  uint64_t restarts = container->status.restarts + 1;
  struct backoff backoff = container->status.backoff;
  int exit_code = container->status.exit_code;
  crash_at("begin again");
  forget_run(self);
  logfile_close(log);
  container_close(container);
  int result = container_open(container, path, "program", false);
  container->status.restarts = restarts;
  container->status.backoff = backoff;
  container->status.exit_code = exit_code; /* of the last run, until there is another */
  if (container->directory < 0) return -1;
  unlinkat(container->directory, "failure", 0);
  if (result < 0) {
    failure_write(container->directory, "failure", &container->why);
    container->status.finished_at = now_ns();
    return -1;
  }
  supervisor_open_log(self, log, false);
  if (run_begin(self) < 0) return -1;
  if (container->master >= 0) fcntl(container->master, F_SETFL, O_NONBLOCK);
  return 0;
}

void supervisor_go_on(struct supervisor *self, struct logfile *log) {
  struct container *container = &self->container;
  const char *state = "exited";
  for (;;) {
    /* First: who ran for long enough has all its attempts again. */
    backoff_ran(&container->status.backoff, &container->context.settings.restart,
                now_ms() - self->began_ms);
    if (!goes_on(self)) break;
    if (!wait_for_start(self)) break;
    self->unknown = false;
    state = "exited";
    if (begin_again(self, log) == 0) {
      run_watch(self, -1);
      run_finish(self);
      continue;
    }
    if (container->directory < 0) break;
    state = "failed";
    container->status.exit_code = exit_code_of(&container->program, &container->why);
    supervisor_note(self, "cannot start: %s%s%s", container->why.call,
                    container->why.error ? ": " : "",
                    container->why.error ? strerror(container->why.error) : "");
  }
  /*
   * Without a code the old status stays, whose processes are gone: everybody sees that it is lost.
   */
  if (!self->unknown) {
    container->status.state = state;
    container->status.pid = 0;
    status_write(container->directory, &container->status);
  }
  control_close(&self->control, container->status.exit_code);
}
