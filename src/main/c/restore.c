/*
 * A container from a checkpoint, by criu(8): its processes come from images, everything around them
 * from the program as at a start. The program `restore` has the steps that criu needs done:
 * cgroups, the network, the root mounted where criu shall bind it from, and criu's own arguments.
 *
 *   supervisor --clone3--> criu --restores--> init --restored too--> command
 *        ^------- the init is the supervisor's child when criu has ended: prctl(2), SUBREAPER
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "container.h"
#include "util.h"

/* As the arguments for criu spell them; see RestoreCompiler. */
enum { FD_EXIT = 100, FD_STDOUT, FD_STDERR, FD_STDIN, FD_SHIM, FD_END };

static void fail(struct container *container) {
  /* Smaller than PIPE_BUF: one piece. */
  if (write(container->failure_fd, &container->why, sizeof(container->why)) < 0) _exit(126);
  _exit(125);
}

/* What the restored processes have open outside of the container, in place of what they had. */
static int hand_over(struct container *container) {
  const int files[] = {
      [FD_EXIT - FD_EXIT] = open_exit_record(container),
      [FD_STDOUT - FD_EXIT] = container->keep_out,
      [FD_STDERR - FD_EXIT] = container->keep_err,
      [FD_STDIN - FD_EXIT] = container->command_in,
      [FD_SHIM - FD_EXIT] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC),
  };
  for (int i = 0; i < FD_END - FD_EXIT; i++) {
    int high = fcntl(files[i], F_DUPFD_CLOEXEC, 200);
    if (high < 0 || dup2(high, FD_EXIT + i) < 0)
      return failure_set(&container->why, "dup2(%d)", FD_EXIT + i);
  }
  return 0;
}

void restore_main(struct container *container) {
  struct context *context = &container->context;
  struct failure *why = &container->why;
  if (shut_off(why) < 0) fail(container);
  /* criu makes the file anew or not at all; an attempt that was killed may have left one. */
  unlinkat(container->directory, "pid", 0);
  if (run_phase(&container->program, PHASE_NAMESPACE, context, why) < 0) fail(container);
  /* There is no pivot: the root steps of this program only set what the network has. */
  context->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (run_phase(&container->program, PHASE_ROOT, context, why) < 0) fail(container);
  if (hand_over(container) < 0) fail(container);
  run_phase(&container->program, PHASE_PROCESS, context, why);
  if (why->step < 0) failure_because(why, EINVAL, "the program does not restore");
  fail(container);
  __builtin_unreachable();
}

static int read_pid(const struct container *container) {
  char text[32];
  cleanup_fd int fd = openat(container->directory, "pid", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
  text[length > 0 ? length : 0] = '\0';
  return (int)strtol(text, NULL, 10);
}

int restore_await(struct container *container) {
  int status = 0;
  RETRY(waitpid(container->status.pid, &status, 0));
  close_fd(&container->pidfd);
  container->pidfd = -1;
  if (status != 0) {
    failure_because(&container->why, 0, "criu restore ended with %d",
                    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    container_blame(container, "restore");
    return -1;
  }
  pid_t pid = read_pid(container);
  siginfo_t info = {0};
  /* Only a child cannot be somebody else by now, whatever stands in the file. */
  if (pid <= 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
    return failure_set(&container->why, "waitid(%d)", (int)pid);
  container->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (container->pidfd < 0) return failure_set(&container->why, "pidfd_open(%d)", (int)pid);
  /* Orphans of tasks go where they go beside every other container: nobody asks for them here. */
  prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
  container->status.pid = pid;
  container->status.start = process_start_time(pid);
  container->status.restored = true;
  struct usage usage = container_usage(container);
  usage_set_apart(container->directory, &usage);
  container_reset_peak(container);
  unlinkat(container->directory, "pid", 0);
  return 0;
}
