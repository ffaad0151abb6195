#define _GNU_SOURCE
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util.h"

#define FINISH_ROUNDS 64 /* of a buffer each: more than a pipe holds */

static void open_lane(struct lane *lane, int from, int to, bool owns_to) {
  *lane = (struct lane){.from = from, .to = to, .owns_to = owns_to};
  if (from < 0) return;
  lane->buffer = malloc(RELAY_BUFFER);
  if (!lane->buffer) lane->from = -1;
}

void relay_pipes(struct relay *relay, int in, int out, int err) {
  *relay = (struct relay){.master = -1};
  open_lane(&relay->lanes[0], in >= 0 ? STDIN_FILENO : -1, in, true);
  open_lane(&relay->lanes[1], out, STDOUT_FILENO, false);
  open_lane(&relay->lanes[2], err, STDERR_FILENO, false);
}

void relay_terminal(struct relay *relay, int master) {
  *relay = (struct relay){.master = master};
  fcntl(master, F_SETFL, O_NONBLOCK);
  open_lane(&relay->lanes[0], STDIN_FILENO, master, false);
  open_lane(&relay->lanes[1], master, STDOUT_FILENO, false);
  open_lane(&relay->lanes[2], -1, -1, false);
  if (tcgetattr(STDIN_FILENO, &relay->saved) == 0) {
    struct termios raw = relay->saved;
    cfmakeraw(&raw);
    relay->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  relay_resize(relay);
}

void relay_resize(const struct relay *relay) {
  struct winsize size;
  if (relay->master >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
    ioctl(relay->master, TIOCSWINSZ, &size);
}

nfds_t relay_prepare(const struct relay *relay, struct pollfd *out) {
  nfds_t count = 0;
  for (int i = 0; i < RELAY_LANES; i++) {
    const struct lane *lane = &relay->lanes[i];
    bool full = lane->end > lane->start;
    bool over = lane->from < 0;
    /* Either side, never both: what was read is written before more is read. */
    out[count++] = (struct pollfd){.fd = over && !full ? -1 : (full ? lane->to : lane->from),
                                   .events = full ? POLLOUT : POLLIN};
  }
  return count;
}

static void end_lane(struct lane *lane) {
  if (lane->owns_to) close_fd(&lane->to);
  if (lane->owns_to) lane->to = -1;
  lane->from = -1;
}

static void empty(struct lane *lane) {
  /* At most PIPE_BUF: a pipe that is ready takes that much without blocking; see pipe(7). */
  size_t length = lane->end - lane->start;
  ssize_t written =
      write(lane->to, lane->buffer + lane->start, length < PIPE_BUF ? length : PIPE_BUF);
  if (written < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (written < 0) {
    /* Nobody reads any more: the command learns of it by its own closed pipe. */
    lane->start = lane->end = 0;
    if (!lane->owns_to && lane->from > STDERR_FILENO) close_fd(&lane->from);
    end_lane(lane);
    return;
  }
  lane->start += (size_t)written;
}

/* True when there is something new in it. */
static bool fill(struct lane *lane) {
  ssize_t count = read(lane->from, lane->buffer, RELAY_BUFFER);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (count <= 0) { /* EIO: the last slave of the pty was closed */
    end_lane(lane);
    return false;
  }
  lane->start = 0;
  lane->end = (size_t)count;
  return true;
}

void relay_dispatch(struct relay *relay, const struct pollfd *events) {
  for (int i = 0; i < RELAY_LANES; i++) {
    struct lane *lane = &relay->lanes[i];
    if (!events[i].revents || events[i].fd < 0) continue;
    if (lane->end > lane->start) {
      empty(lane);
    } else if (lane->from >= 0 && fill(lane) && i > 0 && relay->heard) {
      relay->heard(relay->listener, i, lane->buffer, lane->end);
    }
  }
}

void relay_finish(struct relay *relay) {
  struct pollfd events[RELAY_LANES] = {0};
  end_lane(&relay->lanes[0]);
  relay->lanes[0].start = relay->lanes[0].end = 0;
  for (int rounds = 0; rounds < FINISH_ROUNDS;) {
    nfds_t count = relay_prepare(relay, events);
    bool writing = false;
    for (nfds_t i = 0; i < count; i++)
      writing |= (events[i].fd >= 0 && events[i].events == POLLOUT);
    int ready = poll(events, count, writing ? -1 : 0);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) break;
    rounds += !writing;
    relay_dispatch(relay, events);
  }
  if (relay->raw) tcsetattr(STDIN_FILENO, TCSADRAIN, &relay->saved);
  for (int i = 0; i < RELAY_LANES; i++) free(relay->lanes[i].buffer);
}
