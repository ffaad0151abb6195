#define _GNU_SOURCE
#include "crash.h"

#ifdef CRASH_POINTS

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

static pid_t armed;
static int steps = -1;
static char name[128];
static unsigned left; /* of that name until the last */

void crash_arm(int directory) {
  char wish[160] = "";
  cleanup_fd int fd = openat(directory, "crash", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || read(fd, wish, sizeof(wish) - 1) < 0) return;
  sscanf(wish, "%127[^\n]\n%u", name, &left);
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
  steps = openat(directory, "crash.steps", flags, 0600);
  armed = getpid();
}

void crash_at(const char *step) {
  if (armed == 0 || armed != getpid()) return;
  dprintf(steps, "%s\n", step);
  if (left > 0 && strcmp(step, name) == 0 && --left == 0) raise(SIGKILL);
}

void crash_hold(int directory, const char *fifo) {
  cleanup_fd int fd = openat(directory, fifo, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

#endif
