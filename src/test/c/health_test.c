/* The two small machines of the supervisor: health and restarts, by numbers alone. */
#include "health.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "restart.h"

static int failed;

static void check(bool good, const char *what) {
  if (!good) fprintf(stderr, "health-test: not so: %s\n", what);
  failed |= !good;
}

static const struct health_settings USUAL = {
    .interval_ms = 1000, .timeout_ms = 500, .retries = 2, .start_interval_ms = 100};

static void failures_in_a_row(void) {
  struct health health;
  health_begin(&health, &USUAL, 5000);
  check(health.next_ms == 5000 && strcmp(health_word(&health), "starting") == 0, "at once");
  check(!health_result(&health, &USUAL, false, 5010), "the first failure does not count");
  check(health.next_ms == 6010, "the interval counts from the end");
  check(!health_result(&health, &USUAL, false, 6010), "one is not two");
  check(health_result(&health, &USUAL, false, 7010), "two are");
  check(strcmp(health_word(&health), "unhealthy") == 0 && health.failing == 2, "unhealthy");
  check(!health_result(&health, &USUAL, false, 8010), "and stays so");
  check(health_result(&health, &USUAL, true, 9010) && health.failing == 0, "one success mends");
  check(!health_result(&health, &USUAL, false, 10010), "one failure later does nothing yet");
  check(!health_result(&health, &USUAL, true, 11010) && health.failing == 0, "nor counts on");
}

static void start_period(void) {
  struct health_settings settings = USUAL;
  struct health health;
  settings.start_period_ms = 300;
  settings.retries = 1;
  health_begin(&health, &settings, 0);
  check(!health_result(&health, &settings, false, 10) && health.next_ms == 110, "start interval");
  check(!health_result(&health, &settings, false, 120) && health.next_ms == 220, "does not count");
  check(health_result(&health, &settings, true, 230) && health.next_ms == 1230, "then the usual");
  check(health_result(&health, &settings, false, 250), "a failure after a success counts");
  health_begin(&health, &settings, 0);
  check(!health_result(&health, &settings, false, 299), "still in it");
  check(health_result(&health, &settings, false, 400), "and out of it");
}

static void without(void) {
  struct health_settings none = {.interval_ms = 0};
  struct health health;
  health_begin(&health, &none, 0);
  check(health_word(&health) == NULL, "no check, no word");
  health_reset(&health, &USUAL, 50);
  check(strcmp(health_word(&health), "starting") == 0 && health.next_ms == 50, "one came");
  health_reset(&health, &none, 60);
  check(health_word(&health) == NULL, "and went");
}

static void backoff(void) {
  struct backoff backoff = {0};
  struct restart_settings usual = {.when = RESTART_ALWAYS};
  struct restart_settings slow = {.when = RESTART_ALWAYS, .delay_ms = 3000, .window_ms = 20000};
  int64_t expected = 100;
  for (int i = 0; i < 20; i++) {
    check(backoff_next(&backoff, &usual) == expected, "twice as long, at most a minute");
    expected = expected * 2 < 60000 ? expected * 2 : 60000;
  }
  backoff_ran(&backoff, &usual, 9999);
  check(backoff_next(&backoff, &usual) == 60000, "a short run is no success");
  backoff_ran(&backoff, &usual, 10000);
  check(backoff_next(&backoff, &usual) == 100 && backoff.attempts == 1, "a long one is");
  check(backoff_next(&backoff, &slow) == 3000 && backoff_next(&backoff, &slow) == 3000, "a delay");
  backoff_ran(&backoff, &slow, 19999);
  check(backoff.attempts == 3, "shorter than the window");
  backoff_ran(&backoff, &slow, 20000);
  check(backoff.attempts == 0, "as long as the window");
}

static void policies(void) {
  struct backoff none = {0};
  struct backoff three = {.attempts = 3};
  struct restart_settings no = {.when = RESTART_NO};
  struct restart_settings failure = {.when = RESTART_ON_FAILURE, .most = 3};
  struct restart_settings always = {.when = RESTART_ALWAYS};
  check(!restart_wanted(&no, &none, 1), "no");
  check(restart_wanted(&failure, &none, 1) && !restart_wanted(&failure, &none, 0), "on failure");
  check(!restart_wanted(&failure, &three, 1), "not more often");
  check(restart_wanted(&always, &three, 0), "always");
}

int main(void) {
  failures_in_a_row();
  start_period();
  without();
  backoff();
  policies();
  if (!failed) puts("health-test: all good");
  return failed;
}
