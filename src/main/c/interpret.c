#define _GNU_SOURCE
#include "interpret.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "crash.h"
#include "util.h"

static int op_log_limit(const struct step *step, struct context *context, struct failure *why) {
  (void)why;
  context->settings.log_wanted = true;
  context->settings.log_bytes = number(step, 0);
  context->settings.log_files = (uint32_t)number(step, 1);
  return 0;
}

static int op_stop(const struct step *step, struct context *context, struct failure *why) {
  uint64_t signal = number(step, 0);
  if (signal < 1 || signal > 64) return failure_because(why, EINVAL, "stop: signal %lu", signal);
  context->settings.stop_signal = (int)signal;
  context->settings.grace_ms = number(step, 1);
  return 0;
}

static int op_terminal(const struct step *step, struct context *context, struct failure *why) {
  (void)why;
  context->settings.terminal = number(step, 0) != 0;
  return 0;
}

static int op_stdin(const struct step *step, struct context *context, struct failure *why) {
  (void)why;
  context->settings.stdin_open = number(step, 0) != 0;
  return 0;
}

static int op_control(const struct step *step, struct context *context, struct failure *why) {
  (void)why;
  context->settings.control = step->argv[0];
  return 0;
}

static int op_kill_with(const struct step *step, struct context *context, struct failure *why) {
  (void)why;
  context->settings.kill_with = step->argv[0];
  return 0;
}

static int op_oom_score(const struct step *step, struct context *context, struct failure *why) {
  (void)why;
  context->settings.oom_score = step->argv[0];
  return 0;
}

static int op_oom_group(const struct step *step, struct context *context, struct failure *why) {
  (void)why;
  context->settings.oom_group = step->argv[0];
  return 0;
}

static int op_timeout(const struct step *step, struct context *context, struct failure *why) {
  (void)why;
  context->settings.timeout_ms = number(step, 0);
  return 0;
}

static int op_restart(const struct step *step, struct context *context, struct failure *why) {
  uint64_t when = number(step, 0);
  if (when > RESTART_ALWAYS) return failure_because(why, EINVAL, "restart: %lu", when);
  context->settings.restart = (struct restart_settings){
      .when = (enum restart_when)when,
      .most = number(step, 1),
      .delay_ms = number(step, 2),
      .window_ms = number(step, 3),
  };
  return 0;
}

static int op_health(const struct step *step, struct context *context, struct failure *why) {
  uint64_t then = number(step, 5);
  if (then > HEALTH_STOP) return failure_because(why, EINVAL, "health: %lu", then);
  context->settings.health = (struct health_settings){
      .interval_ms = number(step, 0),
      .timeout_ms = number(step, 1),
      .retries = number(step, 2),
      .start_period_ms = number(step, 3),
      .start_interval_ms = number(step, 4),
      .on_failure = (enum health_failure)then,
  };
  return 0;
}

static int op_enter(const struct step *step, struct context *context, struct failure *why) {
  (void)why;
  context->settings.enter_flags = number(step, 0);
  return 0;
}

/* For whoever reads the program. */
static int op_note(const struct step *step, struct context *context, struct failure *why) {
  (void)step, (void)context, (void)why;
  return 0;
}

/* Looked up when its moment has come; task.c. */
static int op_task(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  return step->argc < 6 ? failure_because(why, EINVAL, "task: too short") : 0;
}

/* The two that change the process itself are carried out by spawn.c and exec.c. */
static int op_spawn(const struct step *step, struct context *context, struct failure *why) {
  (void)why;
  context->clone_flags = number(step, 0);
  context->born_in = step->argv[1];
  return 0;
}

static int op_join_namespaces(const struct step *step, struct context *context,
                              struct failure *why) {
  (void)why;
  context->join_pid = (pid_t)number(step, 0);
  context->join_start = number(step, 1);
  context->join_flags = number(step, 2);
  return 0;
}

