/* Pid 1 of a container: makes the room, starts the command, reaps, passes signals on. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "container.h"
#include "crash.h"
#include "task.h"
#include "util.h"

#define EXIT_RECORD_BYTES 96

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static void report(int failure_fd, const struct failure *why) {
  /* Smaller than PIPE_BUF: one piece, or not at all when nobody listens any more. */
  if (write(failure_fd, why, sizeof(*why)) < 0) _exit(126);
}

int shut_off(struct failure *why) {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
    return failure_set(why, "keyctl(KEYCTL_JOIN_SESSION_KEYRING)");
  return 0;
}

void command_main(const struct program *program, struct context *context, const int streams[3],
                  int terminal, int failure_fd) {
  struct failure why = {.step = -1};
  setsid();
  if (shut_off(&why) < 0) {
    report(failure_fd, &why);
    _exit(126);
  }
  if (terminal >= 0 && ioctl(terminal, TIOCSCTTY, 0) < 0) {
    failure_set(&why, "ioctl(TIOCSCTTY)");
    report(failure_fd, &why);
    _exit(126);
  }
  for (int i = 0; i < 3; i++) {
    int from = terminal >= 0 ? terminal : streams[i];
    if (dup2(from, i) < 0) {
      failure_set(&why, "dup2(%d)", i);
      report(failure_fd, &why);
      _exit(126);
    }
  }
  run_phase(program, PHASE_PROCESS, context, &why);
  if (why.step < 0) failure_because(&why, EINVAL, "the program names no command");
  report(failure_fd, &why);
  _exit(127);
}

int open_terminal(const struct context *context, int *slave, struct failure *why) {
  struct stat stat;
  int unlock = 0;
  cleanup_fd int master =
      open_in_root(context, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, RESOLVE_NO_SYMLINKS);
  if (master < 0) return failure_set(why, "open(\"/dev/pts/ptmx\")");
  if (fstat(master, &stat) < 0 || !S_ISCHR(stat.st_mode))
    return failure_because(why, ENODEV, "open(\"/dev/pts/ptmx\"): not a terminal multiplexer");
  if (ioctl(master, TIOCSPTLCK, &unlock) < 0) return failure_set(why, "ioctl(TIOCSPTLCK)");
  *slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*slave < 0) return failure_set(why, "ioctl(TIOCGPTPEER)");
  /* As large as the caller's from the first moment, where the caller has one. */
  struct winsize size;
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) ioctl(master, TIOCSWINSZ, &size);
  return steal_fd(&master);
}

/*
 * The init outlives everything in the container and shares its pid namespace with it: it keeps
 * nothing that would be worth taking over.
 */
static void give_up_power(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {0};
  data[0].effective = data[0].permitted = 1u << CAP_KILL; /* to pass signals on to any user */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  syscall(SYS_capset, &header, data);
}

/* Not by O_NOFOLLOW, a flag that would stay: criu opens it again by a link of /proc. */
int open_exit_record(const struct container *container) {
  unlinkat(container->directory, "exit", 0);
  int fd = openat(container->directory, "exit", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  /* Its room is taken now: when the disk is full later, how the command ended is known all the
   * same. */
  if (fd >= 0) (void)!fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, EXIT_RECORD_BYTES);
  return fd;
}

static void record_exit(int fd, int status, uint64_t start) {
  char text[EXIT_RECORD_BYTES];
  int length = snprintf(text, sizeof(text), "status=%d start=%llu at=%lld\n", status,
                        (unsigned long long)start, (long long)now_ns());
  if (fd >= 0 && pwrite(fd, text, (size_t)length, 0) < 0) return;
}

/* Waits for the command and for every orphan; all signals are blocked and taken one by one. */
static int reap(pid_t command) {
  sigset_t all;
  sigfillset(&all);
  for (;;) {
    siginfo_t info;
    int signal = sigwaitinfo(&all, &info);
    if (signal < 0) continue;
    if (signal != SIGCHLD) {
      kill(command, signal);
      continue;
    }
    int status;
    int of_command = 0;
    bool ended = false;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (pid == command) {
        ended = true;
        of_command = status;
      }
    }
    if (ended) return of_command;
  }
}

/* Again, since a change of ids takes it away; a supervisor that is gone already left an error. */
static void die_with_supervisor(int failure_fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  struct pollfd reader = {.fd = failure_fd};
  if (poll(&reader, 1, 0) > 0 && (reader.revents & POLLERR)) _exit(125);
}

