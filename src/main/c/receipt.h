/*
 * The receipt of one run of a container: what the kernel counted until its end, and how it ended.
 *
 *   RUN-DIRECTORY/receipt.STARTED-AT     lines of key=value; a key that is missing is not known
 *   RUN-DIRECTORY/apart                  what its restore used before it went on: not its own
 *
 * Each run has a name of its own, so a writer that is killed tears nothing and moves nothing; the
 * last ten are kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define NOT_COUNTED UINT64_MAX

/* Bytes, nanoseconds and pieces; NOT_COUNTED where no file of this kernel says it. */
struct usage {
  uint64_t oom_kills;    /* processes that the kernel killed for want of memory */
  uint64_t memory_limit; /* NOT_COUNTED when there is none, too */
  uint64_t memory_peak;
  uint64_t limit_hit; /* 1: this limit, not one further up, was in the way of an allocation */
  uint64_t cpu_user;
  uint64_t cpu_system;
  uint64_t throttled_periods;
  uint64_t throttled_time;
  uint64_t io_read;
  uint64_t io_written;
  uint64_t pids_peak; /* threads, and the init, too */
};

/* Sets every number to NOT_COUNTED. */
void usage_init(struct usage *usage);

/* Adds what one cgroup of the container counts, in whichever hierarchy it lies. */
void usage_read(const char *directory, struct usage *usage);

/* What criu has used to restore the container is no use of its own. */
void usage_set_apart(int directory, const struct usage *usage);

/* From now on the peak is that of now. Before 6.12 v2 keeps it for good, and then for one reader.
 */
void usage_reset_peak(const char *cgroup);

/* Writes the receipt of the run that began at status->started_at. */
void receipt_write(int directory, const struct status *status, const struct usage *whole);

/*
 * The same for a run whose supervisor is gone, unless that had written it: how it ended is known
 * when its init could still say. `ended_now`: it lived until a moment ago.
 */
void receipt_write_late(int directory, bool ended_now, const struct usage *usage);
