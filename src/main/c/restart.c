#include "restart.h"

void backoff_ran(struct backoff *backoff, const struct restart_settings *settings, int64_t ran_ms) {
  uint64_t window = settings->window_ms > 0 ? settings->window_ms : BACKOFF_FORGET_MS;
  if (ran_ms >= 0 && (uint64_t)ran_ms >= window) *backoff = (struct backoff){0};
}

bool restart_wanted(const struct restart_settings *settings, const struct backoff *backoff,
                    int exit_code) {
  if (settings->most > 0 && backoff->attempts >= settings->most) return false;
  return settings->when == RESTART_ALWAYS ||
         (settings->when == RESTART_ON_FAILURE && exit_code != 0);
}

int64_t backoff_next(struct backoff *backoff, const struct restart_settings *settings) {
  if (settings->delay_ms > 0) {
    backoff->attempts++;
    return (int64_t)settings->delay_ms;
  }
  int64_t next = backoff->delay_ms > 0 ? backoff->delay_ms * 2 : BACKOFF_FIRST_MS;
  backoff->delay_ms = next < BACKOFF_LONGEST_MS ? next : BACKOFF_LONGEST_MS;
  backoff->attempts++;
  return backoff->delay_ms;
}
