/*
 * client --fork--> joiner: joins the cgroups (their paths are the host's), then the namespaces
 *                    |--clone(CLONE_PARENT)--> command, a child of the client, inside
 *                    |--> client: pid of the command, master of its pty
 *                    `--> ends when the command was executed; kills it when the client has died
 *
 * The joiner is in the container's mount namespace but never in its pid namespace: nobody inside
 * can see it, and it is not dumpable for those who could (CVE-2016-9962).
 */
#define _GNU_SOURCE
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "container.h"
#include "crash.h"
#include "relay.h"
#include "supervise.h"
#include "util.h"

struct client {
  struct program program;
  struct context context;
  struct failure why;
  int in;
  int out;
  int err;
  int command[3]; /* the command's ends */
  int failure_fd[2];
  int socket[2];
};

static void give_up(struct client *client) {
  if (write(client->failure_fd[1], &client->why, sizeof(client->why)) < 0) _exit(126);
  _exit(125);
}

static int join(struct client *client) {
  struct context *context = &client->context;
  struct failure *why = &client->why;
  if (context->join_pid == 0) return join_process(context, -1, why);
  cleanup_fd int pidfd = (int)syscall(SYS_pidfd_open, context->join_pid, 0);
  if (pidfd < 0) return failure_set(why, "pidfd_open(%d)", (int)context->join_pid);
  /* The number may have been used again since Java looked: the start time tells. */
  if (process_start_time(context->join_pid) != context->join_start)
    return failure_because(why, ESRCH, "process %d is not the container's any more",
                           (int)context->join_pid);
  return join_process(context, pidfd, why);
}

/* Its end of the socket is nobody else's; see joiner_main. */
static bool is_gone(const struct pollfd *client) { return client->revents & POLLHUP; }

/*
 * A command whose client dies before PDEATHSIG is set, or when a change of ids has just cleared it,
 * would be the child of whoever reaps. Until it is executed the joiner looks after that.
 */
static void guard(const struct client *client, pid_t command) {
  struct pollfd events[] = {{.fd = client->socket[1]},
                            {.fd = client->failure_fd[0], .events = POLLIN}};
  if (RETRY(poll(events, COUNT(events), -1)) < 0 || is_gone(&events[0])) kill(command, SIGKILL);
}

static void joiner_main(struct client *client) {
  struct context *context = &client->context;
  close(client->socket[0]);
  crash_hold(AT_FDCWD, "crash.exec");
  if (run_phase(&client->program, PHASE_HOST, context, &client->why) < 0) give_up(client);
  if (join(client) < 0) {
    for (uint32_t i = 0; i < client->program.count; i++) {
      if (strcmp(op_name(client->program.steps[i].op), "join-namespaces") == 0)
        client->why.step = (int32_t)i;
    }
    give_up(client);
  }
  int master = -1;
  int slave = -1;
  if (context->settings.terminal) {
    master = open_terminal(context, &slave, &client->why);
    if (master < 0) give_up(client);
  }
  struct pollfd end = {.fd = client->socket[1]};
  if (poll(&end, 1, 0) > 0 && is_gone(&end)) _exit(125);
  context->die_with_parent = true;
  pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) {
    failure_set(&client->why, "clone()");
    give_up(client);
  }
  if (pid == 0) {
    crash_hold(AT_FDCWD, "crash.command");
    command_main(&client->program, context, client->command, slave, client->failure_fd[1]);
  }
  if (send_fd(client->socket[1], master, pid) < 0) {
    kill(pid, SIGKILL);
    _exit(125);
  }
  close(client->failure_fd[1]);
  guard(client, pid);
  _exit(0);
}

/* One that any user of the container may open again as /dev/stdout. */
static int open_pipe(int ends[2]) {
  return pipe2(ends, O_CLOEXEC) < 0 || fchmod(ends[0], 0666) < 0 ? -1 : 0;
}

