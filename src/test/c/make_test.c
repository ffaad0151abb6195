/*
 * What the root steps make, beside a neighbour who is as quick as can be: whatever was made is
 * another thing before the call that made it has returned.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "interpret.h"

#define ROOT_INSIDE 100000

/* To be there in its place. */
enum trick { NONE, LINK, FILE_OF_ROOT, DIRECTORY_OF_ROOT };

static char folder[] = "/tmp/make-test.XXXXXX";
static struct context context;
static enum trick trick;
static int failed;

static void check(bool good, const char *what, const char *of) {
  if (!good) fprintf(stderr, "make-test: not so: %s: %s (%s)\n", of, what, strerror(errno));
  failed |= !good;
}

/* As interpret.c and ops_namespace.c have them; the rest of the helper is not needed here. */
int open_in_root(const struct context *of, const char *path, uint64_t flags, uint64_t more) {
  struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | more};
  return (int)syscall(SYS_openat2, of->root_fd, path, &how, sizeof(how));
}

bool id_outside(const struct id_map *map, uint64_t inside, uint32_t *outside) {
  (void)map;
  *outside = (uint32_t)(ROOT_INSIDE + inside);
  return true;
}

int find_owner(struct context *of, const char *owner, uid_t *uid, gid_t *gid, struct failure *why) {
  (void)of, (void)owner, (void)uid, (void)gid;
  return failure_because(why, ENOSYS, "find_owner");
}

int __real_symlinkat(const char *text, int parent, const char *name);

static void exchange(int parent, const char *name) {
  int error = errno;
  if (trick != NONE && renameat(parent, name, context.root_fd, "taken") == 0) {
    if (trick == LINK)
      check(__real_symlinkat("/proc/self/fd/100", parent, name) == 0, "a link", name);
    if (trick == FILE_OF_ROOT)
      check(renameat(context.root_fd, "file", parent, name) == 0, "a file", name);
    if (trick == DIRECTORY_OF_ROOT)
      check(renameat(context.root_fd, "directory", parent, name) == 0, "a directory", name);
    trick = NONE;
  }
  errno = error;
}

int __real_mkdirat(int parent, const char *name, mode_t mode);
int __wrap_mkdirat(int parent, const char *name, mode_t mode);
int __wrap_mkdirat(int parent, const char *name, mode_t mode) {
  int made = __real_mkdirat(parent, name, mode);
  if (made == 0) exchange(parent, name);
  return made;
}

int __real_mknodat(int parent, const char *name, mode_t mode, dev_t device);
int __wrap_mknodat(int parent, const char *name, mode_t mode, dev_t device);
int __wrap_mknodat(int parent, const char *name, mode_t mode, dev_t device) {
  int made = __real_mknodat(parent, name, mode, device);
  if (made == 0) exchange(parent, name);
  return made;
}

int __wrap_symlinkat(const char *text, int parent, const char *name);
int __wrap_symlinkat(const char *text, int parent, const char *name) {
  int made = __real_symlinkat(text, parent, name);
  if (made == 0) exchange(parent, name);
  return made;
}

