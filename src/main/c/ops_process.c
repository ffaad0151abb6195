/* What a process sets for itself and for the command that it becomes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "interpret.h"
#include "util.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1u << 2)
#endif

int op_hostname(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  if (sethostname(step->argv[0], strlen(step->argv[0])) < 0)
    return failure_set(why, "sethostname(\"%s\")", step->argv[0]);
  return 0;
}

int op_domainname(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  if (setdomainname(step->argv[0], strlen(step->argv[0])) < 0)
    return failure_set(why, "setdomainname(\"%s\")", step->argv[0]);
  return 0;
}

int op_loopback_up(const struct step *step, struct context *context, struct failure *why) {
  (void)step;
  (void)context;
  cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failure_set(why, "socket(AF_INET)");
  struct ifreq request = {.ifr_name = "lo"};
  if (ioctl(fd, SIOCGIFFLAGS, &request) < 0) return failure_set(why, "ioctl(SIOCGIFFLAGS, lo)");
  request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
  if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) return failure_set(why, "ioctl(SIOCSIFFLAGS, lo)");
  return 0;
}

/*
 * By the container's own /proc, which is ours until the command runs; the value counts for the
 * namespaces of this process. See sysctl(2), proc(5).
 */
int op_sysctl(const struct step *step, struct context *context, struct failure *why) {
  char path[PATH_MAX];
  const char *value = step->argv[1];
  if (snprintf(path, sizeof(path), "/proc/sys/%s", step->argv[0]) >= (int)sizeof(path))
    return failure_because(why, ENAMETOOLONG, "sysctl");
  cleanup_fd int fd = open_in_root(context, path, O_WRONLY, RESOLVE_NO_SYMLINKS);
  if (fd < 0) return failure_set(why, "open(\"%s\")", path);
  if (RETRY(write(fd, value, strlen(value))) < 0)
    return failure_set(why, "write(\"%s\", \"%s\")", path, value);
  return 0;
}

int op_rlimit(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  struct rlimit limit = {.rlim_cur = number(step, 1), .rlim_max = number(step, 2)};
  if (setrlimit((__rlimit_resource_t)number(step, 0), &limit) < 0)
    return failure_set(why, "setrlimit(%s, %s, %s)", step->argv[0], step->argv[1], step->argv[2]);
  return 0;
}

int op_lower_rlimit(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  __rlimit_resource_t resource = (__rlimit_resource_t)number(step, 0);
  struct rlimit limit;
  if (getrlimit(resource, &limit) < 0) return failure_set(why, "getrlimit(%s)", step->argv[0]);
  if (number(step, 1) < limit.rlim_cur) limit.rlim_cur = number(step, 1);
  if (number(step, 2) < limit.rlim_max) limit.rlim_max = number(step, 2);
  if (setrlimit(resource, &limit) < 0)
    return failure_set(why, "setrlimit(%s, %s, %s)", step->argv[0], step->argv[1], step->argv[2]);
  return 0;
}

int op_umask(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  (void)why;
  umask((mode_t)number(step, 0));
  return 0;
}

/*
 * A working directory that a leaked descriptor or a magic link of /proc leads to would be a way to
 * the host (CVE-2024-21626): it is opened below the root, and the kernel must call it absolute.
 */
int op_working_dir(const struct step *step, struct context *context, struct failure *why) {
  const char *path = step->argv[0];
  char seen[PATH_MAX];
  cleanup_fd int fd = open_in_root(context, path, O_PATH | O_DIRECTORY, 0);
  if (fd < 0 || fchdir(fd) < 0) return failure_set(why, "chdir(\"%s\")", path);
  if (syscall(SYS_getcwd, seen, sizeof(seen)) < 0 || seen[0] != '/')
    return failure_because(why, ENOENT, "chdir(\"%s\"): not inside the container", path);
  return 0;
}

int op_environment(const struct step *step, struct context *context, struct failure *why) {
  (void)why;
  context->environment = step->argv;
  return 0;
}

/* The program's variables, and HOME of the user when the program does not name one. */
static char **environment_of(const struct context *context, char *home, size_t size) {
  size_t count = 0;
  bool has_home = false;
  while (context->environment && context->environment[count]) {
    has_home |= strncmp(context->environment[count], "HOME=", 5) == 0;
    count++;
  }
  char **environment = calloc(count + 2, sizeof(char *));
  if (!environment) return NULL;
  for (size_t i = 0; i < count; i++) environment[i] = (char *)(uintptr_t)context->environment[i];
  if (!has_home) {
    snprintf(home, size, "HOME=%s", context->home);
    environment[count] = home;
  }
  return environment;
}

/*
 * By the bare system calls: the C library keeps two signals (32, 33) to itself and would leave them
 * as the caller had them.
 */
static void reset_signals(void) {
  uint64_t none = 0;
  uint64_t fallback[4] = {0}; /* struct kernel_sigaction of x86-64 and arm64, SIG_DFL is 0 */
  for (int signal = 1; signal <= 64; signal++)
    syscall(SYS_rt_sigaction, signal, fallback, NULL, sizeof(none));
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

/*
 * Signals as the kernel sets them, and nothing of ours open in the command, whatever was forgotten
 * (CVE-2024-21626). PDEATHSIG is set here because a change of ids clears it; see prctl(2).
 */
void shed(const struct context *context) {
  reset_signals();
  if (context->die_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (context->reached) *context->reached = 1;
  syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
}

/* Holds the namespaces that it is in, and nothing else. */
int op_pause(const struct step *step, struct context *context, struct failure *why) {
  (void)step;
  shed(context);
  syscall(SYS_close_range, 0u, ~0u, 0u);
  while (pause() < 0 && errno == EINTR) continue;
  /* A filter that refuses to wait must not make a loop of it. */
  return failure_set(why, "pause()");
}

int op_restore(const struct step *step, struct context *context, struct failure *why) {
  char *const *arguments = (char *const *)(uintptr_t)step->argv;
  char home[300];
  cleanup_free char **environment = environment_of(context, home, sizeof(home));
  if (!environment) return failure_because(why, ENOMEM, "execve(\"%s\")", step->argv[0]);
  reset_signals();
  execve(step->argv[0], arguments, environment);
  return failure_set(why, "execve(\"%s\")", step->argv[0]);
}

int op_exec(const struct step *step, struct context *context, struct failure *why) {
  const char *name = step->argv[1];
  char *const *arguments = (char *const *)(uintptr_t)&step->argv[1];
  char home[300];
  cleanup_free char **environment = environment_of(context, home, sizeof(home));
  if (!environment || !name) return failure_because(why, EINVAL, "execve: nothing to execute");
  shed(context);
  if (strchr(name, '/')) {
    execve(name, arguments, environment);
    return failure_set(why, "execve(\"%s\")", name);
  }
  int error = ENOENT;
  for (const char *from = step->argv[0]; *from;) {
    size_t length = strcspn(from, ":");
    char path[PATH_MAX];
    if (length > 0 &&
        snprintf(path, sizeof(path), "%.*s/%s", (int)length, from, name) < (int)sizeof(path)) {
      execve(path, arguments, environment);
      if (errno != ENOENT && errno != ENOTDIR) error = errno;
    }
    from += length;
    from += *from == ':';
  }
  return failure_because(why, error, "execve(\"%s\") in %s", name, step->argv[0]);
}
