/* What the attacks share: one is a function that works or not. */
#pragma once

#include <errno.h>
#include <unistd.h>

/* 0: it worked; -1 with errno: it did not. */
typedef int attack(int argc, char **argv);

static inline const char *word(int argc, char **argv, int index) {
  return index < argc ? argv[index] : "";
}

static inline int close_and(int fd) { return fd < 0 ? -1 : close(fd); }

/* atk_processes.c */
attack do_ptrace, do_peek, do_signal, do_hostname, do_clock, do_kernel_log, do_bpf, do_perf,
    do_packets, do_connect, do_ask, do_listen, do_push_input, do_set_user, do_is_root;

/* Waits for processes that are not ours, for so many seconds; says what could be done to them. */
int hunt(int seconds);

/* Goes for processes before they are there, for so many seconds, to reach a file of theirs. */
int guess(int seconds, const char *file);
