#define _GNU_SOURCE
#include "receipt.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"
#include "util.h"

#define KEPT 10
#define PREFIX "receipt."
#define NAME_BYTES 64
#define NO_LIMIT (1ull << 60) /* v1 writes the largest number of pages instead of a word */

void usage_init(struct usage *usage) { memset(usage, 0xff, sizeof(*usage)); }

static FILE *open_below(const char *directory, const char *name) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path)) return NULL;
  return fopen(path, "re");
}

/* The number behind a key at the beginning of a line, or of the file when the key is "". */
static uint64_t read_number(const char *directory, const char *name, const char *key) {
  char line[256];
  size_t length = strlen(key);
  uint64_t number = NOT_COUNTED;
  FILE *file = open_below(directory, name);
  if (!file) return number;
  while (number == NOT_COUNTED && fgets(line, sizeof(line), file)) {
    if (strncmp(line, key, length) == 0 && line[length] >= '0' && line[length] <= '9')
      number = strtoull(line + length, NULL, 10);
  }
  fclose(file);
  return number;
}

/* A number in one file; where two say the same, the first that is there counts. */
static const struct source {
  const char *name;
  const char *key;
  size_t field;
  uint64_t unit;
} SOURCES[] = {
    /* With what happened in the cgroups below; the time on CPUs as the scheduler measured it. */
    {"memory.events", "oom_kill ", offsetof(struct usage, oom_kills), 1},
    {"memory.peak", "", offsetof(struct usage, memory_peak), 1}, /* since 5.19 */
    {"memory.max", "", offsetof(struct usage, memory_limit), 1},
    {"memory.events.local", "oom ", offsetof(struct usage, limit_hit), 1},
    {"cpu.stat", "user_usec ", offsetof(struct usage, cpu_user), 1000},
    {"cpu.stat", "system_usec ", offsetof(struct usage, cpu_system), 1000},
    {"cpu.stat", "throttled_usec ", offsetof(struct usage, throttled_time), 1000},
    /* v1 */
    {"memory.oom_control", "oom_kill ", offsetof(struct usage, oom_kills), 1}, /* since 4.13 */
    {"memory.max_usage_in_bytes", "", offsetof(struct usage, memory_peak), 1},
    {"memory.limit_in_bytes", "", offsetof(struct usage, memory_limit), 1},
    {"cpu.stat", "throttled_time ", offsetof(struct usage, throttled_time), 1},
    /* both */
    {"cpu.stat", "nr_throttled ", offsetof(struct usage, throttled_periods), 1},
    {"pids.peak", "", offsetof(struct usage, pids_peak), 1}, /* since 6.1 */
};

/* v1 measures the whole and only samples its parts, tick by tick: they give the proportion. */
static void read_cpuacct(const char *directory, struct usage *usage) {
  uint64_t whole = read_number(directory, "cpuacct.usage", "");
  uint64_t user = read_number(directory, "cpuacct.usage_user", "");
  uint64_t system = read_number(directory, "cpuacct.usage_sys", "");
  if (whole == NOT_COUNTED || user == NOT_COUNTED || system == NOT_COUNTED) return;
  if (usage->cpu_user != NOT_COUNTED) return;
  double part = user + system > 0 ? (double)system / (double)(user + system) : 0;
  usage->cpu_system = (uint64_t)((double)whole * part);
  usage->cpu_user = whole - usage->cpu_system;
}

/*
 * v1 names nobody, and newer kernels leave its failcnt at 0: whoever was in the way has been as
 * high as it can be. With a limit of memory and swap together, that one may be the first.
 */
static void read_watermarks(const char *directory, struct usage *usage) {
  static const char *const PAIRS[][2] = {
      {"memory.max_usage_in_bytes", "memory.limit_in_bytes"},
      {"memory.memsw.max_usage_in_bytes", "memory.memsw.limit_in_bytes"},
  };
  for (size_t i = 0; i < COUNT(PAIRS); i++) {
    uint64_t highest = read_number(directory, PAIRS[i][0], "");
    uint64_t limit = read_number(directory, PAIRS[i][1], "");
    if (highest == NOT_COUNTED || limit == NOT_COUNTED) continue;
    if (usage->limit_hit == NOT_COUNTED) usage->limit_hit = 0;
    if (highest >= limit) usage->limit_hit = 1;
  }
}

/* Of `8:0 rbytes=4096 wbytes=0` or `8:0 Read 4096`: the numbers behind two words, all devices. */
static void read_io(const char *directory, const char *name, const char *read_word,
                    const char *write_word, struct usage *usage) {
  char line[512];
  FILE *file = open_below(directory, name);
  if (!file) return;
  uint64_t bytes[2] = {0, 0};
  const char *words[2] = {read_word, write_word};
  while (fgets(line, sizeof(line), file)) {
    for (size_t i = 0; i < 2; i++) {
      const char *found = strstr(line, words[i]);
      if (found) bytes[i] += strtoull(found + strlen(words[i]), NULL, 10);
    }
  }
  fclose(file);
  usage->io_read = bytes[0];
  usage->io_written = bytes[1];
}

void usage_read(const char *directory, struct usage *usage) {
  for (size_t i = 0; i < COUNT(SOURCES); i++) {
    uint64_t *field = (uint64_t *)(void *)((char *)usage + SOURCES[i].field);
    uint64_t number = *field == NOT_COUNTED
                          ? read_number(directory, SOURCES[i].name, SOURCES[i].key)
                          : NOT_COUNTED;
    if (number != NOT_COUNTED) *field = number * SOURCES[i].unit;
  }
  if (usage->memory_limit >= NO_LIMIT) usage->memory_limit = NOT_COUNTED;
  read_cpuacct(directory, usage);
  if (usage->limit_hit != NOT_COUNTED && usage->limit_hit > 1) usage->limit_hit = 1;
  read_watermarks(directory, usage);
  read_io(directory, "io.stat", " rbytes=", " wbytes=", usage);
  read_io(directory, "blkio.throttle.io_service_bytes_recursive", " Read ", " Write ", usage);
}

