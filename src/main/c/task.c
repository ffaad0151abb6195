#define _GNU_SOURCE
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "supervise.h"
#include "util.h"

/* Of a container's cgroup; what runs here is ended together. */
#define CGROUP "task"

/* task: moment, user, working directory, number of variables, these, search path, argv ... */
enum { MOMENT, USER, DIRECTORY, VARIABLES, FIRST_VARIABLE };

static bool is_op(const struct step *step, const char *name) {
  return strcmp(op_name(step->op), name) == 0;
}

static bool is_whole(const struct step *step) {
  uint64_t variables = number(step, VARIABLES);
  return variables < step->argc && FIRST_VARIABLE + variables + 2 <= step->argc;
}

const struct step *task_find(const struct program *program, enum moment moment, uint32_t which) {
  for (uint32_t i = 0; i < program->count; i++) {
    const struct step *step = &program->steps[i];
    if (!is_op(step, "task") || number(step, MOMENT) != (uint64_t)moment || !is_whole(step))
      continue;
    if (which-- == 0) return step;
  }
  return NULL;
}

const char *task_word(enum moment moment) {
  static const char *const WORDS[] = {"pre_start", "post_start", "pre_stop", "healthcheck"};
  return WORDS[moment];
}

/* The arguments of a step with the first ones replaced. */
static const char **replace(const struct step *step, const char *first) {
  const char **argv = calloc(step->argc + 1, sizeof(*argv));
  if (!argv) return NULL;
  memcpy(argv, step->argv, step->argc * sizeof(*argv));
  argv[0] = first;
  return argv;
}

int task_program(const struct program *program, const struct step *task, struct program *out) {
  uint32_t variables = (uint32_t)number(task, VARIABLES);
  *out = (struct program){.count = program->count};
  out->steps = calloc(program->count, sizeof(*out->steps));
  if (!out->steps) return -1;
  memcpy(out->steps, program->steps, program->count * sizeof(*out->steps));
  for (uint32_t i = 0; i < out->count; i++) {
    struct step *step = &out->steps[i];
    if (step->phase != PHASE_PROCESS) continue;
    if (is_op(step, "user") && task->argv[USER][0]) {
      step->argv = replace(step, task->argv[USER]);
    } else if (is_op(step, "working-dir") && task->argv[DIRECTORY][0]) {
      step->argv = replace(step, task->argv[DIRECTORY]);
    } else if (is_op(step, "environment") && variables > 0) {
      if (!out->arguments) out->arguments = calloc(variables + 1, sizeof(*out->arguments));
      if (out->arguments)
        memcpy(out->arguments, &task->argv[FIRST_VARIABLE], variables * sizeof(*out->arguments));
      step->argv = out->arguments;
      step->argc = variables;
    } else if (is_op(step, "exec") || is_op(step, "pause")) {
      step->op = op_number("exec");
      step->argv = &task->argv[FIRST_VARIABLE + variables];
      step->argc = task->argc - FIRST_VARIABLE - variables;
    }
    if (!step->argv) return -1;
  }
  return 0;
}

/* The cgroup of tasks, below the one that ends the container; false when that has none. */
static bool cgroup_of(const struct container *container, char path[PATH_MAX]) {
  const char *above = container->context.settings.kill_with;
  return above && snprintf(path, PATH_MAX, "%s/" CGROUP, above) < PATH_MAX;
}

static int join_cgroups(const struct container *container, struct context *context,
                        struct failure *why) {
  const struct program *program = &container->program;
  const char *above = container->context.settings.kill_with;
  char own[PATH_MAX];
  bool has_own = cgroup_of(container, own);
  const char *const own_words[] = {own, NULL};
  const char *const born_words[] = {container->context.born_in, NULL};
  for (uint32_t i = 0; i < program->count; i++) {
    struct step step = program->steps[i];
    if (!is_op(&step, "join-cgroup") || (has_own && strcmp(step.argv[0], above) == 0)) continue;
    if (op_join_cgroup(&step, context, why) < 0) return -1;
  }
  bool born = strcmp(born_words[0], "/") != 0 && !(has_own && strcmp(born_words[0], above) == 0);
  struct step step = {.argc = 1, .argv = (const char **)(uintptr_t)born_words};
  if (born && op_join_cgroup(&step, context, why) < 0) return -1;
  step.argv = (const char **)(uintptr_t)own_words;
  return has_own ? op_join_cgroup(&step, context, why) : 0;
}

static void give_up(const struct failure *why, int code) {
  dprintf(STDERR_FILENO, "%s: %s\n", why->call, strerror(why->error));
  _exit(code);
}