static bool is(const char *name, mode_t mode, uid_t owner) {
  struct stat stat;
  return fstatat(context.root_fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && stat.st_mode == mode &&
         stat.st_uid == owner && stat.st_gid == owner;
}

static void clear(void) {
  static const char *const ALL[] = {"made/deep/it", "made/deep", "made/it",  "made",
                                    "it",           "file",      "taken/it", "taken"};
  for (size_t i = 0; i < sizeof(ALL) / sizeof(ALL[0]); i++) {
    if (unlinkat(context.root_fd, ALL[i], 0) < 0) unlinkat(context.root_fd, ALL[i], AT_REMOVEDIR);
  }
  unlinkat(context.root_fd, "directory", AT_REMOVEDIR);
}

static uint64_t powers(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {0};
  check(syscall(SYS_capget, &header, data) == 0, "capget()", "the powers");
  return (uint64_t)data[1].effective << 32 | data[0].effective;
}

/* One step with each trick: `mode` is what it shall have, wherever it has gone to. */
static void row(const char *what, operation *op, const char *const *arguments, uint32_t count,
                mode_t mode) {
  for (enum trick each = NONE; each <= DIRECTORY_OF_ROOT; each++) {
    struct failure why = {.error = 0};
    const char *argv[5] = {0};
    memcpy(argv, arguments, count * sizeof(*argv));
    struct step step = {.argc = count, .argv = argv};
    clear();
    mode_t mask = umask(0);
    close(openat(context.root_fd, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    check(__real_mkdirat(context.root_fd, "directory", 0700) == 0, "a directory of root", what);
    umask(mask);
    uint64_t before = powers();
    prctl(PR_SET_DUMPABLE, 0);
    trick = each;
    (void)op(&step, &context, &why);
    check(trick == NONE, "it makes something", what);
    check(is(each == NONE ? "it" : "taken", mode, ROOT_INSIDE), "owner and mode", what);
    check(is(each == FILE_OF_ROOT ? "it" : "file", S_IFREG | 0600, 0), "root's file", what);
    check(is(each == DIRECTORY_OF_ROOT ? "it" : "directory", S_IFDIR | 0700, 0), "root's directory",
          what);
    struct stat outside;
    check(fstat(100, &outside) == 0 && (outside.st_mode & 07777) == 0700 && outside.st_uid == 0,
          "what the link leads to", what);
    check(umask(027) == 027, "the umask is as it was", what);
    check(powers() == before, "the powers are, too", what);
    check(prctl(PR_GET_DUMPABLE) == 0, "nobody may look into it", what);
    if (each == DIRECTORY_OF_ROOT) unlinkat(context.root_fd, "it", AT_REMOVEDIR);
  }
}

#define ROW(op, mode, ...)                         \
  row(#op, op, (const char *const[]){__VA_ARGS__}, \
      sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), mode)

static void parents(void) {
  const char *argv[] = {"/made/deep/it", "420", NULL};
  struct step step = {.argc = 2, .argv = argv};
  struct failure why;
  clear();
  check(op_make_file(&step, &context, &why) == 0, "it is made", "with its parents");
  check(is("made", S_IFDIR | 0755, ROOT_INSIDE) && is("made/deep", S_IFDIR | 0755, ROOT_INSIDE) &&
            is("made/deep/it", S_IFREG | 0644, ROOT_INSIDE),
        "owners and modes", "with its parents");
  const char *special[] = {"/made/special", "1517", NULL}; /* 02755 */
  struct step of_special = {.argc = 2, .argv = special};
  check(op_make_dir(&of_special, &context, &why) < 0 && why.error == EINVAL,
        "a mode that mkdir(2) does not take is refused", "a directory");
}

int main(void) {
  if (geteuid() != 0) {
    puts("make-test: not run: it gives files to another user, which only root may");
    return 0;
  }
  char outside[] = "/tmp/make-test.outside.XXXXXX";
  if (!mkdtemp(folder) || !mkdtemp(outside)) return 2;
  int fd = open(outside, O_RDONLY | O_DIRECTORY);
  if (dup2(fd, 100) != 100) return 2;
  umask(027);
  context.root_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  context.user_fd = fd;
  ROW(op_make_dir, S_IFDIR | 0755, "/it", "493");
  ROW(op_make_dir, S_IFDIR | 01777, "/it", "1023");
  ROW(op_real_dir, S_IFDIR | 0755, "/it", "493");
  ROW(op_make_file, S_IFREG | 0666, "/it", "438");
  ROW(op_device, S_IFCHR | 0666, "/it", "8630", "1", "3");
  ROW(op_symlink, S_IFLNK | 0777, "/proc/self/fd", "/it");
  parents();
  clear();
  rmdir(folder);
  rmdir(outside);
  if (!failed) puts("make-test: what is made is the container's from its first moment");
  return failed;
}
