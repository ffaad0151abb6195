/*
 * One container and the process that looks after it.
 *
 *   supervisor --clone3--> init (pid 1 inside) --fork--> command
 *        |  <-- failure pipe: a struct failure, or end of file when the command was executed, or
 *        |      whoever was to execute it has died; a byte of shared memory says which --
 *        |  <-- stdout, stderr: FIFOs of the run directory; the init keeps both ends open, so that
 *        |      a supervisor that dies never breaks the container's output
 *        |  <-- with a terminal: the master of a pty made inside, as a message with a descriptor
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "failure.h"
#include "interpret.h"
#include "oomgroup.h"
#include "program.h"
#include "receipt.h"
#include "status.h"

struct container {
  const char *path; /* of the run directory */
  int directory;
  bool foreground; /* streams are the caller's, and the container dies with this process */
  bool restores;   /* from a checkpoint: its processes come from criu; restore.c */
  bool adopted;    /* its first process is not a child of this one; adopt.c */
  struct program program;
  struct context context;
  struct failure why;
  struct status status;

  /*
   * Asked to do its other work until there is something to read; NULL: nobody. True when it ended
   * the container itself.
   */
  bool (*await)(void *awaiter, int failure_fd);
  void *awaiter;

  int pidfd;
  struct oom_group oom;

  /* This side of the command's streams; -1 where there is none. */
  int out;
  int err;
  int in;
  int master;

  /* The other side, inherited by the init. */
  int command_in;
  int command_out;
  int command_err;
  int keep_out;
  int keep_err;
  int failure_fd;
  int failure_reader; /* this side's, which the init inherits as well */
  int terminal_socket;
};

/* Opens the run directory and decodes the program of that name; fills the settings. */
int container_open(struct container *container, const char *path, const char *program,
                   bool foreground);

/* Lets go of everything that one run had open, and of the program. */
void container_close(struct container *container);

/* From host steps to a command that was executed. On failure nothing of it is left. spawn.c */
int container_start(struct container *container);

/* The last step of that name is the one that failed. */
void container_blame(struct container *container, const char *op);

/*
 * When memory runs out, better the container than the one who looks after it. Some machines let
 * nobody lower it. spawn.c
 */
void outlive(const char *score);
/* Whose likelihood to be killed for want of memory is the supervisor's is the container's again. */
void supervisor_score_undo(void);

/* Ends every process of it. */
void container_kill(struct container *container);

/* What its cgroups have counted; to be asked before they go. */
struct usage container_usage(const struct container *container);

/* The highest use of memory is that from now on, where the kernel lets us: on v1. */
void container_reset_peak(const struct container *container);

/* Removes what the program made on the host. */
void container_teardown(struct container *container);

/* Pid 1: runs the namespace and root steps, becomes the reaper. Never returns. init.c */
void init_main(struct container *container) __attribute__((noreturn));

/* In place of the init, when a checkpoint is restored: becomes criu. Never returns. restore.c */
void restore_main(struct container *container) __attribute__((noreturn));

/*
 * Waits until criu has restored the container, whose first process is then a child of this one.
 * 0, or -1 with the reason. restore.c
 */
int restore_await(struct container *container);

/* The file that the init writes how the command ended to; -1 and errno. init.c */
int open_exit_record(const struct container *container);

/* The command's own process, from its streams to execve. Never returns. init.c */
void command_main(const struct program *program, struct context *context, const int streams[3],
                  int terminal, int failure_fd) __attribute__((noreturn));

/*
 * Those inside must not take over a process that still has the machine's descriptors, whatever user
 * namespace they share with it; see ptrace(2). And the caller's keys are nobody's business there.
 * init.c
 */
int shut_off(struct failure *why);

/*
 * Makes a pty of the container's own devpts: master and slave, or -1. No path of the container is
 * followed to it (CVE-2025-52565).
 */
int open_terminal(const struct context *context, int *slave, struct failure *why);

/* A descriptor and a number through a unix socket; see unix(7), SCM_RIGHTS. fd may be -1. */
int send_fd(int socket, int fd, pid_t pid);
int receive_fd(int socket, pid_t *pid);
