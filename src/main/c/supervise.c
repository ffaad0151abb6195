#define _GNU_SOURCE
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "adopt.h"
#include "control.h"
#include "health.h"
#include "logfile.h"
#include "receipt.h"
#include "relay.h"
#include "restart.h"
#include "task.h"
#include "util.h"

#define READ_BYTES (64 * 1024)
#define FORWARDED \
  { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 }

/* Why a run comes to its end, when it does not end by itself. */
enum ending { BY_ITSELF, BY_USER, BY_TIMEOUT, BY_HEALTH_RESTART, BY_HEALTH_STOP, BY_HOOK };

struct supervisor {
  struct container container;
  struct control control;
  struct logfile *log; /* in the background */
  struct log_stream out;
  struct log_stream err;
  struct relay *relay;       /* in the foreground */
  int signals;               /* signalfd of the foreground, -1 */
  int64_t kill_at_ms;        /* when the grace is over; 0 while nobody asked */
  const struct reply *reply; /* to be answered when the container is up; NULL afterwards */

  /* A run, by CLOCK_MONOTONIC. */
  int64_t began_ms;
  int64_t timeout_at_ms; /* 0: none */
  enum ending ending;
  bool unknown;   /* how the run ended; only of one that was adopted */
  bool signalled; /* the signal that asks for the end is on its way */
  int stop_signal;
  int64_t asked_at_ms; /* when somebody last sent a signal of the kind that ends; 0 */

  /* The settings as they are by now: of the container's program, or of one that came since. */
  struct program latest;
  bool has_latest;

  /* One at a time: a hook or the check. */
  struct task task;
  enum moment moment;  /* of the task that runs */
  uint32_t post_start; /* the next one */
  uint32_t pre_stop;
  struct log_stream hooks;
  bool held;   /* nothing is begun, and nothing follows */
  bool is_up;  /* the last of post_start has ended */
  bool paused; /* the container was, when the task's time was over */
  struct health health;

  /* Between two runs. */
  bool waiting;
  struct backoff backoff;
};

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * To the init, which passes it on to the command. Who is paused hears it only when it goes on: so
 * it goes on, the signal being there already.
 */
static bool send_signal(struct supervisor *self, int signal) {
  const char *cgroup = self->container.context.settings.kill_with;
  if (syscall(SYS_pidfd_send_signal, self->container.pidfd, signal, NULL, 0) < 0) return false;
  if (cgroup) cgroup_thaw(cgroup);
  return true;
}

static const struct program *settings_program(const struct supervisor *self) {
  return self->has_latest ? &self->latest : &self->container.program;
}

static const struct step *hook(const struct supervisor *self, enum moment moment, uint32_t which) {
  return task_find(settings_program(self), moment, which);
}

/* Ends the run; what a user asks for counts more than what came before. */
static void end_run(struct supervisor *self, enum ending why, int signal, uint64_t grace_ms) {
  int64_t patience = grace_ms > 86400000 ? 86400000 : (int64_t)grace_ms;
  int64_t at = now_ms() + patience;
  if (self->ending == BY_ITSELF || why == BY_USER) self->ending = why;
  if (why == BY_USER) self->container.status.stopped = true;
  if (self->waiting) return;
  if (self->kill_at_ms == 0 || at < self->kill_at_ms) self->kill_at_ms = at;
  if (signal == SIGKILL || grace_ms == 0) {
    container_kill(&self->container);
    return;
  }
  bool first = self->stop_signal == 0;
  self->stop_signal = signal;
  if (first && hook(self, PRE_STOP, 0)) {
    const char *cgroup = self->container.context.settings.kill_with;
    if (cgroup) cgroup_thaw(cgroup); /* who is paused would not come to its hook */
    task_kill(&self->task, &self->container);
  } else if (!hook(self, PRE_STOP, self->pre_stop)) {
    self->signalled = true;
    send_signal(self, signal);
  }
}

static void on_stop(void *supervisor, int signal, uint64_t grace_ms) {
  end_run(supervisor, BY_USER, signal, grace_ms);
}

