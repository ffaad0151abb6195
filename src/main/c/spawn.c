#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "container.h"
#include "crash.h"
#include "util.h"

#define PIPE_BYTES (256 * 1024)

int container_open(struct container *container, const char *path, const char *program,
                   bool foreground) {
  *container = (struct container){
      .path = path,
      .directory = -1,
      .foreground = foreground,
      .pidfd = -1,
      .oom = {.event = -1, .control = -1},
      .out = -1,
      .err = -1,
      .in = -1,
      .master = -1,
      .command_in = -1,
      .command_out = -1,
      .command_err = -1,
      .keep_out = -1,
      .keep_err = -1,
      .failure_fd = -1,
      .failure_reader = -1,
      .terminal_socket = -1,
  };
  context_init(&container->context);
  container->why.step = -1;
  container->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (container->directory < 0) return failure_set(&container->why, "open(\"%s\")", path);
  if (program_read(container->directory, program, &container->program, &container->why) < 0)
    return -1;
  container->status = (struct status){
      .state = "starting",
      .supervisor = getpid(),
      .supervisor_start = process_start_time(0),
  };
  return run_phase(&container->program, PHASE_SUPERVISE, &container->context, &container->why);
}

static void close_and_forget(int *fd) {
  close_fd(fd);
  *fd = -1;
}

void container_close(struct container *container) {
  int *const open[] = {&container->directory,
                       &container->pidfd,
                       &container->oom.event,
                       &container->oom.control,
                       &container->out,
                       &container->err,
                       &container->in,
                       &container->master,
                       &container->context.user_fd,
                       &container->context.root_fd};
  for (size_t i = 0; i < COUNT(open); i++) close_and_forget(open[i]);
  program_free(&container->program);
}

static int open_fifo(struct container *container, const char *name, int *read_end, int *write_end,
                     int *keep) {
  int directory = container->directory;
  unlinkat(directory, name, 0);
  if (mkfifoat(directory, name, 0600) < 0)
    return failure_set(&container->why, "mkfifo(\"%s\")", name);
  *read_end = openat(directory, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  *keep = openat(directory, name, O_RDWR | O_CLOEXEC);
  *write_end = openat(directory, name, O_WRONLY | O_CLOEXEC);
  if (*read_end < 0 || *keep < 0 || *write_end < 0)
    return failure_set(&container->why, "open(\"%s\")", name);
  /* /dev/stdout is opened by name, and by any user of the container. */
  if (fchmod(*write_end, 0622) < 0) return failure_set(&container->why, "fchmod(\"%s\")", name);
  /* More room, where the limits of pipe(7) allow it. */
  fcntl(*read_end, F_SETPIPE_SZ, PIPE_BYTES);
  return 0;
}

static int open_pipe(struct container *container, int *read_end, int *write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return failure_set(&container->why, "pipe2()");
  *read_end = ends[0];
  *write_end = ends[1];
  /* As a FIFO's, but for either end: it has no name that others could open it by. */
  if (fchmod(ends[0], 0666) < 0) return failure_set(&container->why, "fchmod(pipe)");
  return 0;
}

static int open_streams(struct container *container) {
  const struct settings *settings = &container->context.settings;
  if (settings->terminal) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
      return failure_set(&container->why, "socketpair()");
    container->master = -1;
    container->terminal_socket = ends[1];
    container->in = ends[0]; /* until the master comes through it */
    return 0;
  }
  if (container->foreground) {
    if (open_pipe(container, &container->out, &container->command_out) < 0 ||
        open_pipe(container, &container->err, &container->command_err) < 0)
      return -1;
    fcntl(container->out, F_SETFL, O_NONBLOCK);
    fcntl(container->err, F_SETFL, O_NONBLOCK);
  } else if (open_fifo(container, "stdout", &container->out, &container->command_out,
                       &container->keep_out) < 0 ||
             open_fifo(container, "stderr", &container->err, &container->command_err,
                       &container->keep_err) < 0) {
    return -1;
  }
  if (settings->stdin_open && container->foreground) {
    if (open_pipe(container, &container->command_in, &container->in) < 0) return -1;
    fcntl(container->in, F_SETFL, O_NONBLOCK);
    return 0;
  }
  container->command_in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (container->command_in < 0) return failure_set(&container->why, "open(\"/dev/null\")");
  return 0;
}