static int open_streams(struct client *client) {
  int out[2];
  int err[2];
  int in[2];
  const struct settings *settings = &client->context.settings;
  if (pipe2(client->failure_fd, O_CLOEXEC) < 0 ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client->socket) < 0)
    return failure_set(&client->why, "pipe2()");
  if (settings->terminal) return 0;
  if (open_pipe(out) < 0 || open_pipe(err) < 0) return failure_set(&client->why, "pipe2()");
  client->out = out[0];
  client->command[1] = out[1];
  client->err = err[0];
  client->command[2] = err[1];
  fcntl(client->out, F_SETFL, O_NONBLOCK);
  fcntl(client->err, F_SETFL, O_NONBLOCK);
  if (settings->stdin_open) {
    if (open_pipe(in) < 0) return failure_set(&client->why, "pipe2()");
    client->command[0] = in[0];
    client->in = in[1];
    fcntl(client->in, F_SETFL, O_NONBLOCK);
  } else {
    client->command[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  return 0;
}

static int watch(struct client *client, struct relay *relay, int pidfd, int signals, pid_t pid) {
  struct pollfd events[2 + RELAY_LANES];
  for (;;) {
    events[0] = (struct pollfd){.fd = pidfd, .events = POLLIN};
    events[1] = (struct pollfd){.fd = signals, .events = POLLIN};
    nfds_t count = 2 + relay_prepare(relay, events + 2);
    if (poll(events, count, -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    struct signalfd_siginfo info;
    if (events[1].revents && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
      if (info.ssi_signo == SIGWINCH) {
        relay_resize(relay);
      } else {
        syscall(SYS_pidfd_send_signal, pidfd, (int)info.ssi_signo, NULL, 0);
      }
    }
    relay_dispatch(relay, events + 2);
    if (events[0].revents) break;
  }
  (void)client;
  int status = 0;
  RETRY(waitpid(pid, &status, 0));
  relay_finish(relay);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The record goes beside the program, where Java looks for it. */
static int failed(struct client *client, const char *program_file) {
  char path[PATH_MAX];
  char *name = NULL;
  if (snprintf(path, sizeof(path), "%s.failure", program_file) < (int)sizeof(path))
    name = strrchr(path, '/');
  if (name) {
    *name++ = '\0';
    cleanup_fd int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) failure_write(directory, name, &client->why);
  }
  return exit_code_of(&client->program, &client->why);
}

int exec_program(const char *program_file) {
  static struct client client = {
      .in = -1, .out = -1, .err = -1, .command = {-1, -1, -1}, .why = {.step = -1}};
  static struct relay relay;
  sigset_t signals;
  static const int FORWARDED[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

  context_init(&client.context);
  int decoded = program_read(AT_FDCWD, program_file, &client.program, &client.why);
  unlink(program_file);
  if (decoded < 0 ||
      run_phase(&client.program, PHASE_SUPERVISE, &client.context, &client.why) < 0 ||
      open_streams(&client) < 0)
    return failed(&client, program_file);

  sigemptyset(&signals);
  for (size_t i = 0; i < COUNT(FORWARDED); i++) sigaddset(&signals, FORWARDED[i]);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  signal(SIGPIPE, SIG_IGN);
  int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);

  pid_t joiner = fork();
  if (joiner < 0) {
    failure_set(&client.why, "fork()");
    return failed(&client, program_file);
  }
  if (joiner == 0) joiner_main(&client);
  close(client.failure_fd[1]);
  close(client.socket[1]);
  for (int i = 0; i < 3; i++) {
    if (client.command[i] >= 0) close(client.command[i]);
  }
  pid_t pid = 0;
  int master = receive_fd(client.socket[0], &pid);
  RETRY(waitpid(joiner, NULL, 0));
  struct failure why;
  ssize_t length = RETRY(read(client.failure_fd[0], &why, sizeof(why)));
  if (length == (ssize_t)sizeof(why)) {
    why.call[sizeof(why.call) - 1] = '\0';
    client.why = why;
    if (pid > 0) RETRY(waitpid(pid, NULL, 0));
    return failed(&client, program_file);
  }
  if (pid <= 0) {
    failure_because(&client.why, EIO, "the helper inside the container died");
    return failed(&client, program_file);
  }
  int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (master >= 0) {
    relay_terminal(&relay, master);
  } else {
    relay_pipes(&relay, client.in, client.out, client.err);
  }
  return watch(&client, &relay, pidfd, signal_fd, pid);
}