static void fail(struct container *container) {
  report(container->failure_fd, &container->why);
  _exit(125);
}

/* One hook before the command, to its end. 0, or -1 with `why`. */
static int run_hook(struct container *container, const struct step *hook, const int streams[3]) {
  struct failure *why = &container->why;
  struct program program;
  int report_fd[2];
  int32_t number = (int32_t)(hook - container->program.steps);
  if (pipe2(report_fd, O_CLOEXEC) < 0) return failure_set(why, "pipe2()");
  pid_t pid = fork();
  if (pid == 0) {
    container->context.die_with_parent = true;
    container->context.reached = NULL;
    if (task_program(&container->program, hook, &program) < 0) _exit(125);
    command_main(&program, &container->context, streams, -1, report_fd[1]);
  }
  close(report_fd[1]);
  struct failure of_hook;
  ssize_t length = pid < 0 ? 0 : RETRY(read(report_fd[0], &of_hook, sizeof(of_hook)));
  close(report_fd[0]);
  int status = 0;
  if (pid < 0) failure_set(why, "fork()");
  if (pid > 0) RETRY(waitpid(pid, &status, 0));
  why->step = number;
  if (pid < 0) return -1;
  if (length == (ssize_t)sizeof(of_hook)) {
    of_hook.call[sizeof(of_hook.call) - 1] = '\0';
    return failure_because(why, of_hook.error, "pre_start: %s", of_hook.call);
  }
  if (status != 0)
    return failure_because(why, 0, "pre_start ended with exit code %d",
                           WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  why->step = -1;
  return 0;
}

void init_main(struct container *container) {
  struct context *context = &container->context;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  /* Of this pipe nobody but the supervisor is the reader: without one it tells that it is gone. */
  close_fd(&container->failure_reader);
  container->failure_reader = -1;
  crash_hold(container->directory, "crash.init");
  if (container->foreground) prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  /* Of nobody's session outside: a checkpoint could not name it. */
  if (!container->foreground) setsid();
  /* In a pid namespace that is shared, orphans of this container come here all the same. */
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

  if (shut_off(&container->why) < 0) fail(container);
  uint64_t start = process_start_time(0);
  int exit_fd = open_exit_record(container);
  if (run_phase(&container->program, PHASE_NAMESPACE, context, &container->why) < 0)
    fail(container);
  if (run_phase(&container->program, PHASE_ROOT, context, &container->why) < 0) fail(container);

  if (container->foreground) die_with_supervisor(container->failure_fd);

  int slave = -1;
  if (context->settings.terminal) {
    cleanup_fd int master = open_terminal(context, &slave, &container->why);
    if (master < 0) fail(container);
    if (send_fd(container->terminal_socket, master, 0) < 0) {
      failure_set(&container->why, "sendmsg(terminal)");
      fail(container);
    }
  }
  const int streams[3] = {container->command_in, container->command_out, container->command_err};
  /* A hook does not own the terminal: its end would take it from the command. */
  const int hook_streams[3] = {slave < 0 ? streams[0] : slave, slave < 0 ? streams[1] : slave,
                               slave < 0 ? streams[2] : slave};
  const struct step *hook;
  for (uint32_t i = 0; (hook = task_find(&container->program, PRE_START, i)); i++) {
    if (run_hook(container, hook, hook_streams) < 0) fail(container);
  }
  pid_t command = fork();
  if (command < 0) {
    failure_set(&container->why, "fork()");
    fail(container);
  }
  if (command == 0)
    command_main(&container->program, context, streams, slave, container->failure_fd);

  /* Only the exit record and the FIFOs' ends stay open; the failure pipe closes with the rest. */
  int keep[3] = {exit_fd, container->keep_out, container->keep_err};
  for (int i = 0; i < 3; i++) {
    int high = keep[i] < 0 ? -1 : fcntl(keep[i], F_DUPFD_CLOEXEC, 200);
    keep[i] = high < 0 ? -1 : dup3(high, 100 + i, O_CLOEXEC);
  }
  syscall(SYS_close_range, 0u, 99u, 0u);
  syscall(SYS_close_range, 103u, ~0u, 0u);
  if (chdir("/") < 0) _exit(125);
  give_up_power();

  int status = reap(command);
  record_exit(keep[0], status, start);
  _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}
