#include "health.h"

#include <stddef.h>

void health_begin(struct health *health, const struct health_settings *settings, int64_t now_ms) {
  *health = (struct health){.began_ms = now_ms, .next_ms = now_ms};
  health->state = settings->interval_ms > 0 ? HEALTH_STARTING : HEALTH_OFF;
}

static bool is_starting(const struct health *health, const struct health_settings *settings,
                        int64_t now_ms) {
  return health->state == HEALTH_STARTING &&
         now_ms - health->began_ms < (int64_t)settings->start_period_ms;
}

bool health_result(struct health *health, const struct health_settings *settings, bool good,
                   int64_t now_ms) {
  enum health_state before = health->state;
  bool first = !health->checked;
  health->checked = true;
  if (good) {
    health->failing = 0;
    health->state = HEALTHY;
  } else if (!is_starting(health, settings, now_ms) && !(first && before == HEALTH_STARTING)) {
    if (health->failing < UINT32_MAX) health->failing++;
    if (health->failing >= settings->retries) health->state = UNHEALTHY;
  }
  uint64_t pause =
      is_starting(health, settings, now_ms) ? settings->start_interval_ms : settings->interval_ms;
  health->next_ms = now_ms + (int64_t)pause;
  return health->state != before;
}

void health_reset(struct health *health, const struct health_settings *settings, int64_t now_ms) {
  if (settings->interval_ms == 0) {
    health->state = HEALTH_OFF;
    return;
  }
  /* Another check, or another pace: what the old one said counts until the new one has spoken. */
  if (health->state == HEALTH_OFF) health->state = HEALTH_STARTING;
  health->failing = 0;
  health->next_ms = now_ms;
}

const char *health_word(const struct health *health) {
  switch (health->state) {
    case HEALTH_STARTING:
      return "starting";
    case HEALTHY:
      return "healthy";
    case UNHEALTHY:
      return "unhealthy";
    default:
      return NULL;
  }
}
