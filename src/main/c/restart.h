/* Whether and when a container that ended is started again. Only numbers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum restart_when { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS };

struct restart_settings {
  enum restart_when when;
  uint64_t most;      /* starts in a row; 0: no limit */
  uint64_t delay_ms;  /* before each start; 0: BACKOFF_FIRST_MS, doubling */
  uint64_t window_ms; /* who ran for so long begins anew; 0: BACKOFF_FORGET_MS */
};

#define BACKOFF_FIRST_MS 100
#define BACKOFF_LONGEST_MS 60000
#define BACKOFF_FORGET_MS 10000

struct backoff {
  int64_t delay_ms;  /* the last one */
  uint64_t attempts; /* in a row */
};

/* A run has ended after so long. */
void backoff_ran(struct backoff *backoff, const struct restart_settings *settings, int64_t ran_ms);

bool restart_wanted(const struct restart_settings *settings, const struct backoff *backoff,
                    int exit_code);

/* How long to wait before the next start: as the settings say, or 100 ms, twice as long each time,
 * at most a minute. */
int64_t backoff_next(struct backoff *backoff, const struct restart_settings *settings);