static bool on_kill(void *supervisor, int signal) {
  struct supervisor *self = supervisor;
  if (self->waiting || signal == SIGKILL) {
    end_run(self, BY_USER, SIGKILL, 0);
    return true;
  }
  bool ends = signal == SIGTERM || signal == SIGINT || signal == SIGQUIT ||
              signal == self->container.context.settings.stop_signal;
  if (ends) self->asked_at_ms = now_ms();
  return send_signal(self, signal);
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

static bool reload(struct supervisor *self) {
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

static void show_health(struct supervisor *self) {
  self->container.status.health = health_word(&self->health);
}

static void set_timeout(struct supervisor *self) {
  uint64_t limit = self->container.context.settings.timeout_ms;
  self->timeout_at_ms = limit > 0 ? self->began_ms + (int64_t)limit : 0;
}

static bool on_reload(void *supervisor) {
  struct supervisor *self = supervisor;
  struct container *container = &self->container;
  struct health_settings before = container->context.settings.health;
  if (!reload(self)) return false;
  if (self->log)
    logfile_limit(self->log, container->context.settings.log_bytes,
                  container->context.settings.log_files);
  if (self->waiting) return true;
  set_timeout(self);
  if (self->is_up && (memcmp(&before, &container->context.settings.health, sizeof(before)) != 0 ||
                      self->health.state != HEALTH_OFF)) {
    health_reset(&self->health, &container->context.settings.health, now_ms());
    show_health(self);
    status_write(container->directory, &container->status);
  }
  return true;
}

static void on_ping(void *supervisor) {
  struct supervisor *self = supervisor;
  status_write(self->container.directory, &self->container.status);
}

/* One read of a stream into the log. False at its end. */
static bool log_some(struct supervisor *self, int *fd, struct log_stream *stream) {
  static char bytes[READ_BYTES];
  ssize_t count = read(*fd, bytes, sizeof(bytes));
  if (count > 0) {
    logfile_add(self->log, stream, bytes, (size_t)count);
    return true;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  close_fd(fd); /* EIO: the last slave of the pty was closed */
  *fd = -1;
  return false;
}

static void drain(struct supervisor *self) {
  struct container *container = &self->container;
  int *streams[] = {&container->out, &container->err, &container->master};
  struct log_stream *names[] = {&self->out, &self->err, &self->out};
  for (size_t i = 0; i < COUNT(streams); i++) {
    while (*streams[i] >= 0 && log_some(self, streams[i], names[i])) {
    }
  }
  logfile_end(self->log, &self->out);
  logfile_end(self->log, &self->err);
  logfile_flush(self->log);
}

static void forward(struct supervisor *self) {
  struct signalfd_siginfo info;
  if (read(self->signals, &info, sizeof(info)) != (ssize_t)sizeof(info)) return;
  if (info.ssi_signo == SIGWINCH) {
    relay_resize(self->relay);
  } else {
    send_signal(self, (int)info.ssi_signo);
  }
}

/* What the supervisor has to say of a container, where its output goes. */
__attribute__((format(printf, 2, 3))) static void note(struct supervisor *self, const char *format,
                                                       ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  if (self->log) {
    logfile_note(self->log, "%s", text);
    logfile_flush(self->log);
  } else {
    dprintf(STDERR_FILENO, "jstack: %s\n", text);
  }
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
  show_health(self);
  status_write(container->directory, &container->status);
  if (self->health.state != UNHEALTHY) return;
  if (settings->health.on_failure == HEALTH_RESTART)
    end_run(self, BY_HEALTH_RESTART, settings->stop_signal, settings->grace_ms);
  if (settings->health.on_failure == HEALTH_STOP)
    end_run(self, BY_HEALTH_STOP, settings->stop_signal, settings->grace_ms);
}

static void answer(const struct reply *reply, const char *word, pid_t pid, const char *directory);

/* The last hook of the start is over: the container is up. */
static void up(struct supervisor *self) {
  struct container *container = &self->container;
  self->is_up = true;
  health_begin(&self->health, &container->context.settings.health, now_ms());
  if (self->health.state != HEALTH_OFF) {
    show_health(self);
    status_write(container->directory, &container->status);
  }
  if (self->reply) answer(self->reply, "started", container->status.pid, container->path);
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
  const struct step *step = hook(self, self->moment, which);
  const char *word = task_word(self->moment);
  bool said = task->length > 0;
  if (is_over(container)) return;
  note(self, "%s hook %u %s %d%s%.*s", word, which + 1, how, code, said ? ": " : "",
       first_line(task), task->text);
  if (self->moment != POST_START) return;
  failure_because(&container->why, 0, "%s %s %d%s%.*s", word, how, code, said ? ": " : "",
                  first_line(task), task->text);
  /* Steps of settings that came later are not those that Java started. */
  container->why.step = step && !self->has_latest ? (int32_t)(step - container->program.steps) : -1;
  end_run(self, BY_HOOK, SIGKILL, 0);
}

static void task_ended(struct supervisor *self, bool paused) {
  struct task *task = &self->task;
  if (self->moment == HEALTH_CHECK) {
    if (self->stop_signal == 0) checked(self, paused);
    return;
  }
  uint32_t which = self->moment == PRE_STOP ? self->pre_stop++ : self->post_start++;
  if (self->log && task->length > 0) {
    logfile_add(self->log, &self->hooks, task->text, task->length);
    logfile_end(self->log, &self->hooks);
  } else if (self->relay && task->length > 0) {
    dprintf(STDERR_FILENO, "%.*s", (int)task->length, task->text);
  }
  bool killed = self->moment == POST_START && self->stop_signal != 0;
  if (task->exit_code != 0 && !killed)
    hook_failed(self, which, "ended with exit code", task->exit_code);
}

static void run_task(struct supervisor *self, enum moment moment, const struct step *step,
                     int64_t deadline_ms) {
  self->moment = moment;
  if (task_start(&self->task, &self->container, settings_program(self), step, deadline_ms) == 0)
    return;
  self->task.exit_code = 125;
  self->task.length =
      (size_t)snprintf(self->task.text, sizeof(self->task.text), "%s\n", strerror(errno));
  task_ended(self, false);
}

static bool is_paused(const struct supervisor *self) {
  const char *cgroup = self->container.context.settings.kill_with;
  return cgroup && cgroup_is_frozen(cgroup);
}

/* Starts what is due, when nothing runs. */
static void advance(struct supervisor *self) {
  const struct settings *settings = &self->container.context.settings;
  int64_t now = now_ms();
  if (self->task.pid > 0) return;
  if (self->stop_signal != 0) {
    const struct step *next = hook(self, PRE_STOP, self->pre_stop);
    if (self->signalled) return;
    if (next) {
      run_task(self, PRE_STOP, next, 0);
    } else {
      self->signalled = true;
      send_signal(self, self->stop_signal);
    }
    return;
  }
  if (self->ending != BY_ITSELF || self->held) return;
  if (!self->is_up) {
    const struct step *next = hook(self, POST_START, self->post_start);
    if (next) {
      run_task(self, POST_START, next, 0);
      return;
    }
    up(self);
  }
  if (self->health.state == HEALTH_OFF || now < self->health.next_ms) return;
  if (is_paused(self)) {
    self->health.next_ms = now + (int64_t)settings->health.interval_ms;
    return;
  }
  const struct step *check = hook(self, HEALTH_CHECK, 0);
  if (check) run_task(self, HEALTH_CHECK, check, now + (int64_t)settings->health.timeout_ms);
}

static void earlier(int64_t *most, int64_t at_ms, int64_t now) {
  int64_t left = at_ms < now ? 0 : at_ms - now;
  if (*most < 0 || left < *most) *most = left;
}

static int timeout_ms(const struct supervisor *self) {
  int64_t now = now_ms();
  bool waiting = false;
  for (size_t i = 0; i < CONTROL_CLIENTS; i++)
    waiting |= self->control.clients[i].fd >= 0 && !self->control.clients[i].waits;
  int64_t most = waiting ? 1000 : -1;
  if (self->kill_at_ms) earlier(&most, self->kill_at_ms, now);
  if (self->timeout_at_ms && self->ending == BY_ITSELF) earlier(&most, self->timeout_at_ms, now);
  bool idle = self->task.pid == 0 && self->is_up && self->ending == BY_ITSELF && !self->held;
  if (idle && self->health.state != HEALTH_OFF) earlier(&most, self->health.next_ms, now);
  if (self->task.pid > 0 && self->task.deadline_ms > 0) earlier(&most, self->task.deadline_ms, now);
  int64_t look = oom_group_timeout_ms(&self->container.oom, now);
  if (look >= 0 && (most < 0 || look < most)) most = look;
  return (int)(most > 86400000 ? 86400000 : most);
}

/* The time of a run, and of its end. */
static void keep_time(struct supervisor *self) {
  struct container *container = &self->container;
  int64_t now = now_ms();
  if (self->timeout_at_ms && now >= self->timeout_at_ms && self->ending == BY_ITSELF) {
    uint64_t limit = container->context.settings.timeout_ms;
    note(self, "the time is over: timeout of %llu.%03llu s", (unsigned long long)(limit / 1000),
         (unsigned long long)(limit % 1000));
    end_run(self, BY_TIMEOUT, container->context.settings.stop_signal,
            container->context.settings.grace_ms);
  }
  if (self->kill_at_ms && now >= self->kill_at_ms) {
    container_kill(container);
    self->kill_at_ms = now + 1000; /* and again, should anything have slipped in */
  }
}

/* Until the init has ended, or, while the container is started, until it has something to say. */
static void watch(struct supervisor *self, int failure_fd) {
  struct container *container = &self->container;
  bool starts = failure_fd >= 0;
  const struct control_handler handler = {.stop = on_stop,
                                          .kill = on_kill,
                                          .reload = on_reload,
                                          .hold = on_hold,
                                          .note = on_ping,
                                          .self = self};
  struct pollfd events[8 + TASK_EVENTS + CONTROL_CLIENTS + RELAY_LANES];
  for (;;) {
    if (!starts) advance(self);
    nfds_t count = 0;
    int end = starts ? failure_fd : container->pidfd;
    events[count++] = (struct pollfd){.fd = end, .events = POLLIN};
    events[count++] = (struct pollfd){.fd = self->signals, .events = POLLIN};
    events[count++] = (struct pollfd){.fd = container->oom.event, .events = POLLIN};
    nfds_t task = count;
    count += task_prepare(&self->task, events + count);
    nfds_t streams = count;
    if (self->relay) {
      count += relay_prepare(self->relay, events + count);
    } else {
      /* Later, when there is no log yet, or nobody but the command will speak. */
      bool log = self->log && (!starts || hook(self, PRE_START, 0));
      events[count++] = (struct pollfd){.fd = log ? container->out : -1, .events = POLLIN};
      events[count++] = (struct pollfd){.fd = log ? container->err : -1, .events = POLLIN};
      events[count++] = (struct pollfd){.fd = log ? container->master : -1, .events = POLLIN};
    }
    nfds_t control = count;
    count += control_prepare(&self->control, events + count);
    int ready = poll(events, count, timeout_ms(self));
    if (ready < 0 && errno != EINTR) break;
    if (ready < 0) continue;

    if (events[1].revents) forward(self);
    if (events[2].revents) oom_group_hear(&container->oom, now_ms());
    if (oom_group_struck(&container->oom)) {
      container_kill(container);
      self->kill_at_ms = now_ms() + 1000;
    }
    if (self->relay) {
      relay_dispatch(self->relay, events + streams);
    } else if (self->log && !(starts && events[0].revents)) {
      /* What the command says is of its time, which begins when it was executed. */
      if (events[streams].revents) log_some(self, &container->out, &self->out);
      if (events[streams + 1].revents) log_some(self, &container->err, &self->err);
      if (events[streams + 2].revents) log_some(self, &container->master, &self->out);
      logfile_flush(self->log);
    }
    bool late =
        self->task.pid > 0 && self->task.deadline_ms > 0 && now_ms() >= self->task.deadline_ms;
    bool paused = late && is_paused(self);
    bool ended = task_dispatch(&self->task, container, events + task, now_ms());
    if (ended && !events[0].revents) task_ended(self, paused || self->paused);
    self->paused = !ended && (paused || self->paused);
    control_dispatch(&self->control, events + control, count - control, now_ms(), &handler);
    keep_time(self);
    if (events[0].revents) break;
  }
}

static void open_relay(struct supervisor *self) {
  static struct relay relay;
  struct container *container = &self->container;
  if (container->master >= 0) {
    relay_terminal(&relay, container->master);
  } else {
    relay_pipes(&relay, container->in, container->out, container->err);
  }
  self->relay = &relay;
}

static void await_start(void *supervisor, int failure_fd) {
  struct supervisor *self = supervisor;
  /* A hook before the command may say more than a pipe holds. */
  if (self->container.foreground && task_find(&self->container.program, PRE_START, 0))
    open_relay(self);
  watch(self, failure_fd);
}

static const char *ending_word(enum ending ending) {
  switch (ending) {
    case BY_TIMEOUT:
      return "timeout";
    case BY_HEALTH_RESTART:
    case BY_HEALTH_STOP:
      return "unhealthy";
    case BY_HOOK:
      return "hook";
    default:
      return NULL;
  }
}

/* After the last process: what is known of the run is written down, and the host cleared. */
static void finish(struct supervisor *self) {
  struct container *container = &self->container;
  struct status *status = &container->status;
  int wait_status = 0;
  self->unknown = container->adopted && !adopted_exit(container, &wait_status);
  if (!container->adopted) RETRY(waitpid(status->pid, &wait_status, 0));
  container_kill(container); /* in a shared pid namespace the others do not end with the first */
  task_reap(&self->task, container);
  if (self->relay) {
    relay_finish(self->relay);
  } else {
    drain(self);
  }
  /* The init's own record knows better: it may have been killed behind its command's end. */
  if (exit_record_read(container->directory, status)) {
    self->unknown = false;
  } else {
    status_set_exit(status, wait_status);
    status->finished_at = now_ns();
  }
  if (self->unknown) status->exit_code = -1;
  status->ended_by = ending_word(self->ending);
  if (self->ending == BY_TIMEOUT) status->exit_code = EXIT_TIMEOUT;
  status->health = NULL;
  struct usage usage = container_usage(container);
  receipt_write(container->directory, status, &usage);
  container_teardown(container);
  unlinkat(container->directory, "stdout", 0);
  unlinkat(container->directory, "stderr", 0);
}

/* Whether another run follows, by the settings and by what ended the last one. */
static bool goes_on(const struct supervisor *self) {
  const struct container *container = &self->container;
  const struct settings *settings = &container->context.settings;
  bool asked = self->asked_at_ms > 0 && now_ms() - self->asked_at_ms <= (int64_t)settings->grace_ms;
  if (self->reply || self->held || self->ending == BY_USER || asked) return false;
  if (self->ending == BY_HEALTH_STOP) return false;
  if (self->ending == BY_HEALTH_RESTART) return true;
  int code = container->status.exit_code == 0 && self->ending != BY_ITSELF
                 ? 1
                 : container->status.exit_code;
  return restart_wanted(&settings->restart, &self->backoff, code);
}

/* Until the next start is due. False when there will be none. */
static bool wait_for_start(struct supervisor *self) {
  struct container *container = &self->container;
  const struct control_handler handler = {.stop = on_stop,
                                          .kill = on_kill,
                                          .reload = on_reload,
                                          .hold = on_hold,
                                          .note = on_ping,
                                          .self = self};
  struct pollfd events[CONTROL_CLIENTS + 1];
  bool at_any_rate = self->ending == BY_HEALTH_RESTART;
  container->status.state = "restarting";
  container->status.pid = 0;
  status_write(container->directory, &container->status);
  int64_t at = now_ms() + backoff_next(&self->backoff, &container->context.settings.restart);
  struct backoff before = self->backoff;
  if (before.attempts > 0) before.attempts--;
  self->waiting = true;
  while (self->waiting) {
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
  self->signalled = self->is_up = self->paused = self->held = false;
  self->stop_signal = 0;
  self->post_start = self->pre_stop = 0;
  self->health = (struct health){0};
}

/* The container has its command, or not: -1. */
static int begin(struct supervisor *self) {
  struct container *container = &self->container;
  self->began_ms = now_ms();
  set_timeout(self);
  container->await = await_start;
  container->awaiter = self;
  return container_start(container);
}

static void open_log(struct supervisor *self, struct logfile *log, bool goes_on_in_it) {
  const struct settings *settings = &self->container.context.settings;
  logfile_open(log, self->container.directory, settings->log_bytes, settings->log_files,
               goes_on_in_it);
  self->log = log;
}

/* One more run of the same container, from the program as it is on disk by now. 0 or -1. */
static int begin_again(struct supervisor *self, struct logfile *log) {
  struct container *container = &self->container;
  const char *path = container->path;
  uint64_t restarts = container->status.restarts + 1;
  forget_run(self);
  logfile_close(log);
  container_close(container);
  int result = container_open(container, path, "program", false);
  container->status.restarts = restarts;
  if (container->directory < 0) return -1;
  unlinkat(container->directory, "failure", 0);
  if (result < 0) {
    failure_write(container->directory, "failure", &container->why);
    container->status.state = "failed";
    container->status.finished_at = now_ns();
    status_write(container->directory, &container->status);
    return -1;
  }
  open_log(self, log, false);
  if (begin(self) < 0) return -1;
  if (container->master >= 0) fcntl(container->master, F_SETFL, O_NONBLOCK);
  return 0;
}

/* The runs that follow the first, until the last of them. */
static void go_on(struct supervisor *self, struct logfile *log) {
  struct container *container = &self->container;
  const char *state = "exited";
  for (;;) {
    /* First: who ran for long enough has all its attempts again. */
    backoff_ran(&self->backoff, &container->context.settings.restart, now_ms() - self->began_ms);
    if (!goes_on(self)) break;
    if (!wait_for_start(self)) break;
    self->unknown = false;
    state = "exited";
    if (begin_again(self, log) == 0) {
      watch(self, -1);
      finish(self);
      continue;
    }
    if (container->directory < 0) break;
    state = "failed";
    container->status.exit_code = exit_code_of(&container->program, &container->why);
    note(self, "cannot start: %s%s%s", container->why.call, container->why.error ? ": " : "",
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

static void answer(const struct reply *reply, const char *word, pid_t pid, const char *directory) {
  char line[4096];
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
  answer(self->reply, "failed", 0, container->path);
  _exit(0);
}

/* From its program or its checkpoint to its command; gives up otherwise. */
static void start(struct supervisor *self, struct logfile *log, bool opened) {
  struct container *container = &self->container;
  bool restores = container->restores;
  if (!opened) give_up(self);
  /* It outlives the program that names it. */
  const char *socket = container->context.settings.control;
  const char *path = socket ? strdup(socket) : NULL;
  if (control_open(&self->control, path) < 0) {
    failure_set(&container->why, "bind(\"%s\")", path);
    give_up(self);
  }
  /* The output of a hook before the command has to go somewhere. */
  if (task_find(&container->program, PRE_START, 0)) open_log(self, log, restores);
  if (begin(self) < 0) give_up(self);
  if (!self->log) open_log(self, log, restores);
  if (restores) self->post_start = UINT32_MAX; /* it goes on, it does not start */
  if (restores) reload(self); /* the program of a restore has no command to put a task's for */
  if (container->master >= 0) fcntl(container->master, F_SETFL, O_NONBLOCK);
}

/* It runs on whatever comes of this: only the reason is written down. */
static void adopt(struct supervisor *self, bool opened) {
  struct container *container = &self->container;
  unlinkat(container->directory, "adoption", 0);
  bool adopted = opened && container_adopt(container) == 0;
  const char *socket = container->context.settings.control;
  const char *path = adopted && socket ? strdup(socket) : NULL;
  if (adopted && control_open(&self->control, path) < 0) {
    failure_set(&container->why, "bind(\"%s\")", path);
    adopted = false;
  }
  if (!adopted) {
    failure_write(container->directory, "adoption", &container->why);
    answer(self->reply, "failed", 0, container->path);
    _exit(0);
  }
  self->began_ms = now_ms() - (now_ns() - container->status.started_at) / 1000000;
  set_timeout(self);
  while (hook(self, POST_START, self->post_start)) self->post_start++; /* they are over */
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
  if (origin == ADOPTED) {
    adopt(&self, opened == 0);
    open_log(&self, &log, true);
  } else {
    start(&self, &log, opened == 0);
  }
  watch(&self, -1);
  finish(&self);
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
  if (self.reply) answer(self.reply, "started", container->status.pid, run_directory);
  self.reply = NULL;
  go_on(&self, &log);
  _exit(0);
}

int exit_code_of(const struct program *program, const struct failure *why) {
  if (why->step < 0 || (uint32_t)why->step >= program->count) return 125;
  if (strcmp(op_name(program->steps[why->step].op), "exec") != 0) return 125;
  return why->error == ENOENT || why->error == ENOTDIR ? 127 : 126;
}

int run_in_foreground(const char *run_directory) {
  static struct supervisor self;
  struct container *container = &self.container;
  prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  sigset_t signals;
  sigemptyset(&signals);
  static const int forwarded[] = FORWARDED;
  for (size_t i = 0; i < COUNT(forwarded); i++) sigaddset(&signals, forwarded[i]);
  sigaddset(&signals, SIGWINCH);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  signal(SIGPIPE, SIG_IGN);
  self.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);

  int opened = container_open(container, run_directory, "program", true);
  if (opened == 0 && control_open(&self.control, container->context.settings.control) < 0)
    opened = failure_set(&container->why, "bind(\"%s\")", container->context.settings.control);
  if (opened < 0) {
    if (container->directory >= 0) failure_write(container->directory, "failure", &container->why);
    return 125;
  }
  /* Who is stopped with SIGKILL ends with the caller at once; the init goes with this process. */
  if (container->context.settings.stop_signal == SIGKILL) prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (begin(&self) < 0) {
    if (self.relay) relay_finish(self.relay);
    control_close(&self.control, 125);
    return exit_code_of(&container->program, &container->why);
  }
  if (!self.relay) open_relay(&self);
  watch(&self, -1);
  finish(&self);
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
