#define _GNU_SOURCE
#include "logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "crash.h"
#include "util.h"

#define HEAD_MAX 64

/* log -> log.1 -> log.2 ...; the oldest falls off. */
static void shift(const struct logfile *log) {
  char from[24];
  char to[24];
  uint32_t files = log->files > 0 ? log->files : 1;
  if (files == 1) {
    unlinkat(log->directory, "log", 0);
    return;
  }
  for (uint32_t i = files - 1; i > 0; i--) {
    snprintf(to, sizeof(to), "log.%u", i);
    if (i == 1) {
      snprintf(from, sizeof(from), "log");
    } else {
      snprintf(from, sizeof(from), "log.%u", i - 1);
    }
    crash_at("rotate the log");
    renameat(log->directory, from, log->directory, to);
  }
}

static void open_new(struct logfile *log) {
  crash_at("open the log");
  log->fd =
      openat(log->directory, "log", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  log->size = 0;
  log->torn = false;
}

/* Who was killed while writing left the beginning of a record: the next one gets its own line. */
static void find_torn_record(struct logfile *log) {
  char last = '\n';
  cleanup_fd int fd = openat(log->directory, "log", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || pread(fd, &last, 1, (off_t)log->size - 1) != 1 || last == '\n') return;
  log->torn = true;
}

void logfile_open(struct logfile *log, int directory, uint64_t limit, uint32_t files,
                  bool goes_on) {
  log->directory = directory;
  log->limit = limit;
  log->files = files;
  log->dropped = 0;
  log->second = 0;
  log->used = 0;
  struct stat stat;
  bool there = fstatat(directory, "log", &stat, AT_SYMLINK_NOFOLLOW) == 0 && stat.st_size > 0;
  if (there && !goes_on) shift(log);
  open_new(log);
  if (there && goes_on) {
    log->size = (uint64_t)stat.st_size;
    find_torn_record(log);
  }
}

void logfile_limit(struct logfile *log, uint64_t limit, uint32_t files) {
  uint32_t kept = files > 0 ? files : 1;
  for (uint32_t i = kept; i < log->files; i++) {
    char name[24];
    snprintf(name, sizeof(name), "log.%u", i);
    unlinkat(log->directory, name, 0);
  }
  log->limit = limit;
  log->files = files;
}

static void count_lost(struct logfile *log, const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) log->dropped += bytes[i] == '\n';
}

/*
 * Whole records only: the beginning of one that found no room is taken back, or the next would go
 * on in its line. A reader has not gone past it, since it has no end.
 */
static void take_back(struct logfile *log, size_t torn) {
  struct stat stat;
  /* Where it is now: whoever looks after the machine may have emptied the file. */
  if (fstat(log->fd, &stat) == 0 && (size_t)stat.st_size >= torn &&
      ftruncate(log->fd, stat.st_size - (off_t)torn) == 0) {
    log->size -= torn;
  } else {
    log->torn = true;
  }
}

static bool write_some(struct logfile *log, const char **bytes, size_t *length) {
  ssize_t written = RETRY(write(log->fd, *bytes, *length));
  if (written <= 0) return false;
  *bytes += written;
  *length -= (size_t)written;
  log->size += (uint64_t)written;
  return true;
}

/* A disk that is full costs records, and they are counted; it never stops the container. */
static void put(struct logfile *log, const char *bytes, size_t length) {
  const char *whole = bytes;
  const char *newline = "\n";
  size_t one = 1;
  if (log->fd < 0) open_new(log);
  if (log->fd >= 0 && log->torn) log->torn = !write_some(log, &newline, &one);
  if (log->fd >= 0 && !log->torn) {
    while (length > 0 && write_some(log, &bytes, &length)) continue;
    const char *end = memrchr(whole, '\n', (size_t)(bytes - whole));
    if (end) whole = end + 1;
    if (whole < bytes) take_back(log, (size_t)(bytes - whole));
  }
  count_lost(log, bytes, length);
}

static size_t head(struct logfile *log, char *out, const char *stream, char flag) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec != log->second) {
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    strftime(log->date, sizeof(log->date), "%Y-%m-%dT%H:%M:%S", &utc);
    log->second = now.tv_sec;
  }
  int length = snprintf(out, HEAD_MAX, "%s.%09ldZ %s %c ", log->date, now.tv_nsec, stream, flag);
  return (size_t)length;
}

void logfile_flush(struct logfile *log) {
  if (log->used == 0) return;
  if (log->limit > 0 && log->size > 0 && log->size + log->used > log->limit) {
    close_fd(&log->fd);
    log->fd = -1;
    shift(log);
    open_new(log);
  }
  uint64_t lost = log->dropped;
  put(log, log->buffer, log->used);
  log->used = 0;
  if (lost > 0 && lost == log->dropped) {
    char note[160];
    size_t length = head(log, note, "jstack", 'F');
    length += (size_t)snprintf(note + length, sizeof(note) - length,
                               "%llu records were lost: the log could not be written\n",
                               (unsigned long long)lost);
    put(log, note, length);
    log->dropped = log->dropped == lost ? 0 : lost; /* no room for that either: it is said later */
  }
}

static void record(struct logfile *log, const char *stream, char flag, const char *first,
                   size_t first_length, const char *second, size_t second_length) {
  size_t need = HEAD_MAX + first_length + second_length + 1;
  if (log->used + need > sizeof(log->buffer)) logfile_flush(log);
  char *out = log->buffer + log->used;
  size_t length = head(log, out, stream, flag);
  memcpy(out + length, first, first_length);
  length += first_length;
  memcpy(out + length, second, second_length);
  length += second_length;
  out[length++] = '\n';
  log->used += length;
}

void logfile_add(struct logfile *log, struct log_stream *stream, const char *bytes, size_t length) {
  while (length > 0) {
    const char *newline = memchr(bytes, '\n', length);
    size_t part = newline ? (size_t)(newline - bytes) : length;
    size_t room = LOG_LINE_MAX - stream->length;
    if (part > room) {
      record(log, stream->name, 'P', stream->line, stream->length, bytes, room);
      stream->length = 0;
      bytes += room;
      length -= room;
    } else if (newline) {
      record(log, stream->name, 'F', stream->line, stream->length, bytes, part);
      stream->length = 0;
      bytes += part + 1;
      length -= part + 1;
    } else {
      memcpy(stream->line + stream->length, bytes, part);
      stream->length += part;
      return;
    }
  }
}

void logfile_end(struct logfile *log, struct log_stream *stream) {
  if (stream->length == 0) return;
  record(log, stream->name, 'P', stream->line, stream->length, "", 0);
  stream->length = 0;
}

void logfile_close(struct logfile *log) {
  logfile_flush(log);
  close_fd(&log->fd);
  log->fd = -1;
}

void logfile_note(struct logfile *log, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  for (char *c = text; *c; c++) {
    if ((unsigned char)*c < 0x20) *c = ' ';
  }
  record(log, "jstack", 'F', text, strlen(text), "", 0);
}
