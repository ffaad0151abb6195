/*
 * The moments at which a test kills a supervisor: each step that changes something names itself
 * before it is done. That is in the helper jstack-shim-crash alone, which no distribution has
 * (-DCRASH_POINTS); elsewhere a step is nothing, whatever lies in a run directory.
 *
 *   RUN-DIRECTORY/crash        NAME, a newline, and which of that name; or empty, to note only
 *   RUN-DIRECTORY/crash.steps  the steps so far, a line each
 *   RUN-DIRECTORY/crash.init   a FIFO: the init begins when somebody opens its other end
 *   crash.main                 the same for run and exec as such, in their caller's directory
 *   crash.exec, crash.command  the same for the joiner of an exec, there, too, and for the command
 *                              that it has forked, in the root of the container
 */
#pragma once

#ifdef CRASH_POINTS
/* This process, and none that it forks, looks at the crash of that directory. */
void crash_arm(int directory);
void crash_at(const char *step);
/* Who comes here waits at the FIFO of that name, where a test made one. */
void crash_hold(int directory, const char *fifo);
#else
static inline void crash_arm(int directory) { (void)directory; }
static inline void crash_at(const char *step) { (void)step; }
static inline void crash_hold(int directory, const char *fifo) { (void)directory, (void)fifo; }
#endif
