/* The log on a disk that is full: what is in it is whole, and what is not in it is counted. */
#define _GNU_SOURCE
#include "logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/logfile-test.XXXXXX";
static struct logfile log_of_test;
static struct log_stream out = {.name = "stdout"};
static bool cannot_shrink;
static int next;
static int failed;

static void check(bool good, const char *what) {
  if (!good) fprintf(stderr, "logfile-test: not so: %s\n", what);
  failed |= !good;
}

int __real_ftruncate(int fd, off_t length);
int __wrap_ftruncate(int fd, off_t length);
int __wrap_ftruncate(int fd, off_t length) {
  errno = ENOSPC;
  return cannot_shrink ? -1 : __real_ftruncate(fd, length);
}

/* No file may be larger from now on: a write(2) that goes on behind that is a short one. */
static void room(rlim_t bytes) {
  struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};
  check(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit()");
}

static void add(int lines) {
  char line[64];
  for (int i = 0; i < lines; i++) {
    int length = snprintf(line, sizeof(line), "line %04d of many\n", next++);
    logfile_add(&log_of_test, &out, line, (size_t)length);
  }
  logfile_flush(&log_of_test);
}

struct seen {
  int whole;  /* records of the container, each as it was said */
  int others; /* lines that are no record */
  unsigned long long lost;
  bool ends; /* the last line does */
};

static struct seen look(void) {
  struct seen seen = {0};
  char path[PATH_MAX];
  char line[256];
  int last = -1;
  snprintf(path, sizeof(path), "%s/log", folder);
  FILE *file = fopen(path, "re");
  while (file && fgets(line, sizeof(line), file)) {
    int number = -1;
    int end = 0;
    unsigned long long lost = 0;
    seen.ends = strchr(line, '\n') != NULL;
    if (sscanf(line, "%*s stdout F line %d of many%n", &number, &end) == 1 && line[end] == '\n' &&
        number > last) {
      seen.whole++;
      last = number;
    } else if (sscanf(line, "%*s jstack F %llu records were lost:", &lost) == 1) {
      seen.lost += lost;
    } else {
      seen.others++;
    }
  }
  if (file) fclose(file);
  return seen;
}

static off_t size(void) {
  struct stat stat;
  check(fstatat(log_of_test.directory, "log", &stat, 0) == 0, "there is a log");
  return stat.st_size;
}

static void begin(void) {
  next = 0;
  logfile_open(&log_of_test, open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, 1, false);
}

static void end(void) {
  logfile_close(&log_of_test);
  check((uint64_t)size() == log_of_test.size, "the size is known");
  close(log_of_test.directory);
}

static void full(void) {
  begin();
  add(10);
  off_t record = size() / 10;
  room((rlim_t)(size() + 2 * record + record / 2));
  add(5);
  struct seen seen = look();
  check(seen.whole == 12 && seen.others == 0 && seen.ends, "whole records alone, as many as fit");
  add(7);
  seen = look();
  check(seen.whole == 12 && seen.others == 0 && seen.ends, "nor does a later one go on in a line");
  /* As much room as one more record needs, but not what there is to be said of the others. */
  room((rlim_t)(size() + record + 10));
  add(1);
  seen = look();
  check(seen.whole == 13 && seen.lost == 0 && seen.ends, "there is no room for the number");
  room(RLIM_INFINITY);
  add(3);
  seen = look();
  check(seen.whole == 16 && seen.others == 0, "and then everything");
  check(seen.lost == 10, "what is lost is counted, whole or torn");
  end();
}

/* Some file systems need room to take something away. */
static void stubborn(void) {
  begin();
  add(10);
  off_t record = size() / 10;
  cannot_shrink = true;
  room((rlim_t)(size() + record / 2));
  add(1);
  add(1);
  room(RLIM_INFINITY);
  add(2);
  struct seen seen = look();
  check(seen.whole == 12 && seen.others == 1 && seen.lost == 2, "a torn record has its own line");
  cannot_shrink = false;
  end();
}

/* Somebody empties the file meanwhile; it is not filled with zeros up to where it was. */
static void emptied(void) {
  begin();
  add(10);
  off_t record = size() / 10;
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/log", folder);
  check(truncate(path, 0) == 0, "emptied");
  room((rlim_t)(record + record / 2));
  add(4);
  room(RLIM_INFINITY);
  struct seen seen = look();
  check(seen.whole == 1 && seen.others == 0 && size() == record, "one whole record, and no zeros");
  logfile_close(&log_of_test);
  close(log_of_test.directory);
}

/* A supervisor was killed while it wrote; the next goes on in the same file. */
static void torn(void) {
  begin();
  add(2);
  check(write(log_of_test.fd, "2026-01-02T03:04:05.1234567", 27) == 27, "a torn one");
  logfile_close(&log_of_test);
  logfile_open(&log_of_test, log_of_test.directory, 0, 1, true);
  add(2);
  struct seen seen = look();
  check(seen.whole == 4 && seen.others == 1 && seen.ends, "the next record has a line of its own");
  end();
}

int main(void) {
  if (!mkdtemp(folder)) return 2;
  signal(SIGXFSZ, SIG_IGN);
  full();
  stubborn();
  emptied();
  torn();
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/log", folder);
  unlink(path);
  rmdir(folder);
  if (!failed) puts("logfile-test: a full disk tears no record, and all that are lost are counted");
  return failed;
}
