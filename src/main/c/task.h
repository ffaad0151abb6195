/*
 * One more command in a container, run by its supervisor: a health check, a hook. It gets the walls
 * of the container's own command, step by step, and a cgroup of its own below the container's, so
 * that nothing of it is left when it has ended or its time is over.
 *
 *   supervisor --fork--> joiner: cgroups, namespaces; never in the container's pid namespace
 *        ^                  `--fork--> command, inside; the joiner waits and exits with its code
 *        `--- stdout and stderr, one pipe; the first 4 KiB are kept, the rest is thrown away
 */
#pragma once

#include <poll.h>
#include <stdbool.h>

#include "container.h"

/* When a task is run; the numbers of the instruction `task`. */
enum moment { PRE_START, POST_START, PRE_STOP, HEALTH_CHECK };

#define TASK_OUTPUT 4096
#define TASK_EVENTS 2

struct task {
  pid_t pid; /* of the joiner; 0: nothing runs */
  int pidfd;
  int output;
  int64_t deadline_ms; /* 0: none */
  bool late;           /* it was ended because its time was over */
  int exit_code;       /* when it has ended; as env(1): 126 and 127, too */
  size_t length;
  char text[TASK_OUTPUT];
};

/* The task with that number of a moment; NULL when there is none. */
const struct step *task_find(const struct program *program, enum moment moment, uint32_t number);

/* The words for users: pre_start, post_start ... */
const char *task_word(enum moment moment);

/*
 * The steps of a command's own process, with those of the task in their place; numbered as before.
 * 0, or -1.
 */
int task_program(const struct program *program, const struct step *task, struct program *out);

/* Starts it. 0, or -1 with errno. */
int task_start(struct task *task, const struct container *container, const struct program *program,
               const struct step *step, int64_t deadline_ms);

/* Adds what has to be watched: TASK_EVENTS, used or not. */
nfds_t task_prepare(const struct task *task, struct pollfd *out);

/* Reads, and ends what is late. True when the task has ended, just now. */
bool task_dispatch(struct task *task, const struct container *container,
                   const struct pollfd *events, int64_t now_ms);

/* Ends it, whatever it has started; task_dispatch tells when that is done. */
void task_kill(struct task *task, const struct container *container);

/* The same, and waits for it. */
void task_reap(struct task *task, const struct container *container);
