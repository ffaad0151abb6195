/*
 * The log of a container in the format of CRI, a record a line:
 *   2026-01-02T03:04:05.123456789Z stdout F text
 * F ends a line, P says that the line goes on in the next record of the same stream.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define LOG_LINE_MAX (16 * 1024)

struct log_stream {
  const char *name;
  size_t length;   /* of the line that has not ended yet */
  int64_t came_ms; /* the last of it, by CLOCK_MONOTONIC */
  char line[LOG_LINE_MAX];
};

struct logfile {
  int directory; /* not owned */
  int fd;
  uint64_t size;
  uint64_t limit;
  uint32_t files;
  uint64_t dropped; /* records that the disk would not take */
  bool torn;        /* its last record has no end, and the next needs a line of its own */
  time_t second;    /* what `date` spells */
  char date[24];
  size_t used;
  char buffer[64 * 1024];
};

/*
 * Opens `log` below a directory; what an earlier run left there moves on to log.1, log.2 ..., or is
 * gone on with.
 */
void logfile_open(struct logfile *log, int directory, uint64_t limit, uint32_t files, bool goes_on);

/* Other limits from now on; the oldest files go where fewer are kept. */
void logfile_limit(struct logfile *log, uint64_t limit, uint32_t files);

/* Takes bytes of a stream; whole lines are handed to the kernel by logfile_flush at the latest. */
void logfile_add(struct logfile *log, struct log_stream *stream, const char *bytes, size_t length);

/* What is there of a line that has not ended, as a partial record; the rest may follow. */
void logfile_end(struct logfile *log, struct log_stream *stream);

void logfile_flush(struct logfile *log);

void logfile_close(struct logfile *log);

/* One line of ours, in the stream `jstack`, behind what is there. */
void logfile_note(struct logfile *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
