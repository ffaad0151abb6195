#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "adopt.h"
#include "crash.h"
#include "supervisor.h"
#include "util.h"

#define READ_BYTES (64 * 1024)
/* More than a pty ever holds back, which does not count what is still on its way through it. */
#define TERMINAL_BYTES (64 * 1024)
/* A line that has stopped on its way is written as far as it came: a prompt, or a last word. */
#define LINE_PAUSE_MS 1000

int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * To the init, which passes it on to the command. Who is paused hears it only when it goes on: so
 * it goes on, the signal being there already.
 */
bool run_signal(struct supervisor *self, int signal) {
  const char *cgroup = self->container.context.settings.kill_with;
  if (syscall(SYS_pidfd_send_signal, self->container.pidfd, signal, NULL, 0) < 0) return false;
  if (cgroup) cgroup_thaw(cgroup);
  return true;
}

void run_end(struct supervisor *self, enum ending why, int signal, uint64_t grace_ms) {
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
  if (first && supervisor_hook(self, PRE_STOP, 0)) {
    const char *cgroup = self->container.context.settings.kill_with;
    if (cgroup) cgroup_thaw(cgroup); /* who is paused would not come to its hook */
    task_kill(&self->task, &self->container);
  } else if (!supervisor_hook(self, PRE_STOP, self->pre_stop)) {
    self->signalled = true;
    run_signal(self, signal);
  }
}

void run_set_timeout(struct supervisor *self) {
  uint64_t limit = self->container.context.settings.timeout_ms;
  self->timeout_at_ms = limit > 0 ? self->began_ms + (int64_t)limit : 0;
}

/* One read of a stream into the log, of so many bytes at most. 0 at its end. */
static size_t log_some(struct supervisor *self, int *fd, struct log_stream *stream, size_t most) {
  static char bytes[READ_BYTES];
  ssize_t count = read(*fd, bytes, most < sizeof(bytes) ? most : sizeof(bytes));
  if (count > 0) {
    logfile_add(self->log, stream, bytes, (size_t)count);
    stream->came_ms = now_ms();
    return (size_t)count;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  close_fd(fd); /* EIO: the last slave of the pty was closed */
  *fd = -1;
  return 0;
}

static void write_paused(struct supervisor *self, struct log_stream *stream) {
  if (stream->length > 0 && now_ms() - stream->came_ms >= LINE_PAUSE_MS)
    logfile_end(self->log, stream);
}

/*
 * What the container said last, and no more: it may have handed its stream to somebody who outlives
 * it and writes faster than a log is written.
 */
static void drain(struct supervisor *self) {
  struct container *container = &self->container;
  int *streams[] = {&container->out, &container->err, &container->master};
  struct log_stream *names[] = {&self->out, &self->err, &self->out};
  for (size_t i = 0; i < COUNT(streams); i++) {
    int lies_there = 0; /* at most what the pipe holds, whose size the container may have changed */
    if (*streams[i] < 0) continue;
    if (streams[i] == &container->master) {
      lies_there = TERMINAL_BYTES;
    } else if (ioctl(*streams[i], FIONREAD, &lies_there) < 0 || lies_there < 0) {
      continue;
    }
    for (size_t left = (size_t)lies_there; left > 0 && *streams[i] >= 0;) {
      size_t count = log_some(self, streams[i], names[i], left);
      if (count == 0) break;
      left -= count;
    }
  }
}

static void forward(struct supervisor *self) {
  struct signalfd_siginfo info;
  if (read(self->signals, &info, sizeof(info)) != (ssize_t)sizeof(info)) return;
  if (info.ssi_signo == SIGWINCH) {
    relay_resize(self->relay);
  } else {
    run_signal(self, (int)info.ssi_signo);
  }
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
  if (self->out.length > 0) earlier(&most, self->out.came_ms + LINE_PAUSE_MS, now);
  if (self->err.length > 0) earlier(&most, self->err.came_ms + LINE_PAUSE_MS, now);
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
    supervisor_note(self, "the time is over: timeout of %llu.%03llu s",
                    (unsigned long long)(limit / 1000), (unsigned long long)(limit % 1000));
    run_end(self, BY_TIMEOUT, container->context.settings.stop_signal,
            container->context.settings.grace_ms);
  }
  if (self->kill_at_ms && now >= self->kill_at_ms) {
    container_kill(container);
    self->kill_at_ms = now + 1000; /* and again, should anything have slipped in */
  }
}

