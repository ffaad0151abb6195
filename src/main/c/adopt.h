/*
 * A new supervisor for a container whose own one died. Its init outlived that: it holds the FIFOs
 * open, so nothing that was said is lost, and it writes the exit record.
 *
 * What died with the supervisor is the right of a parent to wait(2): see adopted_exit.
 */
#pragma once

#include "container.h"

/*
 * Takes over the container that the run directory tells of, instead of container_start. Its first
 * process is known by boot, pid, start time and cgroup. 0, or -1 with `why`: then nothing was done.
 */
int container_adopt(struct container *container);

/*
 * How the init of an adopted container ended, in the words of wait(2), once its pidfd says that it
 * has. False when nobody can tell any more: a kernel before 6.15, and pid 1 was faster.
 */
bool adopted_exit(const struct container *container, int *wait_status);
