#define _GNU_SOURCE
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "adopt.h"
#include "control.h"
#include "logfile.h"
#include "receipt.h"
#include "relay.h"
#include "util.h"

#define READ_BYTES (64 * 1024)
#define FORWARDED \
  { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 }

struct supervisor {
  struct container container;
  struct control control;
  struct logfile *log; /* in the background */
  struct log_stream out;
  struct log_stream err;
  struct relay *relay; /* in the foreground */
  int signals;         /* signalfd of the foreground, -1 */
  int64_t kill_at_ms;  /* when the grace is over; 0 while nobody asked */
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

static void on_stop(void *supervisor, int signal, uint64_t grace_ms) {
  struct supervisor *self = supervisor;
  int64_t patience = grace_ms > 86400000 ? 86400000 : (int64_t)grace_ms;
  int64_t at = now_ms() + patience;
  self->container.status.stopped = true;
  if (self->kill_at_ms == 0 || at < self->kill_at_ms) self->kill_at_ms = at;
  if (signal == SIGKILL || grace_ms == 0) {
    container_kill(&self->container);
  } else {
    send_signal(self, signal);
  }
}

static bool on_kill(void *supervisor, int signal) {
  struct supervisor *self = supervisor;
  if (signal != SIGKILL) return send_signal(self, signal);
  self->container.status.stopped = true;
  container_kill(&self->container);
  return true;
}

/*
 * Of the program that lies in the run directory now, what can be had without a new process. Who is
 * asked to stop is told with which signal, so only the log is kept here.
 */
static bool on_settings(void *supervisor) {
  struct supervisor *self = supervisor;
  struct container *container = &self->container;
  static struct context fresh;
  struct program program = {0};
  struct failure why = {.step = -1};
  context_init(&fresh);
  if (program_read(container->directory, "program", &program, &why) < 0) return false;
  bool known = run_phase(&program, PHASE_SUPERVISE, &fresh, &why) == 0;
  if (known && self->log)
    logfile_limit(self->log, fresh.settings.log_bytes, fresh.settings.log_files);
  program_free(&program);
  return known;
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

static int timeout_ms(const struct supervisor *self) {
  bool waiting = false;
  for (size_t i = 0; i < CONTROL_CLIENTS; i++)
    waiting |= self->control.clients[i].fd >= 0 && !self->control.clients[i].waits;
  int64_t most = waiting ? 1000 : -1;
  if (self->kill_at_ms) {
    int64_t left = self->kill_at_ms - now_ms();
    left = left < 0 ? 0 : left;
    most = most < 0 || left < most ? left : most;
  }
  int64_t look = oom_group_timeout_ms(&self->container.oom, now_ms());
  if (look >= 0 && (most < 0 || look < most)) most = look;
  return (int)most;
}

/* Until the init has ended. */
static void watch(struct supervisor *self) {
  struct container *container = &self->container;
  const struct control_handler handler = {
      .stop = on_stop, .kill = on_kill, .settings = on_settings, .note = on_ping, .self = self};
  struct pollfd events[8 + CONTROL_CLIENTS + RELAY_LANES];
  for (;;) {
    nfds_t count = 0;
    events[count++] = (struct pollfd){.fd = container->pidfd, .events = POLLIN};
    events[count++] = (struct pollfd){.fd = self->signals, .events = POLLIN};
    events[count++] = (struct pollfd){.fd = container->oom.event, .events = POLLIN};
    nfds_t streams = count;
    if (self->relay) {
      count += relay_prepare(self->relay, events + count);
    } else {
      events[count++] = (struct pollfd){.fd = container->out, .events = POLLIN};
      events[count++] = (struct pollfd){.fd = container->err, .events = POLLIN};
      events[count++] = (struct pollfd){.fd = container->master, .events = POLLIN};
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
    } else {
      if (events[streams].revents) log_some(self, &container->out, &self->out);
      if (events[streams + 1].revents) log_some(self, &container->err, &self->err);
      if (events[streams + 2].revents) log_some(self, &container->master, &self->out);
      logfile_flush(self->log);
    }
    control_dispatch(&self->control, events + control, count - control, now_ms(), &handler);
    if (self->kill_at_ms && now_ms() >= self->kill_at_ms) {
      container_kill(container);
      self->kill_at_ms = now_ms() + 1000; /* and again, should anything have slipped in */
    }
    if (events[0].revents) break;
  }
}

static void finish(struct supervisor *self) {
  struct container *container = &self->container;
  int wait_status = 0;
  bool known = true;
  if (container->adopted) {
    known = adopted_exit(container, &wait_status);
  } else {
    RETRY(waitpid(container->status.pid, &wait_status, 0));
  }
  container_kill(container); /* in a shared pid namespace the others do not end with the first */
  if (self->relay) {
    relay_finish(self->relay);
  } else {
    drain(self);
  }
  /* The init's own record knows better: it may have been killed behind its command's end. */
  if (exit_record_read(container->directory, &container->status)) {
    known = true;
  } else {
    status_set_exit(&container->status, wait_status);
    container->status.finished_at = now_ns();
  }
  if (!known) container->status.exit_code = -1;
  struct usage usage = container_usage(container);
  receipt_write(container->directory, &container->status, &usage);
  container_teardown(container);
  unlinkat(container->directory, "stdout", 0);
  unlinkat(container->directory, "stderr", 0);
  /* Without a code the old status stays, whose processes are gone: everybody sees that it is lost.
   */
  if (known) {
    container->status.state = "exited";
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

/* It runs on whatever comes of this: only the reason is written down. */
static bool adopt(struct supervisor *self, bool opened) {
  struct container *container = &self->container;
  unlinkat(container->directory, "adoption", 0);
  bool adopted = opened && container_adopt(container) == 0;
  if (adopted && control_open(&self->control, container->context.settings.control) < 0) {
    failure_set(&container->why, "bind(\"%s\")", container->context.settings.control);
    adopted = false;
  }
  if (!adopted) failure_write(container->directory, "adoption", &container->why);
  return adopted;
}

void supervise(const char *run_directory, enum origin origin, const struct reply *reply) {
  static struct supervisor self;
  static struct logfile log;
  self.signals = -1;
  self.out.name = "stdout";
  self.err.name = "stderr";
  setsid();
  ignore_signals();
  struct container *container = &self.container;
  bool restores = origin == RESTORED;
  bool up = container_open(container, run_directory, restores ? "restore" : "program", false) == 0;
  container->restores = restores;
  if (origin == ADOPTED) {
    up = adopt(&self, up);
  } else if (!up) {
    if (container->directory >= 0) {
      failure_write(container->directory, "failure", &container->why);
      container->status.state = "failed";
      container->status.finished_at = now_ns();
      status_write(container->directory, &container->status);
    }
  } else if (control_open(&self.control, container->context.settings.control) < 0) {
    up = false;
    failure_set(&container->why, "bind(\"%s\")", container->context.settings.control);
    failure_write(container->directory, "failure", &container->why);
    container->status.state = "failed";
    status_write(container->directory, &container->status);
  } else {
    up = container_start(container) == 0;
    if (!up) control_close(&self.control, 125);
  }
  if (up) {
    self.log = &log;
    logfile_open(&log, container->directory, container->context.settings.log_bytes,
                 container->context.settings.log_files, origin != STARTED);
    if (container->master >= 0) fcntl(container->master, F_SETFL, O_NONBLOCK);
  }
  answer(reply, up ? "started" : "failed", up ? container->status.pid : 0, run_directory);
  if (!up) _exit(0);
  watch(&self);
  finish(&self);
  _exit(0);
}

int exit_code_of(const struct program *program, const struct failure *why) {
  if (why->step < 0 || (uint32_t)why->step >= program->count) return 125;
  if (strcmp(op_name(program->steps[why->step].op), "exec") != 0) return 125;
  return why->error == ENOENT || why->error == ENOTDIR ? 127 : 126;
}

int run_in_foreground(const char *run_directory) {
  static struct supervisor self;
  static struct relay relay;
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
  if (container_start(container) < 0) {
    control_close(&self.control, 125);
    return exit_code_of(&container->program, &container->why);
  }
  if (container->master >= 0) {
    relay_terminal(&relay, container->master);
  } else {
    relay_pipes(&relay, container->in, container->out, container->err);
  }
  self.relay = &relay;
  watch(&self);
  finish(&self);
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
