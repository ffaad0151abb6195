#define _GNU_SOURCE
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "spread.h"
#include "supervise.h"
#include "util.h"

#define MAX_REQUESTS 4096

/* A child that dies without an answer gets one from the launcher: Java never waits in vain. */
struct request {
  pid_t pid;
  char *directory;
};

struct launcher {
  struct request requests[MAX_REQUESTS];
  size_t count;
  volatile char *answered; /* shared with the children, one byte each */
  int under_way[2];        /* a pipe that ends when the last child has answered */
};

static void redirect_streams(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; fd++) {
    if (null >= 0) dup2(null, fd);
  }
  if (null > 2) close(null);
}

static void child(struct launcher *launcher, size_t index, const char *word,
                  const char *directory) {
  struct reply reply = {
      .fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10),
      .under_way = fcntl(launcher->under_way[1], F_DUPFD_CLOEXEC, 10),
      .answered = &launcher->answered[index],
  };
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  syscall(SYS_close_range, 3u, 9u, 0u); /* the launcher's own */
  redirect_streams();
  if (chdir("/") < 0) _exit(1);
  enum origin origin = strcmp(word, "restore") == 0 ? RESTORED
                       : strcmp(word, "adopt") == 0 ? ADOPTED
                                                    : STARTED;
  if (strcmp(word, "clean") != 0) supervise(directory, origin, &reply);
  bool clean = clean_up(directory) == 0;
  *reply.answered = 1;
  dprintf(reply.fd, "%s %s\n", clean ? "cleaned" : "unclean", directory);
  _exit(0);
}

static void begin(struct launcher *launcher, const char *word, const char *directory) {
  static const char *const WORDS[] = {"start", "restore", "adopt", "clean"};
  bool known = false;
  for (size_t i = 0; i < COUNT(WORDS); i++) known |= strcmp(word, WORDS[i]) == 0;
  size_t index = launcher->count;
  pid_t pid = -1;
  if (index < MAX_REQUESTS && known) pid = fork();
  if (pid == 0) child(launcher, index, word, directory);
  if (pid < 0) {
    dprintf(STDOUT_FILENO, "failed %s\n", directory);
    return;
  }
  launcher->requests[index] = (struct request){.pid = pid, .directory = strdup(directory)};
  launcher->count++;
}

static void reap(struct launcher *launcher) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    for (size_t i = 0; i < launcher->count; i++) {
      struct request *request = &launcher->requests[i];
      if (request->pid != pid) continue;
      if (!launcher->answered[i]) dprintf(STDOUT_FILENO, "failed %s\n", request->directory);
      free(request->directory);
      request->directory = NULL;
      request->pid = 0;
    }
  }
}

/* Takes whole requests off the buffer; returns how many bytes are left of an unfinished one. */
static size_t take(struct launcher *launcher, char *buffer, size_t length) {
  char *from = buffer;
  char *end = buffer + length;
  for (;;) {
    char *first = memchr(from, '\0', (size_t)(end - from));
    char *second = first ? memchr(first + 1, '\0', (size_t)(end - first - 1)) : NULL;
    if (!second) break;
    if (strcmp(from, "spread") == 0) {
      spread_subdirectories(first + 1);
    } else {
      begin(launcher, from, first + 1);
    }
    from = second + 1;
  }
  memmove(buffer, from, (size_t)(end - from));
  return (size_t)(end - from);
}

int serve(void) {
  static struct launcher launcher;
  static char buffer[4 * PATH_MAX];
  size_t used = 0;
  launcher.answered =
      mmap(NULL, MAX_REQUESTS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (launcher.answered == MAP_FAILED || pipe2(launcher.under_way, O_CLOEXEC) < 0) return 1;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  /* Ctrl-C goes to the whole foreground group: what is under way is finished, and Java decides. */
  signal(SIGINT, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);

  bool open = true;
  while (open) {
    struct pollfd events[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = signal_fd, .events = POLLIN}};
    if (poll(events, 2, -1) < 0 && errno != EINTR) break;
    if (events[1].revents) {
      struct signalfd_siginfo ignored;
      while (read(signal_fd, &ignored, sizeof(ignored)) > 0) {
      }
      reap(&launcher);
    }
    if (!events[0].revents) continue;
    ssize_t count = read(STDIN_FILENO, buffer + used, sizeof(buffer) - used);
    if (count < 0 && errno == EINTR) continue;
    open = count > 0;
    if (open) used = take(&launcher, buffer, used + (size_t)count);
    open = open && used < sizeof(buffer);
  }
  close(launcher.under_way[1]);
  char end;
  RETRY(read(launcher.under_way[0], &end, 1));
  return 0;
}