static int clone_init(struct container *container) {
  struct context *context = &container->context;
  cleanup_fd int cgroup = -1;
  int pidfd = -1;
  struct clone_args arguments = {
      .flags = context->clone_flags | CLONE_PIDFD,
      .pidfd = (uintptr_t)&pidfd,
      .exit_signal = SIGCHLD,
  };
  if (strcmp(context->born_in, "/") != 0) {
    cgroup = open(context->born_in, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (cgroup < 0) return failure_set(&container->why, "open(\"%s\")", context->born_in);
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = (uint32_t)cgroup;
  }
  pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
  if (pid < 0) return failure_set(&container->why, "clone3(0x%lx)", context->clone_flags);
  if (pid == 0 && container->restores) restore_main(container);
  if (pid == 0) init_main(container);
  container->pidfd = pidfd;
  container->status.pid = pid;
  container->status.start = process_start_time(pid);
  return 0;
}

/*
 * Who joined another's pid namespace bears its children there. Only the init belongs there: what
 * this process forks later is the machine's, and must not fail when that namespace has died.
 */
static void bear_at_home(struct context *context) {
  if (!context->bears_elsewhere) return;
  cleanup_fd int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
  if (own < 0 || setns(own, CLONE_NEWPID) < 0) return;
  context->bears_elsewhere = false;
}

/* By what its init, or its command on the way to be executed, has ended. Always -1. */
static int killed_on_the_way(struct container *container) {
  siginfo_t info = {0};
  if (RETRY(waitid(P_PID, (id_t)container->status.pid, &info, WEXITED | WNOWAIT)) < 0)
    return failure_set(&container->why, "waitid(%d)", (int)container->status.pid);
  /* Of its command it has the exit code that a shell would have. */
  int signal = info.si_code != CLD_EXITED ? info.si_status : info.si_status - 128;
  if (signal <= 0)
    return failure_because(&container->why, 0, "ended with exit code %d before its command began",
                           info.si_status);
  return failure_because(&container->why, 0, "killed by signal %d (%s) before its command began",
                         signal, strsignal(signal));
}

static int await_command(struct container *container, int failure_fd) {
  struct failure why;
  bool ended = container->await && container->await(container->awaiter, failure_fd);
  ssize_t length = RETRY(read(failure_fd, &why, sizeof(why)));
  if (length == 0) {
    /* How criu ended is asked later, and whoever was ended by us is no failure. */
    bool known = container->restores || ended || *container->context.reached;
    return known ? 0 : killed_on_the_way(container);
  }
  if (length != (ssize_t)sizeof(why))
    return failure_because(&container->why, EIO, "the container's init died");
  why.call[sizeof(why.call) - 1] = '\0';
  container->why = why;
  return -1;
}

void container_blame(struct container *container, const char *op) {
  for (uint32_t i = 0; i < container->program.count; i++) {
    if (strcmp(op_name(container->program.steps[i].op), op) == 0) container->why.step = (int32_t)i;
  }
}

/* A byte that a command sets without a system call, which its filter might refuse. */
static int share_progress(struct container *container) {
  static volatile char *reached = MAP_FAILED;
  if (reached == MAP_FAILED)
    reached = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (reached == MAP_FAILED) return failure_set(&container->why, "mmap()");
  *reached = 0;
  container->context.reached = reached;
  return 0;
}

static int start(struct container *container) {
  struct context *context = &container->context;
  if (status_write(container->directory, &container->status) < 0)
    return failure_set(&container->why, "write(\"%s/status\")", container->path);
  if (run_phase(&container->program, PHASE_HOST, context, &container->why) < 0) return -1;
  if (context->settings.oom_group &&
      oom_group_open(&container->oom, context->settings.oom_group, &container->why) < 0) {
    container_blame(container, "oom-group");
    return -1;
  }
  if (share_progress(container) < 0) return -1;
  crash_at("make the streams");
  if (open_streams(container) < 0) return -1;
  if (open_pipe(container, &container->failure_reader, &container->failure_fd) < 0) return -1;
  /* What criu restores comes to this process when criu has ended. */
  if (container->restores) prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  crash_at("clone the init");
  int cloned = clone_init(container);
  crash_at("go on behind the clone");
  bear_at_home(context);
  close_and_forget(&container->failure_fd);
  close_and_forget(&container->command_in);
  close_and_forget(&container->command_out);
  close_and_forget(&container->command_err);
  close_and_forget(&container->keep_out);
  close_and_forget(&container->keep_err);
  close_and_forget(&container->terminal_socket);
  if (cloned < 0) {
    container_blame(container, "spawn");
    close_and_forget(&container->failure_reader);
    return -1;
  }
  if (context->settings.terminal) {
    pid_t ignored;
    container->master = receive_fd(container->in, &ignored);
    close_and_forget(&container->in);
  }
  int executed = await_command(container, container->failure_reader);
  close_and_forget(&container->failure_reader);
  crash_at("go on behind the command's start");
  return executed == 0 && container->restores ? restore_await(container) : executed;
}

static char usual_score[16];

/* The container was born before and stays as it is. */
void outlive(const char *score) {
  cleanup_fd int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  char now[sizeof(usual_score)] = "";
  if (fd < 0 || read(fd, now, sizeof(now) - 1) <= 0 || atoi(now) <= atoi(score)) return;
  if (pwrite(fd, score, strlen(score), 0) < 0) return;
  strcpy(usual_score, now);
}

void supervisor_score_undo(void) {
  if (!usual_score[0]) return;
  cleanup_fd int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, usual_score, strlen(usual_score)) < 0) return;
}

