/* The process that stays with one container from its first instruction to the last. */
#pragma once

#include "container.h"

/* How a supervisor answers the one request that it was made for. */
struct reply {
  int fd;                  /* takes `started PID DIR` or `failed DIR` */
  int under_way;           /* closed with the answer: nothing is waited for any more */
  volatile char *answered; /* shared with the launcher */
};

/* Where a container comes from: its program, its checkpoint, or a supervisor that died. */
enum origin { STARTED, RESTORED, ADOPTED };

/*
 * Brings a container into the background, answers, and looks after it until its end. One that
 * cannot be adopted is left as it is, with the reason in `adoption`.
 */
void supervise(const char *run_directory, enum origin origin, const struct reply *reply)
    __attribute__((noreturn));

/*
 * The same in the foreground, with the streams of the caller, whose child this process is: returns
 * the exit code of the command.
 */
int run_in_foreground(const char *run_directory, pid_t caller);

/* Ends and clears away what is left of a container whose supervisor is gone. 0, or -1. */
int clean_up(const char *run_directory);

/* 125, 126 or 127: which of them tells how far a command got; see the exit codes of env(1). */
int exit_code_of(const struct program *program, const struct failure *why);
