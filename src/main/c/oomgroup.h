/*
 * The end of a whole container when the kernel killed one process of it to keep its memory limit:
 * what memory.oom.group is in cgroup v2, for v1, which ends one process at a time.
 *
 *   memory.oom_control  counts in oom_kill; an eventfd registered through cgroup.event_control
 * hears of an OOM just before the kernel chooses whom to kill
 *
 * See the kernel's cgroup-v1/memory page, "OOM Control". An OOM of the whole machine raises no such
 * event, so the counter is looked at each second, too.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"

struct oom_group {
  int event; /* -1: nobody watches */
  int control;
  int64_t soon_until_ms; /* the event came; the count may still be on its way */
};

/* Watches a cgroup of v1's memory controller. 0, or -1 with `why`. */
int oom_group_open(struct oom_group *group, const char *directory, struct failure *why);

/* Takes what the event said. */
void oom_group_hear(struct oom_group *group, int64_t now_ms);

/* How long it may be until the next look; -1: nobody watches. */
int64_t oom_group_timeout_ms(const struct oom_group *group, int64_t now_ms);

/* Whether a process was killed; if so, nothing is watched from now on. */
bool oom_group_struck(struct oom_group *group);