/* Has the pipe as 1 and 2, the container's first process as 3, and nothing else. */
static void joiner_main(const struct container *container, const struct program *program,
                        const struct step *task) {
  struct context context;
  struct program own;
  struct failure why = {.step = -1};
  int failure_fd[2];
  context_init(&context);
  context.join_flags = container->context.settings.enter_flags;
  context.join_pid = container->status.pid;
  setsid();
  supervisor_score_undo();
  if (task_program(program, task, &own) < 0) {
    failure_because(&why, ENOMEM, "task");
    give_up(&why, 125);
  }
  if (join_cgroups(container, &context, &why) < 0) give_up(&why, 125);
  if (join_process(&context, 3, &why) < 0) give_up(&why, 125);
  /* Only now: a change of ids takes it away. */
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  close(3);
  if (pipe2(failure_fd, O_CLOEXEC) < 0) {
    failure_set(&why, "pipe2()");
    give_up(&why, 125);
  }
  context.die_with_parent = true;
  const int streams[3] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  pid_t pid = fork();
  if (pid == 0) command_main(&own, &context, streams, -1, failure_fd[1]);
  close(failure_fd[1]);
  if (pid < 0) {
    failure_set(&why, "fork()");
    give_up(&why, 125);
  }
  if (RETRY(read(failure_fd[0], &why, sizeof(why))) == (ssize_t)sizeof(why)) {
    why.call[sizeof(why.call) - 1] = '\0';
    give_up(&why, exit_code_of(&own, &why));
  }
  int status = 0;
  RETRY(waitpid(pid, &status, 0));
  _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static void fork_joiner(const struct container *container, const struct program *program,
                        const struct step *step, int write_end) {
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  /* Out of the way of the numbers that are given away here. */
  int out = fcntl(write_end, F_DUPFD_CLOEXEC, 200);
  int first = fcntl(container->pidfd, F_DUPFD_CLOEXEC, 200);
  if (null < 0 || out < 0 || first < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 ||
      dup2(out, 2) < 0 || dup3(first, 3, O_CLOEXEC) < 0)
    _exit(125);
  syscall(SYS_close_range, 4u, ~0u, 0u);
  joiner_main(container, program, step);
  _exit(125);
}

int task_start(struct task *task, const struct container *container, const struct program *program,
               const struct step *step, int64_t deadline_ms) {
  char cgroup[PATH_MAX];
  int ends[2];
  *task = (struct task){.pidfd = -1, .output = -1, .deadline_ms = deadline_ms};
  if (cgroup_of(container, cgroup)) {
    if (mkdir(cgroup, 0755) < 0 && errno != EEXIST) return -1;
    cgroup_kill(cgroup); /* of a supervisor before this one */
  }
  /* Any user of the container may open it again as /dev/stdout. */
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return -1;
  fcntl(ends[1], F_SETFL, 0);
  if (fchmod(ends[0], 0666) < 0) errno = 0;
  pid_t pid = fork();
  if (pid == 0) fork_joiner(container, program, step, ends[1]);
  close(ends[1]);
  if (pid < 0) {
    close_fd(&ends[0]);
    return -1;
  }
  task->pid = pid;
  task->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  task->output = ends[0];
  return 0;
}

nfds_t task_prepare(const struct task *task, struct pollfd *out) {
  bool runs = task->pid > 0;
  out[0] = (struct pollfd){.fd = runs ? task->pidfd : -1, .events = POLLIN};
  out[1] = (struct pollfd){.fd = runs ? task->output : -1, .events = POLLIN};
  return TASK_EVENTS;
}

/* False when nothing is there any more, or not yet. */
static bool read_some(struct task *task) {
  char thrown[TASK_OUTPUT];
  size_t room = sizeof(task->text) - task->length;
  ssize_t count = read(task->output, room > 0 ? task->text + task->length : thrown,
                       room > 0 ? room : sizeof(thrown));
  if (count > 0) {
    if (room > 0) task->length += (size_t)count;
    return true;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  close_fd(&task->output);
  task->output = -1;
  return false;
}

void task_kill(struct task *task, const struct container *container) {
  char cgroup[PATH_MAX];
  if (task->pid <= 0) return;
  if (cgroup_of(container, cgroup)) cgroup_kill(cgroup);
  kill(task->pid, SIGKILL);
}

/* The joiner has ended; who was left by its command ends, too. */
static void conclude(struct task *task, const struct container *container) {
  char cgroup[PATH_MAX];
  int status = 0;
  RETRY(waitpid(task->pid, &status, 0));
  if (cgroup_of(container, cgroup)) cgroup_kill(cgroup);
  /* As much as a pipe holds, whoever writes on. */
  for (int rounds = 0; rounds < 32 && task->output >= 0 && read_some(task); rounds++) {
  }
  close_fd(&task->output);
  close_fd(&task->pidfd);
  task->output = task->pidfd = -1;
  task->pid = 0;
  task->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool task_dispatch(struct task *task, const struct container *container,
                   const struct pollfd *events, int64_t now_ms) {
  if (task->pid <= 0) return false;
  if (events[1].revents && task->output >= 0) read_some(task);
  if (events[0].revents) {
    conclude(task, container);
    return true;
  }
  if (task->deadline_ms > 0 && now_ms >= task->deadline_ms) {
    task->late = true;
    task->deadline_ms = now_ms + 1000; /* and again, should anything have slipped in */
    task_kill(task, container);
  }
  return false;
}

void task_reap(struct task *task, const struct container *container) {
  if (task->pid <= 0) return;
  task_kill(task, container);
  conclude(task, container);
}
