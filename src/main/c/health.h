/*
 * Whether a container does its work, judged by the exit codes of a check; the words are Compose's.
 * Only numbers: what is run, and how, is task.h.
 *
 * The first check runs at once, so that who waits does not wait for nothing; its failure does not
 * count, and neither does any within the start period. All times are of CLOCK_MONOTONIC.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum health_failure { HEALTH_NONE, HEALTH_RESTART, HEALTH_STOP };

struct health_settings {
  uint64_t interval_ms; /* 0: there is no check */
  uint64_t timeout_ms;
  uint64_t retries;
  uint64_t start_period_ms;
  uint64_t start_interval_ms;
  enum health_failure on_failure;
};

enum health_state { HEALTH_OFF, HEALTH_STARTING, HEALTHY, UNHEALTHY };

struct health {
  enum health_state state;
  uint32_t failing; /* how often in a row */
  bool checked;     /* at least once */
  int64_t began_ms; /* when the command was started */
  int64_t next_ms;  /* when the next check is due */
};

/* A new run. */
void health_begin(struct health *health, const struct health_settings *settings, int64_t now_ms);

/* The check that was due has ended. True when the state changed. */
bool health_result(struct health *health, const struct health_settings *settings, bool good,
                   int64_t now_ms);

/* Settings have changed while it runs. */
void health_reset(struct health *health, const struct health_settings *settings, int64_t now_ms);

/* As the status spells it; NULL without a check. */
const char *health_word(const struct health *health);