void usage_set_apart(int directory, const struct usage *usage) {
  int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  cleanup_fd int fd = openat(directory, "apart", flags, 0600);
  if (fd < 0 || write(fd, usage, sizeof(*usage)) != (ssize_t)sizeof(*usage)) return;
}

static void take_off(uint64_t *number, uint64_t apart) {
  if (*number != NOT_COUNTED && apart != NOT_COUNTED) *number -= apart < *number ? apart : *number;
}

static struct usage own_part(int directory, const struct status *status,
                             const struct usage *whole) {
  struct usage apart;
  struct usage usage = *whole;
  cleanup_fd int fd = openat(directory, "apart", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (!status->restored || fd < 0) return usage;
  if (read(fd, &apart, sizeof(apart)) != (ssize_t)sizeof(apart)) return usage;
  take_off(&usage.cpu_user, apart.cpu_user);
  take_off(&usage.cpu_system, apart.cpu_system);
  take_off(&usage.throttled_periods, apart.throttled_periods);
  take_off(&usage.throttled_time, apart.throttled_time);
  take_off(&usage.io_read, apart.io_read);
  take_off(&usage.io_written, apart.io_written);
  return usage;
}

void usage_reset_peak(const char *cgroup) {
  static const char *const FILES[] = {"memory.max_usage_in_bytes",
                                      "memory.memsw.max_usage_in_bytes"};
  for (size_t i = 0; i < COUNT(FILES); i++) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s/%s", cgroup, FILES[i]) >= (int)sizeof(path)) continue;
    cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) < 0) continue;
  }
}

struct text {
  char bytes[4096];
  size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...) {
  size_t room = sizeof(text->bytes) - text->length;
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text->bytes + text->length, room, format, arguments);
  va_end(arguments);
  if (length > 0 && (size_t)length < room) text->length += (size_t)length;
}

static void add_number(struct text *text, const char *key, uint64_t number) {
  if (number != NOT_COUNTED) add(text, "%s=%llu\n", key, (unsigned long long)number);
}

/* What the container was made from, as Java wrote it down: taken over as it is. */
static void add_provenance(struct text *text, int directory) {
  char lines[1024];
  cleanup_fd int fd = openat(directory, "provenance", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, lines, sizeof(lines));
  if (length > 0 && lines[length - 1] == '\n') add(text, "%.*s", (int)length, lines);
}

static void name_of(const struct status *status, char name[NAME_BYTES]) {
  snprintf(name, NAME_BYTES, PREFIX "%lld", (long long)status->started_at);
}

/* Removes the oldest while there are too many. */
static void prune(int directory) {
  for (;;) {
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) {
      close_fd(&fd);
      return;
    }
    int count = 0;
    unsigned long long oldest = ULLONG_MAX;
    for (struct dirent *entry; (entry = readdir(entries));) {
      if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0) continue;
      unsigned long long began = strtoull(entry->d_name + strlen(PREFIX), NULL, 10);
      oldest = began < oldest ? began : oldest;
      count++;
    }
    closedir(entries);
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), PREFIX "%llu", oldest);
    if (count <= KEPT || unlinkat(directory, name, 0) < 0) return;
  }
}

void receipt_write(int directory, const struct status *status, const struct usage *whole) {
  struct text text = {.length = 0};
  const struct usage own = own_part(directory, status, whole);
  const struct usage *usage = &own;
  add(&text, "version=1\nstarted_at=%lld\n", (long long)status->started_at);
  if (status->finished_at > 0) add(&text, "finished_at=%lld\n", (long long)status->finished_at);
  if (status->exit_code >= 0)
    add(&text, "exit_code=%d\nsignal=%d\n", status->exit_code, status->signal);
  add(&text, "stopped=%d\n", status->stopped);
  if (status->ended_by) add(&text, "ended_by=%s\n", status->ended_by);
  if (status->restored) add(&text, "restored=1\n");
  add_number(&text, "oom_kills", usage->oom_kills);
  add_number(&text, "memory_peak", usage->memory_peak);
  add_number(&text, "memory_limit", usage->memory_limit);
  add_number(&text, "memory_limit_hit", usage->limit_hit);
  add_number(&text, "cpu_user", usage->cpu_user);
  add_number(&text, "cpu_system", usage->cpu_system);
  add_number(&text, "throttled_periods", usage->throttled_periods);
  add_number(&text, "throttled_time", usage->throttled_time);
  add_number(&text, "io_read", usage->io_read);
  add_number(&text, "io_written", usage->io_written);
  add_number(&text, "pids_peak", usage->pids_peak);
  add_provenance(&text, directory);

  char name[NAME_BYTES];
  name_of(status, name);
  int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  cleanup_fd int fd = openat(directory, ".receipt", flags, 0600);
  if (fd < 0 || write(fd, text.bytes, text.length) != (ssize_t)text.length) return;
  crash_at("rename receipt");
  if (renameat(directory, ".receipt", directory, name) == 0) prune(directory);
}

void receipt_write_late(int directory, bool ended_now, const struct usage *usage) {
  struct status status;
  char name[NAME_BYTES];
  if (!status_read_running(directory, &status)) return;
  name_of(&status, name);
  if (faccessat(directory, name, F_OK, 0) == 0) return;
  status.exit_code = -1;
  if (!exit_record_read(directory, &status) && ended_now) status.finished_at = now_ns();
  status.stopped = ended_now;
  receipt_write(directory, &status, usage);
}
