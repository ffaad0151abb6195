#define _GNU_SOURCE
#include "supervise.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

#include "adopt.h"
#include "crash.h"
#include "supervisor.h"
#include "util.h"

#define FORWARDED \
  { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 }

const struct program *supervisor_program(const struct supervisor *self) {
  return self->has_latest ? &self->latest : &self->container.program;
}

const struct step *supervisor_hook(const struct supervisor *self, enum moment moment,
                                   uint32_t which) {
  return task_find(supervisor_program(self), moment, which);
}

bool supervisor_is_paused(const struct supervisor *self) {
  const char *cgroup = self->container.context.settings.kill_with;
  return cgroup && cgroup_is_frozen(cgroup);
}

void supervisor_note(struct supervisor *self, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  if (self->log) {
    logfile_note(self->log, "%s", text);
    logfile_flush(self->log);
  }
  if (!self->log || self->container.foreground) dprintf(STDERR_FILENO, "jstack: %s\n", text);
}

void supervisor_open_log(struct supervisor *self, struct logfile *log, bool goes_on_in_it) {
  const struct settings *settings = &self->container.context.settings;
  logfile_open(log, self->container.directory, settings->log_bytes, settings->log_files,
               goes_on_in_it);
  self->log = log;
}

void supervisor_answer(const struct reply *reply, const char *word, pid_t pid,
                       const char *directory) {
  char line[4096];
  crash_at("answer");
  int length = pid > 0 ? snprintf(line, sizeof(line), "%s %d %s\n", word, (int)pid, directory)
                       : snprintf(line, sizeof(line), "%s %s\n", word, directory);
  /* One write of less than PIPE_BUF: the answers of neighbours do not mix; see pipe(7). */
  bool said = length < (int)sizeof(line) && write(reply->fd, line, (size_t)length) == length;
  *reply->answered = said;
  close(reply->fd);
  close(reply->under_way);
}

/* What a session, a terminal or a pipe of the caller might send is not meant for us. */
static void ignore_signals(void) {
  static const int IGNORED[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};
  for (size_t i = 0; i < COUNT(IGNORED); i++) signal(IGNORED[i], SIG_IGN);
  signal(SIGCHLD, SIG_DFL);
}

/* It never came to its command, or a hook of its start failed. */
static void give_up(struct supervisor *self) {
  struct container *container = &self->container;
  if (container->directory >= 0) {
    failure_write(container->directory, "failure", &container->why);
    container->status.state = "failed";
    container->status.pid = 0;
    container->status.finished_at = now_ns();
    status_write(container->directory, &container->status);
  }
  control_close(&self->control, 125);
  supervisor_answer(self->reply, "failed", 0, container->path);
  _exit(0);
}

static int open_control(struct supervisor *self) {
  const char *path = self->container.context.settings.control;
  self->socket = path ? strdup(path) : NULL;
  if (control_open(&self->control, self->socket) == 0) return 0;
  return failure_set(&self->container.why, "bind(\"%s\")", self->socket);
}

/* What the program of a restore leaves open for criu, which forks more than the container does. */
static void limit_processes(struct supervisor *self) {
  const struct program *program = supervisor_program(self);
  struct failure why;
  for (uint32_t i = 0; i < program->count; i++) {
    const struct step *step = &program->steps[i];
    if (strcmp(op_name(step->op), "write") != 0) continue;
    const char *name = strrchr(step->argv[0], '/');
    if (!name || strcmp(name, "/pids.max") != 0) continue;
    crash_at("limit who was restored");
    if (op_write(step, &self->container.context, &why) < 0)
      supervisor_note(self, "no limit of processes: %s: %s", why.call, strerror(why.error));
  }
}

/* From its program or its checkpoint to its command; gives up otherwise. */
static void start(struct supervisor *self, struct logfile *log, bool opened) {
  struct container *container = &self->container;
  bool restores = container->restores;
  if (!opened) give_up(self);
  if (open_control(self) < 0) give_up(self);
  /* The output of a hook before the command has to go somewhere. */
  if (task_find(&container->program, PRE_START, 0)) supervisor_open_log(self, log, restores);
  if (run_begin(self) < 0) give_up(self);
  if (!self->log) supervisor_open_log(self, log, restores);
  if (restores) self->post_start = UINT32_MAX; /* it goes on, it does not start */
  /* The program of a restore has no command that a task's could be put for. */
  if (restores && supervisor_reload(self)) limit_processes(self);
  if (container->master >= 0) fcntl(container->master, F_SETFL, O_NONBLOCK);
}

