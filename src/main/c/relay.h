/*
 * Carries bytes between the caller's stdin, stdout and stderr and a command's: byte for byte, apart
 * from each other, with end of file, and never blocking. With a terminal, one pty carries all
 * three, the caller's terminal is raw meanwhile, and its size follows. What the command says can be
 * heard by one more.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#define RELAY_LANES 3
#define RELAY_BUFFER (64 * 1024)

struct lane {
  int from; /* -1 when over */
  int to;
  bool owns_to; /* closed at the end of file: the command's stdin */
  size_t start;
  size_t end;
  char *buffer;
};

struct relay {
  struct lane lanes[RELAY_LANES];
  int master; /* of the pty, -1 without */
  bool raw;
  struct termios saved;

  /* Is given what the command says, of stdout (1) or stderr (2); NULL: nobody. */
  void (*heard)(void *listener, int stream, const char *bytes, size_t length);
  void *listener;
};

/* Pipes: in (or -1), out and err belong to the relay afterwards. */
void relay_pipes(struct relay *relay, int in, int out, int err);

/* A pty: makes the caller's terminal raw. */
void relay_terminal(struct relay *relay, int master);

/* The caller's window has a new size. */
void relay_resize(const struct relay *relay);

nfds_t relay_prepare(const struct relay *relay, struct pollfd *out);
void relay_dispatch(struct relay *relay, const struct pollfd *events);

/* After the command's end: what is still on its way, without waiting for who keeps a pipe open. */
void relay_finish(struct relay *relay);
