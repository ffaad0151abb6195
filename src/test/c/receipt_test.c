/* Receipts from cgroups that are folders of text: v1, v2, both, and kernels that lack files. */
#define _GNU_SOURCE
#include "receipt.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/receipt-test.XXXXXX";
static int failed;

static void check(bool good, const char *what) {
  if (!good) fprintf(stderr, "receipt-test: not so: %s\n", what);
  failed |= !good;
}

static void put(const char *name, const char *text) {
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  FILE *file = fopen(path, "we");
  check(file && fputs(text, file) >= 0, name);
  if (file) fclose(file);
}

static void read_group(const char *name, struct usage *usage) {
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  usage_read(path, usage);
}

static void make(const char *name) {
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  check(mkdir(path, 0700) == 0, name);
}

static const char *text_of(int directory, const char *name) {
  static char text[4096];
  int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
  text[length > 0 ? length : 0] = '\0';
  if (fd >= 0) close(fd);
  return text;
}

static void v2(void) {
  struct usage usage;
  make("v2");
  put("v2/memory.events", "low 0\nhigh 0\nmax 9\noom 2\noom_kill 3\noom_group_kill 0\n");
  put("v2/memory.events.local", "low 0\nhigh 0\nmax 9\noom 2\noom_kill 3\n");
  put("v2/memory.peak", "4096\n");
  put("v2/memory.max", "max\n");
  put("v2/cpu.stat",
      "usage_usec 30\nuser_usec 10\nsystem_usec 20\nnr_periods 5\nnr_throttled 4\n"
      "throttled_usec 7\n");
  put("v2/io.stat",
      "8:0 rbytes=100 wbytes=7 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=11 wbytes=2 rios=1 "
      "wios=1\n");
  put("v2/pids.peak", "6\n");
  usage_init(&usage);
  read_group("v2", &usage);
  check(usage.oom_kills == 3 && usage.limit_hit == 1, "v2: kills, and who asked for them");
  check(usage.memory_peak == 4096 && usage.memory_limit == NOT_COUNTED, "v2: peak without limit");
  check(usage.cpu_user == 10000 && usage.cpu_system == 20000, "v2: microseconds");
  check(usage.throttled_periods == 4 && usage.throttled_time == 7000, "v2: throttled");
  check(usage.io_read == 111 && usage.io_written == 9, "v2: all devices");
  check(usage.pids_peak == 6, "v2: pids");
}

