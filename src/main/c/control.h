/*
 * The supervisor's ear: a unix socket, one line a request, one line an answer.
 *
 *   stop SIGNAL GRACE_MS   ->  exited CODE   (when the container has ended)
 *   wait                   ->  exited CODE   (the same, and nobody is stopped)
 *                              busy          (enough wait already: look for yourself)
 *   kill SIGNAL            ->  ok
 *   start                  ->  ok           (who waits for its next start has it now; else: error)
 *   ping                   ->  running      (and writes its status again)
 *   hold PID PATH          ->  ok, error    (that process makes a checkpoint, whole once it is at
 *                                           PATH: until it ends no check and no restart)
 *   reload                 ->  ok           (the settings of the program as it is on disk now)
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CONTROL_CLIENTS 16
#define CONTROL_WAITERS 12 /* the rest is for those who want something at once */
#define CONTROL_LINE 4352  /* a path and a word */

struct control_client {
  int fd;
  bool waits;          /* for the end of the container */
  int64_t deadline_ms; /* for its request */
  uint32_t length;
  char *line; /* one of the lines below */
};

struct control {
  const char *path;
  int listener;
  ino_t socket; /* of the file, which a successor may have replaced by its own */
  struct control_client clients[CONTROL_CLIENTS];
  char lines[CONTROL_CLIENTS][CONTROL_LINE]; /* no page of them is there before somebody speaks */
};

struct control_handler {
  void (*stop)(void *self, int signal, uint64_t grace_ms);
  bool (*kill)(void *self, int signal);
  bool (*start)(void *self);
  void (*note)(void *self);
  bool (*reload)(void *self);
  bool (*hold)(void *self, pid_t holder, const char *kept);
  void *self;
};

/* Binds the socket, 0600. On failure there is no socket, and errno says why. */
int control_open(struct control *control, const char *path);

/* Adds what has to be watched; returns how many, at most CONTROL_CLIENTS + 1. */
nfds_t control_prepare(const struct control *control, struct pollfd *out);

/* Serves what came, drops who is too slow. */
void control_dispatch(struct control *control, const struct pollfd *events, nfds_t count,
                      int64_t now_ms, const struct control_handler *handler);

/* Tells those who wait how it ended, and takes the socket away. */
void control_close(struct control *control, int exit_code);
