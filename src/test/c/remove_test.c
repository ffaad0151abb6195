/* Removal of trees as a hostile container would leave them, with little stack and few descriptors.
 */
#define _GNU_SOURCE
#include "remove.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEEP 3000
#define WIDE 3000

static char folder[] = "/tmp/remove-test.XXXXXX";
static int failed;

static void check(bool good, const char *what) {
  if (!good) fprintf(stderr, "remove-test: not so: %s (%s)\n", what, strerror(errno));
  failed |= !good;
}

static int enter(int *below, const char *name) {
  if (mkdirat(*below, name, 0700) < 0) return -1;
  int next = openat(*below, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  close(*below);
  *below = next;
  return next < 0 ? -1 : 0;
}

static int top(void) { return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

static bool is_there(const char *name) {
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  return access(path, F_OK) == 0;
}

/* Each name as long as names may be: the path is a hundred times what a path may be. */
static void deep(void) {
  char name[NAME_MAX + 1];
  memset(name, 'x', NAME_MAX);
  name[NAME_MAX] = '\0';
  int fd = top();
  bool made = true;
  for (int i = 0; i < DEEP; i++) made = made && enter(&fd, name) == 0;
  close(fd);
  check(made, "a deep tree is made");
  check(remove_directories_below(folder, INT64_MAX) == DEEP, "a deep tree is gone");
  check(rmdir(folder) == 0 && mkdir(folder, 0700) == 0, "nothing is left of a deep tree");
}

/* Every other one has something below, and none is missed for that. */
static void wide(void) {
  char name[32];
  bool made = true;
  for (int i = 0; i < WIDE; i++) {
    int fd = top();
    snprintf(name, sizeof(name), "%s%d", i % 3 ? "" : ".", i);
    made = made && enter(&fd, name) == 0;
    if (i % 2) made = made && enter(&fd, "...") == 0;
    close(fd);
  }
  check(made, "a wide tree is made");
  check(remove_directories_below(folder, INT64_MAX) == WIDE + WIDE / 2, "a wide tree is gone");
  check(rmdir(folder) == 0 && mkdir(folder, 0700) == 0, "nothing is left of a wide tree");
}

/* What is in use stays with what it lies in; all around it goes, and the walk comes to its end. */
static void busy(void) {
  for (int i = 0; i < 200; i++) {
    char name[32];
    int fd = top();
    snprintf(name, sizeof(name), "%d", i);
    check(enter(&fd, name) == 0 && enter(&fd, "a") == 0, name);
    if (i == 77) close(openat(fd, "held", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    check(enter(&fd, "b") == 0, name);
    close(fd);
  }
  check(remove_directories_below(folder, INT64_MAX) == 598, "all but two are gone");
  check(remove_directories_below(folder, INT64_MAX) == 0 && is_there("77/a/held"), "these stay");
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/77/a/held", folder);
  check(unlink(path) == 0, "it is in use no longer");
  check(remove_directories_below(folder, 0) <= 1, "time that is over is kept");
  remove_directories_below(folder, INT64_MAX);
  check(rmdir(folder) == 0 && mkdir(folder, 0700) == 0, "nothing is left");
  check(remove_directories_below("/tmp/no such directory", INT64_MAX) == 0, "it may be gone");
}

static void links(void) {
  int fd = top();
  check(mkdir("/tmp/remove-test.other", 0700) == 0 || errno == EEXIST, "another directory");
  check(mkdir("/tmp/remove-test.other/inside", 0700) == 0 || errno == EEXIST, "one in it");
  check(symlinkat("/tmp/remove-test.other", fd, "link") == 0, "a link to it");
  close(fd);
  check(remove_directories_below(folder, INT64_MAX) == 0, "a link is no directory");
  check(rmdir("/tmp/remove-test.other/inside") == 0, "nobody has followed it");
  rmdir("/tmp/remove-test.other");
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s/link", folder);
  unlink(path);
}

int main(void) {
  if (!mkdtemp(folder)) return 2;
  struct rlimit descriptors = {.rlim_cur = 16, .rlim_max = 16};
  struct rlimit stack = {.rlim_cur = 256 * 1024, .rlim_max = 256 * 1024};
  setrlimit(RLIMIT_NOFILE, &descriptors);
  setrlimit(RLIMIT_STACK, &stack);
  deep();
  wide();
  busy();
  links();
  rmdir(folder);
  if (!failed) puts("remove-test: trees of any shape are gone");
  return failed;
}
