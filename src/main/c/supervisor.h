/*
 * The inside of a supervisor: what it knows, and the rooms that share it.
 *
 *   supervise.c   how it begins with its container, and how it leaves it
 *   run.c         one run, from the first instruction to the last process
 *   chores.c      what it does in the container meanwhile: hooks and checks
 *   requests.c    what it is asked through its socket
 *   between.c     whether another run follows, and the time until then
 */
#pragma once

#include "control.h"
#include "health.h"
#include "logfile.h"
#include "relay.h"
#include "restart.h"
#include "supervise.h"
#include "task.h"

/* Why a run comes to its end, when it does not end by itself. */
enum ending {
  BY_ITSELF,
  BY_USER,
  BY_TIMEOUT,
  BY_HEALTH_RESTART,
  BY_HEALTH_STOP,
  BY_HOOK,
  BY_CHECKPOINT
};

struct supervisor {
  struct container container;
  struct control control;
  char *socket;        /* of the control: it outlives the program that names it */
  struct logfile *log; /* NULL until it is open */
  struct log_stream out;
  struct log_stream err;
  struct relay *relay;       /* in the foreground */
  int signals;               /* signalfd of the foreground, -1 */
  int64_t kill_at_ms;        /* when the grace is over; 0 while nobody asked */
  const struct reply *reply; /* to be answered when the container is up; NULL afterwards */

  /* A run, by CLOCK_MONOTONIC. */
  int64_t began_ms;
  int64_t timeout_at_ms; /* 0: none */
  enum ending ending;
  bool unknown;   /* how the run ended; only of one that was adopted */
  bool signalled; /* the signal that asks for the end is on its way */
  int stop_signal;
  int64_t asked_at_ms; /* when somebody last sent a signal of the kind that ends; 0 */

  /* The settings as they are by now: of the container's program, or of one that came since. */
  struct program latest;
  bool has_latest;

  /* One at a time: a hook or the check. */
  struct task task;
  enum moment moment;  /* of the task that runs */
  uint32_t post_start; /* the next one */
  uint32_t pre_stop;
  struct log_stream hooks;
  bool held;   /* by criu: nothing is begun, and nothing follows */
  int holder;  /* pidfd of that; only while held */
  char *kept;  /* where its checkpoint is when it is whole; only while held */
  bool is_up;  /* the last of post_start has ended */
  bool paused; /* the container was, when the task's time was over */
  struct health health;

  /* Between two runs. */
  bool waiting;
  bool at_once; /* asked not to wait any longer */
};

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t now_ms(void);

/* The program that the settings come from: the container's, or a later one. */
const struct program *supervisor_program(const struct supervisor *self);

/* A hook or the check by its number; NULL behind the last. */
const struct step *supervisor_hook(const struct supervisor *self, enum moment moment,
                                   uint32_t which);

bool supervisor_is_paused(const struct supervisor *self);

/* What the supervisor has to say of a container, where its output goes. */
void supervisor_note(struct supervisor *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The log of a run, a new one or that of before. */
void supervisor_open_log(struct supervisor *self, struct logfile *log, bool goes_on_in_it);

/* `started` or `failed`, to whoever asked for the container. */
void supervisor_answer(const struct reply *reply, const char *word, pid_t pid,
                       const char *directory);

/* The container has its command, or not: -1. */
int run_begin(struct supervisor *self);

/*
 * Looks after the container until its init has ended or, while it is started, until there is
 * something to read there; -1 afterwards.
 */
void run_watch(struct supervisor *self, int failure_fd);

/* Asks for the end of the run; what a user asks for counts more than what came before. */
void run_end(struct supervisor *self, enum ending why, int signal, uint64_t grace_ms);

/* A signal for the command. */
bool run_signal(struct supervisor *self, int signal);

/* By the settings as they are by now. */
void run_set_timeout(struct supervisor *self);

/* In the foreground: the caller's streams and the command's. */
void run_open_relay(struct supervisor *self);

/* After the last process: what is known of the run is written down, and the host cleared. */
void run_finish(struct supervisor *self);

/* Starts what is due, when nothing runs. */
void chores_advance(struct supervisor *self);

/* The hook or the check has ended; `paused`: it could not go on. */
void chores_ended(struct supervisor *self, bool paused);

/* The word of the check's verdict becomes that of the status. */
void chores_show_health(struct supervisor *self);

/* Whoever made a checkpoint has ended: when the container has not, it goes on without one. */
void requests_holder_ended(struct supervisor *self);

/* Whether the checkpoint that is made is whole. Nobody holds the container afterwards. */
bool requests_release(struct supervisor *self);

struct control_handler requests_handler(struct supervisor *self);

/* Takes what may change while the container runs from the program on disk. */
bool supervisor_reload(struct supervisor *self);

/* The runs that follow the first, until the last of them. */
void supervisor_go_on(struct supervisor *self, struct logfile *log);
