#define _GNU_SOURCE
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "crash.h"
#include "util.h"

#define PATIENCE_MS 5000

int control_open(struct control *control, const char *path) {
  control->path = path;
  control->listener = -1;
  control->socket = 0;
  for (size_t i = 0; i < CONTROL_CLIENTS; i++)
    control->clients[i] = (struct control_client){.fd = -1, .line = control->lines[i]};
  if (!path) return 0;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof(address.sun_path)) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  crash_at("unlink the old socket");
  unlink(path);
  crash_at("bind the socket");
  mode_t old = umask(0177);
  int bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
  umask(old);
  crash_at("listen");
  if (bound < 0 || listen(fd, CONTROL_CLIENTS) < 0) return -1;
  struct stat file;
  control->socket = lstat(path, &file) == 0 ? file.st_ino : 0;
  control->listener = steal_fd(&fd);
  return 0;
}

nfds_t control_prepare(const struct control *control, struct pollfd *out) {
  nfds_t count = 0;
  out[count++] = (struct pollfd){.fd = control->listener, .events = POLLIN};
  for (size_t i = 0; i < CONTROL_CLIENTS; i++)
    out[count++] = (struct pollfd){.fd = control->clients[i].fd, .events = POLLIN};
  return count;
}

static void drop(struct control_client *client) {
  close_fd(&client->fd);
  client->fd = -1;
}

static void answer(struct control_client *client, const char *line) {
  /* A client that does not read its one line has no claim to it. */
  if (send(client->fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 || !client->waits)
    drop(client);
}

/* Only root and the user who started us may speak; the mode of the socket says so already. */
static bool is_welcome(int fd) {
  struct ucred peer;
  socklen_t size = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

static void accept_client(struct control *control, int64_t now_ms) {
  int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
    if (control->clients[i].fd >= 0) continue;
    if (!is_welcome(fd)) break;
    control->clients[i] = (struct control_client){
        .fd = fd, .deadline_ms = now_ms + PATIENCE_MS, .line = control->lines[i]};
    return;
  }
  close(fd);
}

/* Whoever waits may do so for days, and must not be in the way of one who wants to stop it. */
static bool has_room_to_wait(const struct control *control) {
  size_t waiting = 0;
  for (size_t i = 0; i < CONTROL_CLIENTS; i++)
    if (control->clients[i].fd >= 0 && control->clients[i].waits) waiting++;
  return waiting < CONTROL_WAITERS;
}

static void obey(const struct control *control, struct control_client *client,
                 const struct control_handler *handler) {
  int signal;
  pid_t holder;
  int path = 0;
  unsigned long long grace;
  char end;
  if (strcmp(client->line, "ping") == 0) {
    handler->note(handler->self);
    answer(client, "running\n");
  } else if (sscanf(client->line, "stop %d %llu%c", &signal, &grace, &end) == 2 && signal > 0 &&
             signal <= 64) {
    client->waits = true;
    handler->stop(handler->self, signal, grace);
  } else if (strcmp(client->line, "wait") == 0) {
    if (has_room_to_wait(control)) {
      client->waits = true;
    } else {
      answer(client, "busy\n");
    }
  } else if (sscanf(client->line, "kill %d%c", &signal, &end) == 1 && signal > 0 && signal <= 64) {
    answer(client, handler->kill(handler->self, signal) ? "ok\n" : "error\n");
  } else if (sscanf(client->line, "hold %d %n", &holder, &path) == 1 && path > 0 && holder > 0) {
    answer(client, handler->hold(handler->self, holder, client->line + path) ? "ok\n" : "error\n");
  } else if (strcmp(client->line, "start") == 0) {
    answer(client, handler->start(handler->self) ? "ok\n" : "error\n");
  } else if (strcmp(client->line, "reload") == 0) {
    answer(client, handler->reload(handler->self) ? "ok\n" : "error\n");
  } else {
    answer(client, "error\n");
  }
}

static void hear(const struct control *control, struct control_client *client,
                 const struct control_handler *handler) {
  ssize_t count =
      RETRY(read(client->fd, client->line + client->length, CONTROL_LINE - 1 - client->length));
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0 || client->waits) {
    drop(client); /* gone, or talking on after its request */
    return;
  }
  client->length += (uint32_t)count;
  client->line[client->length] = '\0';
  char *newline = strchr(client->line, '\n');
  if (newline) {
    *newline = '\0';
    obey(control, client, handler);
  } else if (client->length == CONTROL_LINE - 1) {
    drop(client);
  }
}

void control_dispatch(struct control *control, const struct pollfd *events, nfds_t count,
                      int64_t now_ms, const struct control_handler *handler) {
  if (count == 0) return;
  for (nfds_t i = 1; i < count && i <= CONTROL_CLIENTS; i++) {
    struct control_client *client = &control->clients[i - 1];
    if (client->fd < 0) continue;
    if (events[i].revents) {
      hear(control, client, handler);
    } else if (!client->waits && now_ms > client->deadline_ms) {
      drop(client);
    }
  }
  if (events[0].revents & POLLIN) accept_client(control, now_ms);
}

void control_close(struct control *control, int exit_code) {
  char line[32];
  snprintf(line, sizeof(line), "exited %d\n", exit_code);
  if (control->listener >= 0) {
    struct stat file;
    crash_at("unlink the socket");
    if (lstat(control->path, &file) == 0 && file.st_ino == control->socket) unlink(control->path);
    close_fd(&control->listener);
  }
  for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
    struct control_client *client = &control->clients[i];
    if (client->fd < 0) continue;
    crash_at("answer who waits");
    if (client->waits) answer(client, line);
    if (client->fd >= 0) drop(client);
  }
}
