#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "crash.h"
#include "supervisor.h"
#include "util.h"

void chores_show_health(struct supervisor *self) {
  self->container.status.health = health_word(&self->health);
}

/* RUN-DIRECTORY/health: the last check, and behind an empty line what it said. */
static void write_check(const struct supervisor *self) {
  char text[TASK_OUTPUT + 256];
  int directory = self->container.directory;
  const struct task *task = &self->task;
  int length =
      snprintf(text, sizeof(text), "version=1\nat=%lld\nexit_code=%d\ntimed_out=%d\nfailing=%u\n\n",
               (long long)now_ns(), task->late ? EXIT_TIMEOUT : task->exit_code, task->late,
               self->health.failing);
  memcpy(text + length, task->text, task->length);
  length += (int)task->length;
  int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  cleanup_fd int fd = openat(directory, ".health", flags, 0600);
  if (fd < 0 || write(fd, text, (size_t)length) != length) return;
  crash_at("rename health");
  renameat(directory, ".health", directory, "health");
}

static void checked(struct supervisor *self, bool paused) {
  struct container *container = &self->container;
  const struct settings *settings = &container->context.settings;
  if (paused || settings->health.interval_ms == 0) return;
  bool good = !self->task.late && self->task.exit_code == 0;
  bool changed = health_result(&self->health, &settings->health, good, now_ms());
  write_check(self);
  if (!changed) return;
  chores_show_health(self);
  status_write(container->directory, &container->status);
  if (self->health.state != UNHEALTHY) return;
  if (settings->health.on_failure == HEALTH_RESTART)
    run_end(self, BY_HEALTH_RESTART, settings->stop_signal, settings->grace_ms);
  if (settings->health.on_failure == HEALTH_STOP)
    run_end(self, BY_HEALTH_STOP, settings->stop_signal, settings->grace_ms);
}

/* The last hook of the start is over: the container is up. */
static void up(struct supervisor *self) {
  struct container *container = &self->container;
  self->is_up = true;
  health_begin(&self->health, &container->context.settings.health, now_ms());
  if (self->health.state != HEALTH_OFF) {
    chores_show_health(self);
    status_write(container->directory, &container->status);
  }
  if (self->reply)
    supervisor_answer(self->reply, "started", container->status.pid, container->path);
  self->reply = NULL;
}

/* Its first line, for a message of one. */
static int first_line(const struct task *task) {
  const char *end = memchr(task->text, '\n', task->length);
  size_t length = end ? (size_t)(end - task->text) : task->length;
  return (int)(length < 120 ? length : 120);
}

static bool is_over(const struct container *container) {
  struct pollfd first = {.fd = container->pidfd, .events = POLLIN};
  return poll(&first, 1, 0) > 0;
}

/* A hook that fails at the start ends the container; one at the end is only told of. */
static void hook_failed(struct supervisor *self, uint32_t which, const char *how, int code) {
  struct container *container = &self->container;
  const struct task *task = &self->task;
  const struct step *step = supervisor_hook(self, self->moment, which);
  const char *word = task_word(self->moment);
  bool said = task->length > 0;
  if (is_over(container)) return;
  supervisor_note(self, "%s hook %u %s %d%s%.*s", word, which + 1, how, code, said ? ": " : "",
                  first_line(task), task->text);
  if (self->moment != POST_START) return;
  failure_because(&container->why, 0, "%s %s %d%s%.*s", word, how, code, said ? ": " : "",
                  first_line(task), task->text);
  /* Steps of settings that came later are not those that Java started. */
  container->why.step = step && !self->has_latest ? (int32_t)(step - container->program.steps) : -1;
  run_end(self, BY_HOOK, SIGKILL, 0);
}

void chores_ended(struct supervisor *self, bool paused) {
  struct task *task = &self->task;
  if (self->moment == HEALTH_CHECK) {
    if (self->stop_signal == 0) checked(self, paused);
    return;
  }
  uint32_t which = self->moment == PRE_STOP ? self->pre_stop++ : self->post_start++;
  if (self->log && task->length > 0) {
    logfile_add(self->log, &self->hooks, task->text, task->length);
    logfile_end(self->log, &self->hooks);
  }
  if (self->relay && task->length > 0) {
    dprintf(STDERR_FILENO, "%.*s", (int)task->length, task->text);
  }
  bool killed = self->moment == POST_START && self->stop_signal != 0;
  if (task->exit_code != 0 && !killed)
    hook_failed(self, which, "ended with exit code", task->exit_code);
}

static void run_task(struct supervisor *self, enum moment moment, const struct step *step,
                     int64_t deadline_ms) {
  self->moment = moment;
  if (task_start(&self->task, &self->container, supervisor_program(self), step, deadline_ms) == 0)
    return;
  self->task.exit_code = 125;
  self->task.length =
      (size_t)snprintf(self->task.text, sizeof(self->task.text), "%s\n", strerror(errno));
  chores_ended(self, false);
}

void chores_advance(struct supervisor *self) {
  const struct settings *settings = &self->container.context.settings;
  int64_t now = now_ms();
  if (self->task.pid > 0) return;
  if (self->stop_signal != 0) {
    const struct step *next = supervisor_hook(self, PRE_STOP, self->pre_stop);
    if (self->signalled) return;
    if (next) {
      run_task(self, PRE_STOP, next, 0);
    } else {
      self->signalled = true;
      run_signal(self, self->stop_signal);
    }
    return;
  }
  if (self->ending != BY_ITSELF || self->held) return;
  if (!self->is_up) {
    const struct step *next = supervisor_hook(self, POST_START, self->post_start);
    if (next) {
      run_task(self, POST_START, next, 0);
      return;
    }
    up(self);
  }
  if (self->health.state == HEALTH_OFF || now < self->health.next_ms) return;
  if (supervisor_is_paused(self)) {
    self->health.next_ms = now + (int64_t)settings->health.interval_ms;
    return;
  }
  const struct step *check = supervisor_hook(self, HEALTH_CHECK, 0);
  if (check) run_task(self, HEALTH_CHECK, check, now + (int64_t)settings->health.timeout_ms);
}