static const struct {
  const char *name;
  operation *run;
} OPERATIONS[] = {
    {"log-limit", op_log_limit},
    {"stop", op_stop},
    {"terminal", op_terminal},
    {"stdin", op_stdin},
    {"control", op_control},
    {"kill-with", op_kill_with},
    {"oom-score", op_oom_score},
    {"oom-group", op_oom_group},
    {"timeout", op_timeout},
    {"restart", op_restart},
    {"health", op_health},
    {"enter", op_enter},
    {"note", op_note},
    {"task", op_task},
    {"make-cgroup", op_make_cgroup},
    {"count-io", op_count_io},
    {"mkdir", op_mkdir},
    {"write", op_write},
    {"device-filter", op_device_filter},
    {"device-rules", op_device_rules},
    {"devices", op_devices},
    {"new-user", op_new_user},
    {"join-namespace", op_join_namespace},
    {"join-container", op_join_container},
    {"spawn", op_spawn},
    {"join-namespaces", op_join_namespaces},
    {"rmdir-cgroup", op_rmdir_cgroup},
    {"rmdir-empty", op_rmdir_empty},
    {"join-cgroup", op_join_cgroup},
    {"unshare", op_unshare},
    {"propagation", op_propagation},
    {"open-tree", op_open_tree},
    {"time-offsets", op_time_offsets},
    {"place-tree", op_place_tree},
    {"own", op_own},
    {"use-root", op_use_root},
    {"mount", op_mount},
    {"pivot-root", op_pivot_root},
    {"make-dir", op_make_dir},
    {"real-dir", op_real_dir},
    {"make-file", op_make_file},
    {"mount-new", op_mount_new},
    {"mount-tree", op_mount_tree},
    {"read-file", op_read_file},
    {"place-file", op_place_file},
    {"inherit-owner", op_inherit_owner},
    {"device", op_device},
    {"symlink", op_symlink},
    {"set-attributes", op_set_attributes},
    {"read-only", op_read_only},
    {"mask", op_mask},
    {"hostname", op_hostname},
    {"domainname", op_domainname},
    {"loopback-up", op_loopback_up},
    {"sysctl", op_sysctl},
    {"enter-user", op_enter_user},
    {"rlimit", op_rlimit},
    {"lower-rlimit", op_lower_rlimit},
    {"umask", op_umask},
    {"bounding", op_bounding},
    {"user", op_user},
    {"working-dir", op_working_dir},
    {"capabilities", op_capabilities},
    {"no-new-privileges", op_no_new_privileges},
    {"landlock", op_landlock},
    {"seccomp", op_seccomp},
    {"environment", op_environment},
    {"pause", op_pause},
    {"restore", op_restore},
    {"exec", op_exec},
};

/* Each is looked up once; who is forked later knows it already. */
static operation *operation_of(const struct step *step) {
  static operation *known[INSTRUCTION_COUNT];
  const char *name = op_name(step->op);
  for (size_t i = 0; i < COUNT(OPERATIONS) && !known[step->op]; i++) {
    if (strcmp(OPERATIONS[i].name, name) == 0) known[step->op] = OPERATIONS[i].run;
  }
  return known[step->op];
}

void context_init(struct context *context) {
  *context = (struct context){
      .settings = {.log_bytes = 10u << 20, .log_files = 3, .stop_signal = 15, .grace_ms = 10000},
      .born_in = "/",
      .user_fd = -1,
      .root_fd = -1,
      .empty_fd = -1,
      .home = "/",
  };
  for (size_t i = 0; i < MAX_SLOTS; i++) context->slots[i] = -1;
}

int run_phase(const struct program *program, enum phase phase, struct context *context,
              struct failure *why) {
  for (uint32_t i = 0; i < program->count; i++) {
    const struct step *step = &program->steps[i];
    if (step->phase != phase) continue;
    operation *run = operation_of(step);
    why->step = (int32_t)i;
    if (!run) return failure_because(why, ENOSYS, "%s: no handler", op_name(step->op));
    if (phase == PHASE_HOST || phase == PHASE_TEARDOWN) crash_at(op_name(step->op));
    if (run(step, context, why) < 0) return -1;
  }
  why->step = -1;
  return 0;
}

uint64_t process_start_time(pid_t pid) {
  char path[64];
  char text[1024];
  if (pid == 0) {
    snprintf(path, sizeof(path), "/proc/self/stat");
  } else {
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
  }
  cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t length = read(fd, text, sizeof(text) - 1);
  if (length <= 0) return 0;
  text[length] = '\0';
  /* The name in parentheses may hold spaces and parentheses: count from its last one. */
  char *field = strrchr(text, ')');
  if (!field || field[1] != ' ' || field[2] == 'Z' || field[2] == 'X') return 0;
  field += 2;
  for (int i = 3; i < 22; i++) {
    field = strchr(field, ' ');
    if (!field) return 0;
    field++;
  }
  return strtoull(field, NULL, 10);
}

int open_in_root(const struct context *context, const char *path, uint64_t flags,
                 uint64_t more_resolve) {
  struct open_how how = {
      .flags = flags | O_CLOEXEC,
      .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | more_resolve,
  };
  int fd;
  /* EAGAIN: somebody renames below the root right now; see openat2(2). */
  for (int tries = 0; tries < 128; tries++) {
    fd = (int)syscall(SYS_openat2, context->root_fd, path, &how, sizeof(how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return fd;
}
