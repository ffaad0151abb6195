/*
 * Why a step, or the helper itself, gave up. Java turns it into words with the manifest's line.
 *
 * As a file, one `key=value` a line:
 *   step=7          index into the program, -1 when no step is to blame
 *   errno=2         see errno(3); 0 when no system call failed
 *   call=open_tree("/home/me/app/ro")
 */
#pragma once

#include <stdint.h>

struct failure {
  int32_t step;
  int32_t error;
  char call[500];
};

/* Fills the text and keeps errno as the error. Always returns -1, so that it can end a function. */
int failure_set(struct failure *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with an error of its own; 0 when no system call is to blame. */
int failure_because(struct failure *why, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes the record, temp + rename, below a directory. Best effort: there is nobody to tell. */
void failure_write(int directory, const char *name, const struct failure *why);
