/* What a container has made in a directory that is ours to remove: as many as it liked, as deep. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Removes the directories below one, the deepest first; those that are busy stay, with all that
 * they lie in. Neither recursion nor a path of more than one name: there is one directory open at a
 * time, and for each above it is known where to go on there. Ends early at `end_ms` of
 * CLOCK_MONOTONIC. Returns how many are gone.
 */
size_t remove_directories_below(const char *directory, int64_t end_ms);
