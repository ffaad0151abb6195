/*
 * Attacks on the walls of a container, for the tests: each does one thing that should not work from
 * inside, and says "done" or "stopped" with the reason. `table FILE` does every line of a file,
 * each in a process of its own. Nothing here harms a machine whose walls are gone.
 */
#define _GNU_SOURCE
#include "atk.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

#define MAX_WORDS 16

static int do_mount(int argc, char **argv) {
  return mount("none", word(argc, argv, 2), word(argc, argv, 1), 0, word(argc, argv, 3));
}

static int do_bind(int argc, char **argv) {
  return mount(word(argc, argv, 1), word(argc, argv, 2), NULL, MS_BIND | MS_REC, NULL);
}

static int do_remount(int argc, char **argv) {
  return mount("none", word(argc, argv, 1), NULL, MS_REMOUNT | MS_BIND, NULL);
}

static int do_umount(int argc, char **argv) { return umount2(word(argc, argv, 1), MNT_DETACH); }

/* The mode that it has: who may do that may give it any other. */
static int do_chmod(int argc, char **argv) {
  struct stat stat_of;
  const char *path = word(argc, argv, 1);
  return stat(path, &stat_of) < 0 ? -1 : chmod(path, stat_of.st_mode & 07777);
}

static int do_open_tree(int argc, char **argv) {
  return close_and((int)syscall(SYS_open_tree, AT_FDCWD, word(argc, argv, 1), 1 /* CLONE */));
}

static int do_fsopen(int argc, char **argv) {
  return close_and((int)syscall(SYS_fsopen, word(argc, argv, 1), 0));
}

static int do_unshare(int argc, char **argv) {
  return unshare((int)strtol(word(argc, argv, 1), NULL, 0));
}

static int do_setns(int argc, char **argv) {
  int fd = open(word(argc, argv, 1), O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -1 : setns(fd, 0);
}

/* The old way out of a chroot: a second one below, and up from a directory above it. */
static int do_chroot(int argc, char **argv) {
  if (chroot(word(argc, argv, 1)) < 0) return -1;
  for (int i = 0; i < 64; i++)
    if (chdir("..") < 0) return -1;
  return chroot(".");
}

/* The release agent of cgroups v1, by a user namespace of our own (CVE-2022-0492). */
static int do_release_agent(int argc, char **argv) {
  const char *place = word(argc, argv, 1);
  if (strcmp(word(argc, argv, 2), "unshare") == 0 &&
      unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP) < 0)
    return -1;
  mkdir(place, 0755);
  if (mount("none", place, "cgroup", 0, "freezer") < 0) return -1;
  char path[256];
  snprintf(path, sizeof(path), "%s/release_agent", place);
  if (access(path, F_OK) < 0) snprintf(path, sizeof(path), "%s/notify_on_release", place);
  return close_and(open(path, O_WRONLY | O_CLOEXEC));
}

