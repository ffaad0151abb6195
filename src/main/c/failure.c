#include "failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crash.h"
#include "util.h"

static void set(struct failure *why, int error, const char *format, va_list arguments) {
  why->error = error;
  vsnprintf(why->call, sizeof(why->call), format, arguments);
  for (char *c = why->call; *c; c++) {
    if ((unsigned char)*c < 0x20) *c = ' '; /* one line, whatever a path holds */
  }
}

int failure_set(struct failure *why, const char *format, ...) {
  int error = errno;
  va_list arguments;
  va_start(arguments, format);
  set(why, error, format, arguments);
  va_end(arguments);
  return -1;
}

int failure_because(struct failure *why, int error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  set(why, error, format, arguments);
  va_end(arguments);
  return -1;
}

void failure_write(int directory, const char *name, const struct failure *why) {
  char temporary[256];
  snprintf(temporary, sizeof(temporary), ".%s.%d", name, (int)getpid());
  cleanup_fd int fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  if (dprintf(fd, "step=%d\nerrno=%d\ncall=%s\n", why->step, why->error, why->call) < 0) return;
  crash_at("rename failure");
  renameat(directory, temporary, directory, name);
}