void run_watch(struct supervisor *self, int failure_fd) {
  struct container *container = &self->container;
  bool starts = failure_fd >= 0;
  const struct control_handler handler = requests_handler(self);
  struct pollfd events[8 + TASK_EVENTS + CONTROL_CLIENTS + RELAY_LANES];
  for (;;) {
    if (!starts) chores_advance(self);
    nfds_t count = 0;
    int end = starts ? failure_fd : container->pidfd;
    events[count++] = (struct pollfd){.fd = end, .events = POLLIN};
    events[count++] = (struct pollfd){.fd = self->signals, .events = POLLIN};
    events[count++] = (struct pollfd){.fd = container->oom.event, .events = POLLIN};
    events[count++] = (struct pollfd){.fd = self->held ? self->holder : -1, .events = POLLIN};
    nfds_t task = count;
    count += task_prepare(&self->task, events + count);
    nfds_t streams = count;
    if (self->relay) {
      count += relay_prepare(self->relay, events + count);
    } else {
      /* Later, when there is no log yet, or nobody but the command will speak. */
      bool log = self->log && (!starts || supervisor_hook(self, PRE_START, 0));
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
    if (events[3].revents) requests_holder_ended(self);
    if (oom_group_struck(&container->oom)) {
      container_kill(container);
      self->kill_at_ms = now_ms() + 1000;
    }
    if (self->relay) {
      relay_dispatch(self->relay, events + streams);
      write_paused(self, &self->out);
      write_paused(self, &self->err);
      if (self->log) logfile_flush(self->log);
    } else if (self->log && !(starts && events[0].revents)) {
      /* What the command says is of its time, which begins when it was executed. */
      if (events[streams].revents) log_some(self, &container->out, &self->out, READ_BYTES);
      if (events[streams + 1].revents) log_some(self, &container->err, &self->err, READ_BYTES);
      if (events[streams + 2].revents) log_some(self, &container->master, &self->out, READ_BYTES);
      write_paused(self, &self->out);
      write_paused(self, &self->err);
      logfile_flush(self->log);
    }
    bool late =
        self->task.pid > 0 && self->task.deadline_ms > 0 && now_ms() >= self->task.deadline_ms;
    bool paused = late && supervisor_is_paused(self);
    bool ended = task_dispatch(&self->task, container, events + task, now_ms());
    if (ended && !events[0].revents) chores_ended(self, paused || self->paused);
    self->paused = !ended && (paused || self->paused);
    control_dispatch(&self->control, events + control, count - control, now_ms(), &handler);
    keep_time(self);
    if (events[0].revents) break;
  }
}

/* What a run says to its caller is kept, too: whoever asks later was not there. */
static void log_heard(void *supervisor, int which, const char *bytes, size_t length) {
  struct supervisor *self = supervisor;
  struct log_stream *stream = which == STDERR_FILENO ? &self->err : &self->out;
  logfile_add(self->log, stream, bytes, length);
  stream->came_ms = now_ms();
}

void run_open_relay(struct supervisor *self) {
  static struct relay relay;
  struct container *container = &self->container;
  if (container->master >= 0) {
    relay_terminal(&relay, container->master);
  } else {
    relay_pipes(&relay, container->in, container->out, container->err);
  }
  relay.heard = self->log ? log_heard : NULL;
  relay.listener = self;
  self->relay = &relay;
}

static bool await_start(void *supervisor, int failure_fd) {
  struct supervisor *self = supervisor;
  /* A hook before the command may say more than a pipe holds. */
  if (self->container.foreground && task_find(&self->container.program, PRE_START, 0))
    run_open_relay(self);
  run_watch(self, failure_fd);
  return self->ending != BY_ITSELF;
}

int run_begin(struct supervisor *self) {
  struct container *container = &self->container;
  self->began_ms = now_ms();
  run_set_timeout(self);
  container->await = await_start;
  container->awaiter = self;
  return container_start(container);
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
    case BY_CHECKPOINT:
      return "checkpoint";
    default:
      return NULL;
  }
}

void run_finish(struct supervisor *self) {
  struct container *container = &self->container;
  struct status *status = &container->status;
  int wait_status = 0;
  self->unknown = container->adopted && !adopted_exit(container, &wait_status);
  if (!container->adopted) RETRY(waitpid(status->pid, &wait_status, 0));
  crash_at("kill who is left");
  container_kill(container); /* in a shared pid namespace the others do not end with the first */
  task_reap(&self->task, container);
  if (self->relay) {
    relay_finish(self->relay);
  } else {
    drain(self);
  }
  if (self->log) {
    logfile_end(self->log, &self->out);
    logfile_end(self->log, &self->err);
    logfile_flush(self->log);
  }
  /* The init's own record knows better: it may have been killed behind its command's end. */
  bool recorded = exit_record_read(container->directory, status);
  if (recorded) {
    self->unknown = false;
  } else {
    status_set_exit(status, wait_status);
    status->finished_at = now_ns();
  }
  if (self->unknown) status->exit_code = -1;
  /* Of a checkpoint that is whole no more is seen than that its processes were killed. */
  bool whole = requests_release(self);
  if (whole && !recorded && status->signal == SIGKILL) self->ending = BY_CHECKPOINT;
  status->ended_by = ending_word(self->ending);
  if (self->ending == BY_TIMEOUT) status->exit_code = EXIT_TIMEOUT;
  status->health = NULL;
  struct usage usage = container_usage(container);
  struct status of_run = *status;
  /* It goes on some day: it has no exit code, and nobody killed it. */
  if (self->ending == BY_CHECKPOINT) of_run.exit_code = -1;
  receipt_write(container->directory, &of_run, &usage);
  container_teardown(container);
  crash_at("unlink the streams");
  unlinkat(container->directory, "stdout", 0);
  unlinkat(container->directory, "stderr", 0);
}
