/*
 * The launcher: one process for one jstack command, however many containers it starts.
 *
 *   stdin    NUL-terminated words, two a request: start, restore, adopt or clean, and DIR;
 *            or spread and DIR, which has no answer (spread.h)
 *   stdout   a line an answer, in the order of completion:
 *            started PID DIR | failed DIR | cleaned DIR | unclean DIR
 *
 * Each request gets a process of its own at once, so requests overlap, and that process answers by
 * itself. At the end of stdin the launcher waits for the answers under way and goes.
 */
#pragma once

int serve(void);