/* It runs on whatever comes of this: only the reason is written down. */
static void adopt(struct supervisor *self, bool opened) {
  struct container *container = &self->container;
  unlinkat(container->directory, "adoption", 0);
  if (!opened || container_adopt(container) < 0 || open_control(self) < 0) {
    failure_write(container->directory, "adoption", &container->why);
    supervisor_answer(self->reply, "failed", 0, container->path);
    _exit(0);
  }
  self->began_ms = now_ms() - (now_ns() - container->status.started_at) / 1000000;
  run_set_timeout(self);
  /* They are over. */
  while (supervisor_hook(self, POST_START, self->post_start)) self->post_start++;
}

void supervise(const char *run_directory, enum origin origin, const struct reply *reply) {
  static struct supervisor self;
  static struct logfile log;
  self.signals = -1;
  self.out.name = "stdout";
  self.err.name = "stderr";
  self.hooks.name = "stdout";
  self.reply = reply;
  control_open(&self.control, NULL); /* nobody yet */
  setsid();
  ignore_signals();
  struct container *container = &self.container;
  bool restores = origin == RESTORED;
  int opened = container_open(container, run_directory, restores ? "restore" : "program", false);
  container->restores = restores;
  if (origin == STARTED) crash_arm(container->directory);
  if (origin == ADOPTED) {
    adopt(&self, opened == 0);
    supervisor_open_log(&self, &log, true);
  } else {
    start(&self, &log, opened == 0);
  }
  run_watch(&self, -1);
  run_finish(&self);
  if (self.reply && self.ending != BY_ITSELF) {
    /* A hook failed, or had no time left: who waits for the start shall not hear that it is one. */
    if (self.ending == BY_TIMEOUT) {
      failure_because(&container->why, 0, "the start takes longer than the timeout");
      container_blame(container, "timeout");
    } else if (self.ending == BY_USER) {
      failure_because(&container->why, 0, "stopped before the start was over");
    }
    give_up(&self);
  }
  if (self.reply) supervisor_answer(self.reply, "started", container->status.pid, run_directory);
  self.reply = NULL;
  supervisor_go_on(&self, &log);
  _exit(0);
}

int exit_code_of(const struct program *program, const struct failure *why) {
  if (why->step < 0 || (uint32_t)why->step >= program->count) return 125;
  if (strcmp(op_name(program->steps[why->step].op), "exec") != 0) return 125;
  return why->error == ENOENT || why->error == ENOTDIR ? 127 : 126;
}

int run_in_foreground(const char *run_directory, pid_t caller) {
  static struct supervisor self;
  static struct logfile log;
  struct container *container = &self.container;
  sigset_t signals;
  sigemptyset(&signals);
  static const int forwarded[] = FORWARDED;
  for (size_t i = 0; i < COUNT(forwarded); i++) sigaddset(&signals, forwarded[i]);
  sigaddset(&signals, SIGWINCH);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  signal(SIGPIPE, SIG_IGN);
  self.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  self.out.name = "stdout";
  self.err.name = "stderr";
  self.hooks.name = "stdout";

  int opened = container_open(container, run_directory, "program", true);
  crash_arm(container->directory);
  if (opened == 0 && control_open(&self.control, container->context.settings.control) < 0)
    opened = failure_set(&container->why, "bind(\"%s\")", container->context.settings.control);
  if (opened < 0) {
    if (container->directory >= 0) failure_write(container->directory, "failure", &container->why);
    return 125;
  }
  /* Who is stopped with SIGKILL ends with the caller at once; the init goes with this process. */
  if (container->context.settings.stop_signal == SIGKILL) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != caller) {
      control_close(&self.control, 125);
      return 125;
    }
  }
  if (container->context.settings.log_wanted) supervisor_open_log(&self, &log, false);
  if (run_begin(&self) < 0) {
    if (self.relay) relay_finish(self.relay);
    control_close(&self.control, 125);
    return exit_code_of(&container->program, &container->why);
  }
  if (!self.relay) run_open_relay(&self);
  run_watch(&self, -1);
  run_finish(&self);
  if (self.ending == BY_HOOK) {
    failure_write(container->directory, "failure", &container->why);
    container->status.exit_code = 125;
  }
  container->status.state = "exited";
  status_write(container->directory, &container->status);
  control_close(&self.control, container->status.exit_code);
  return container->status.exit_code;
}

int clean_up(const char *run_directory) {
  struct container container;
  int result = container_open(&container, run_directory, "program", false);
  if (result == 0) {
    struct status noted;
    bool lives = status_read_running(container.directory, &noted) &&
                 process_start_time(noted.pid) == noted.start;
    if (container.context.settings.kill_with) cgroup_kill(container.context.settings.kill_with);
    struct usage usage = container_usage(&container);
    receipt_write_late(container.directory, lives, &usage);
    result = run_phase(&container.program, PHASE_TEARDOWN, &container.context, &container.why);
    if (result < 0) failure_write(container.directory, "failure", &container.why);
    if (container.context.settings.control) unlink(container.context.settings.control);
  }
  program_free(&container.program);
  close_fd(&container.directory);
  return result;
}