static int do_device(int argc, char **argv) {
  const char *path = word(argc, argv, 1);
  mode_t type = *word(argc, argv, 2) == 'b' ? S_IFBLK : S_IFCHR;
  dev_t number = makedev((unsigned)atoi(word(argc, argv, 3)), (unsigned)atoi(word(argc, argv, 4)));
  unlink(path);
  if (mknod(path, type | 0600, number) < 0) return -1;
  int opened = close_and(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  int error = errno;
  unlink(path);
  errno = error;
  return opened;
}

static int do_open(int argc, char **argv) {
  return close_and(open(word(argc, argv, 1), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

static int do_open_write(int argc, char **argv) {
  return close_and(open(word(argc, argv, 1), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

static int do_read(int argc, char **argv) {
  char bytes[64];
  int fd = open(word(argc, argv, 1), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ssize_t count = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
  if (count == 0) errno = ENODATA;
  return count > 0 ? 0 : -1;
}

static int do_list(int argc, char **argv) {
  DIR *entries = opendir(word(argc, argv, 1));
  int found = 0;
  if (!entries) return -1;
  for (struct dirent *entry; (entry = readdir(entries));) found += entry->d_name[0] != '.';
  closedir(entries);
  errno = ENODATA;
  return found ? 0 : -1;
}

static int do_create(int argc, char **argv) {
  const char *path = word(argc, argv, 1);
  int made = close_and(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (made == 0) unlink(path);
  return made;
}

/* So many directories in each other; deeper than any path can be long. */
static int do_deep(int argc, char **argv) {
  int at = AT_FDCWD;
  for (int left = atoi(word(argc, argv, 1)); left > 0; left--) {
    if (mkdirat(at, "d", 0755) < 0 && errno != EEXIST) return -1;
    int below = openat(at, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (below < 0) return -1;
    if (at >= 0) close(at);
    at = below;
  }
  return close_and(at);
}

/* A file of the same file system by its handle, past every directory (the "shocker"). */
static int do_handle(int argc, char **argv) {
  struct {
    struct file_handle head;
    unsigned char bytes[128];
  } handle;
  const char *hex = word(argc, argv, 3);
  int mounted = open(word(argc, argv, 1), O_RDONLY | O_CLOEXEC);
  if (mounted < 0) return -1;
  handle.head.handle_type = atoi(word(argc, argv, 2));
  handle.head.handle_bytes = (unsigned)strlen(hex) / 2;
  for (unsigned i = 0; i < handle.head.handle_bytes; i++) {
    unsigned byte;
    sscanf(hex + 2 * i, "%2x", &byte);
    handle.bytes[i] = (unsigned char)byte;
  }
  return close_and(open_by_handle_at(mounted, &handle.head, O_RDONLY));
}

static int name_handle(const char *path) {
  struct {
    struct file_handle head;
    unsigned char bytes[128];
  } handle = {.head.handle_bytes = 128};
  int mount_id;
  if (name_to_handle_at(AT_FDCWD, path, &handle.head, &mount_id, 0) < 0) return 1;
  printf("%d ", handle.head.handle_type);
  for (unsigned i = 0; i < handle.head.handle_bytes; i++)
    printf("%02x", ((unsigned char *)handle.head.f_handle)[i]);
  puts("");
  return 0;
}

static const struct {
  const char *name;
  attack *run;
} ATTACKS[] = {
    {"mount", do_mount},
    {"bind", do_bind},
    {"remount", do_remount},
    {"umount", do_umount},
    {"chmod", do_chmod},
    {"open-tree", do_open_tree},
    {"fsopen", do_fsopen},
    {"unshare", do_unshare},
    {"setns", do_setns},
    {"chroot", do_chroot},
    {"release-agent", do_release_agent},
    {"device", do_device},
    {"open", do_open},
    {"open-write", do_open_write},
    {"read", do_read},
    {"list", do_list},
    {"create", do_create},
    {"deep", do_deep},
    {"handle", do_handle},
    {"ptrace", do_ptrace},
    {"peek", do_peek},
    {"signal", do_signal},
    {"hostname", do_hostname},
    {"clock", do_clock},
    {"kernel-log", do_kernel_log},
    {"bpf", do_bpf},
    {"perf", do_perf},
    {"packets", do_packets},
    {"connect", do_connect},
    {"ask", do_ask},
    {"listen", do_listen},
    {"push-input", do_push_input},
    {"set-user", do_set_user},
    {"is-root", do_is_root},
};

static int try(int argc, char **argv) {
  for (size_t i = 0; i < sizeof(ATTACKS) / sizeof(ATTACKS[0]); i++) {
    if (strcmp(ATTACKS[i].name, argv[0]) != 0) continue;
    if (ATTACKS[i].run(argc, argv) == 0) {
      puts("done");
      return 0;
    }
    const char *name = strerrorname_np(errno);
    printf("stopped %s\n", name ? name : "?");
    return 1;
  }
  puts("unknown");
  return 64;
}

/* Every line of the file in a process of its own, so that none helps the next. */
static int table(const char *file) {
  char line[2048];
  FILE *lines = fopen(file, "re");
  if (!lines) return 64;
  while (fgets(line, sizeof(line), lines)) {
    char *words[MAX_WORDS + 1] = {0};
    int count = 0;
    line[strcspn(line, "\n")] = '\0';
    printf("%s: ", line);
    fflush(stdout);
    for (char *at = strtok(line, " "); at && count < MAX_WORDS; at = strtok(NULL, " "))
      words[count++] = at;
    pid_t child = fork();
    if (child == 0) {
      alarm(10);
      int code = count ? try(count, words) : 64;
      fflush(stdout);
      _exit(code);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) printf("stopped SIG%s\n", sigabbrev_np(WTERMSIG(status)));
    fflush(stdout);
  }
  fclose(lines);
  return 0;
}

/* Exchanges two names for ever. */
static void swap(const char *one, const char *other) {
  for (;;) syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, 2 /* RENAME_EXCHANGE */);
}

int main(int argc, char **argv) {
  const char *first = word(argc, argv, 1);
  if (strcmp(first, "table") == 0) return table(word(argc, argv, 2));
  if (strcmp(first, "swap") == 0) swap(word(argc, argv, 2), word(argc, argv, 3));
  if (strcmp(first, "hunt") == 0) return hunt(atoi(word(argc, argv, 2)));
  if (strcmp(first, "guess") == 0) return guess(atoi(word(argc, argv, 2)), word(argc, argv, 3));
  if (strcmp(first, "name-handle") == 0) return name_handle(word(argc, argv, 2));
  return argc > 1 ? try(argc - 1, argv + 1) : 64;
}