int container_start(struct container *container) {
  supervisor_score_undo();
  if (start(container) == 0) {
    if (container->context.settings.oom_score) outlive(container->context.settings.oom_score);
    container->status.state = "running";
    container->status.started_at = now_ns();
    container->status.exit_code = 0;
    status_write(container->directory, &container->status);
    return 0;
  }
  struct failure why = container->why;
  bear_at_home(&container->context);
  container_kill(container);
  if (container->pidfd >= 0) {
    RETRY(waitpid(container->status.pid, NULL, 0));
  }
  container_teardown(container);
  container->why = why;
  failure_write(container->directory, "failure", &why);
  container->status.state = "failed";
  container->status.pid = 0;
  container->status.finished_at = now_ns();
  /* Of a start that is not the first it is known later whether it was the last. */
  if (container->status.restarts == 0) status_write(container->directory, &container->status);
  unlinkat(container->directory, "stdout", 0);
  unlinkat(container->directory, "stderr", 0);
  return -1;
}

void container_kill(struct container *container) {
  if (container->context.settings.kill_with) cgroup_kill(container->context.settings.kill_with);
  if (container->pidfd >= 0) syscall(SYS_pidfd_send_signal, container->pidfd, SIGKILL, NULL, 0);
}

struct usage container_usage(const struct container *container) {
  const struct program *program = &container->program;
  struct usage usage;
  usage_init(&usage);
  for (uint32_t i = 0; i < program->count; i++) {
    const struct step *step = &program->steps[i];
    if (strcmp(op_name(step->op), "rmdir-cgroup") == 0) usage_read(step->argv[0], &usage);
  }
  return usage;
}

void container_reset_peak(const struct container *container) {
  const struct program *program = &container->program;
  for (uint32_t i = 0; i < program->count; i++) {
    const struct step *step = &program->steps[i];
    if (strcmp(op_name(step->op), "rmdir-cgroup") == 0) usage_reset_peak(step->argv[0]);
  }
}

void container_teardown(struct container *container) {
  struct failure ignored;
  run_phase(&container->program, PHASE_TEARDOWN, &container->context, &ignored);
}

int send_fd(int socket, int fd, pid_t pid) {
  char control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec data = {.iov_base = &pid, .iov_len = sizeof(pid)};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(int));
  }
  return RETRY(sendmsg(socket, &message, MSG_NOSIGNAL)) < 0 ? -1 : 0;
}

int receive_fd(int socket, pid_t *pid) {
  char control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec data = {.iov_base = pid, .iov_len = sizeof(*pid)};
  struct msghdr message = {
      .msg_iov = &data,
      .msg_iovlen = 1,
      .msg_control = control,
      .msg_controllen = sizeof(control),
  };
  int fd = -1;
  *pid = 0;
  if (RETRY(recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) <= 0) return -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
    memcpy(&fd, CMSG_DATA(header), sizeof(int));
  return fd;
}
