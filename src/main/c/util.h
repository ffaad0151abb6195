/* Ownership that is visible at the declaration, and the few things that every file needs. */
#pragma once

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static inline void close_fd(int *fd) {
  if (*fd >= 0) {
    int saved = errno;
    close(*fd);
    errno = saved;
  }
}

static inline void free_pointer(void *pointer) { free(*(void **)pointer); }

#define cleanup_fd __attribute__((cleanup(close_fd)))
#define cleanup_free __attribute__((cleanup(free_pointer)))

/* The descriptor leaves its cleanup scope: the caller owns it now. */
static inline int steal_fd(int *fd) {
  int stolen = *fd;
  *fd = -1;
  return stolen;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define RETRY(expression)                      \
  ({                                           \
    __typeof__(expression) result_;            \
    do {                                       \
      result_ = (expression);                  \
    } while (result_ == -1 && errno == EINTR); \
    result_;                                   \
  })