static void v1(void) {
  struct usage usage;
  make("memory");
  make("cpu");
  make("cpuacct");
  make("blkio");
  make("unified");
  put("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
  put("memory/memory.max_usage_in_bytes", "8192\n");
  put("memory/memory.limit_in_bytes", "9223372036854771712\n");
  put("memory/memory.memsw.max_usage_in_bytes", "9000\n");
  put("memory/memory.memsw.limit_in_bytes", "9000\n");
  put("cpu/cpu.stat", "nr_periods 9\nnr_throttled 8\nthrottled_time 7\n");
  put("cpuacct/cpuacct.usage", "1000\n");
  put("cpuacct/cpuacct.usage_user", "30\n");
  put("cpuacct/cpuacct.usage_sys", "10\n");
  put("blkio/blkio.throttle.io_service_bytes_recursive",
      "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\n8:16 Read 1\nTotal 31\n");
  put("unified/cpu.stat", "usage_usec 3\nuser_usec 1\nsystem_usec 2\n");
  usage_init(&usage);
  read_group("memory", &usage);
  read_group("cpu", &usage);
  read_group("cpuacct", &usage);
  read_group("blkio", &usage);
  check(usage.oom_kills == 1 && usage.limit_hit == 1, "v1: who has been at its limit");
  check(usage.memory_peak == 8192 && usage.memory_limit == NOT_COUNTED, "v1: the largest limit");
  check(usage.cpu_user == 750 && usage.cpu_system == 250, "v1: the whole, in proportion");
  check(usage.throttled_periods == 8 && usage.throttled_time == 7, "v1: throttled");
  check(usage.io_read == 11 && usage.io_written == 20, "v1: bytes of disks");
  check(usage.pids_peak == NOT_COUNTED, "v1: an older kernel counts no peak of pids");

  put("memory/memory.memsw.max_usage_in_bytes", "8999\n");
  usage_init(&usage);
  read_group("memory", &usage);
  check(usage.oom_kills == 1 && usage.limit_hit == 0, "v1: somebody else's limit");

  usage_init(&usage);
  read_group("unified", &usage);
  read_group("cpu", &usage);
  read_group("cpuacct", &usage);
  check(usage.cpu_user == 1000 && usage.cpu_system == 2000, "hybrid: what v2 has measured");
  check(usage.throttled_periods == 8, "hybrid: only the v1 tree knows of limits");
}

static void nothing(void) {
  struct usage usage;
  usage_init(&usage);
  read_group("nowhere", &usage);
  check(usage.oom_kills == NOT_COUNTED && usage.io_read == NOT_COUNTED &&
            usage.cpu_system == NOT_COUNTED,
        "what is not there is not counted, rather than 0");
}

static void receipts(int directory) {
  struct status status = {
      .started_at = 50, .finished_at = 70, .exit_code = 3, .state = "exited", .stopped = true};
  struct usage usage;
  usage_init(&usage);
  usage.oom_kills = 0;
  put("provenance", "rootfs_digest=aa\nmanifest_digest=bb\n");
  receipt_write(directory, &status, &usage);
  check(strcmp(text_of(directory, "receipt.50"),
               "version=1\nstarted_at=50\nfinished_at=70\nexit_code=3\nsignal=0\nstopped=1\n"
               "oom_kills=0\nrootfs_digest=aa\nmanifest_digest=bb\n") == 0,
        "a receipt holds what is known");
  put("provenance", "rootfs_digest=aa\nmanifest_dig");
  for (status.started_at = 100; status.started_at < 109; status.started_at++)
    receipt_write(directory, &status, &usage);
  check(!strstr(text_of(directory, "receipt.108"), "digest"), "a torn provenance is none");
  check(faccessat(directory, "receipt.50", F_OK, 0) == 0, "ten are kept");
  receipt_write(directory, &status, &usage);
  check(faccessat(directory, "receipt.50", F_OK, 0) != 0, "the oldest goes");
  check(faccessat(directory, "receipt.100", F_OK, 0) == 0, "and no other");
}

static void late(int directory) {
  struct usage usage;
  usage_init(&usage);
  unlinkat(directory, "provenance", 0);
  receipt_write_late(directory, false, &usage);
  put("status", "version=1\nstate=exited\npid=9\nstart=5\nstarted_at=200\n");
  receipt_write_late(directory, false, &usage);
  check(faccessat(directory, "receipt.200", F_OK, 0) != 0, "who ended in order has had one");
  put("status", "version=1\nstate=running\npid=9\nstart=5\nstarted_at=200\n");
  put("exit", "status=9 start=4 at=222\n");
  receipt_write_late(directory, false, &usage);
  check(strcmp(text_of(directory, "receipt.200"), "version=1\nstarted_at=200\nstopped=0\n") == 0,
        "the exit of another life is not this one's");
  put("exit", "status=9 start=5 at=222\n");
  receipt_write_late(directory, false, &usage);
  check(!strstr(text_of(directory, "receipt.200"), "exit_code"), "a receipt is written once");
  put("status", "version=1\nstate=running\npid=9\nstart=5\nstarted_at=201\n");
  receipt_write_late(directory, false, &usage);
  check(strcmp(text_of(directory, "receipt.201"),
               "version=1\nstarted_at=201\nfinished_at=222\nexit_code=137\nsignal=9\n"
               "stopped=0\n") == 0,
        "the init could still say how it ended");
  put("status", "version=1\nstate=running\npid=9\nstart=5\nstarted_at=230\n");
  receipt_write_late(directory, false, &usage);
  check(strstr(text_of(directory, "receipt.230"), "finished_at=230\n"),
        "nobody ends before they began, whoever heard of it late");
}

static void restored(int directory) {
  struct usage usage;
  usage_init(&usage);
  usage.cpu_user = 100;
  usage.io_read = 7;
  usage_set_apart(directory, &usage);
  usage.cpu_user = 130;
  usage.io_read = 5; /* a count that the kernel rounds otherwise */
  struct status status = {.started_at = 300, .exit_code = -1, .state = "exited", .restored = true};
  receipt_write(directory, &status, &usage);
  check(strcmp(text_of(directory, "receipt.300"),
               "version=1\nstarted_at=300\nstopped=0\nrestored=1\ncpu_user=30\nio_read=0\n") == 0,
        "what criu used is not its own");
  status.restored = false;
  status.started_at = 301;
  receipt_write(directory, &status, &usage);
  check(strstr(text_of(directory, "receipt.301"), "cpu_user=130\n"),
        "of the next run nothing goes");
  put("status", "version=1\nstate=running\npid=9\nstart=5\nstarted_at=302\nrestored=1\n");
  put("exit", "status=9 start=4 at=333\n");
  receipt_write_late(directory, false, &usage);
  check(strstr(text_of(directory, "receipt.302"), "exit_code=137\n"),
        "an init that was restored has its first life's start");
  put("status", "version=1\nstate=running\npid=9\nstart=5\nstarted_at=400\nrestored=1\n");
  receipt_write_late(directory, false, &usage);
  check(!strstr(text_of(directory, "receipt.400"), "exit_code"), "but no record from before");
}

int main(void) {
  int directory = mkdtemp(folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (directory < 0) return 1;
  v2();
  v1();
  nothing();
  receipts(directory);
  late(directory);
  restored(directory);
  close(directory);
  char command[64];
  snprintf(command, sizeof(command), "rm -r %s", folder);
  if (system(command) != 0) return 1;
  if (!failed) puts("receipts: as they should be");
  return failed;
}
