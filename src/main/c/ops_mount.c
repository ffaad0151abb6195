/*
 * Mounts. Sources of the host are taken as detached trees while the host is in view; everything
 * that touches a path of the container happens after the pivot, by descriptor. So a link in a
 * hostile rootfs leads to the container's own files and nowhere else (CVE-2021-30465,
 * CVE-2025-31133 and their family).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "interpret.h"
#include "util.h"

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* <sys/mount.h> and <linux/mount.h> do not meet in glibc 2.36. */
extern int mount(const char *, const char *, const char *, unsigned long, const void *);
extern int umount2(const char *, int);
#define UMOUNT_DETACH 2

static int open_tree(int directory, const char *path, unsigned flags) {
  return (int)syscall(SYS_open_tree, directory, path, flags | OPEN_TREE_CLOEXEC);
}

static int set_attributes(int fd, uint64_t set, uint64_t clear, uint64_t propagation,
                          bool recursive) {
  struct mount_attr attributes = {.attr_set = set, .attr_clr = clear, .propagation = propagation};
  unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u);
  return (int)syscall(SYS_mount_setattr, fd, "", flags, &attributes, sizeof(attributes));
}

/* The owners on disk are those inside, whatever ids the user namespace has outside. */
static int map_ids(int fd, int user_fd, bool recursive) {
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint32_t)user_fd};
  unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u);
  return (int)syscall(SYS_mount_setattr, fd, "", flags, &attributes, sizeof(attributes));
}

static int place(int tree, int target) {
  return (int)syscall(SYS_move_mount, tree, "", target, "",
                      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int op_propagation(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  if (mount("none", step->argv[0], NULL, number(step, 1), NULL) < 0)
    return failure_set(why, "mount(\"%s\", propagation)", step->argv[0]);
  return 0;
}

int op_open_tree(const struct step *step, struct context *context, struct failure *why) {
  uint64_t slot = number(step, 0);
  const char *source = step->argv[1];
  bool recursive = number(step, 2) != 0;
  if (slot >= MAX_SLOTS || context->slots[slot] >= 0)
    return failure_because(why, EINVAL, "open_tree: slot %lu", slot);
  /* The path was judged with every link resolved: one that is there now was put there since. */
  struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
  cleanup_fd int place_fd = (int)syscall(SYS_openat2, AT_FDCWD, source, &how, sizeof(how));
  if (place_fd < 0) return failure_set(why, "open_tree(\"%s\")", source);
  cleanup_fd int tree =
      open_tree(place_fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0u));
  if (tree < 0) return failure_set(why, "open_tree(\"%s\")", source);
  uint64_t set = number(step, 3);
  uint64_t clear = number(step, 4);
  uint64_t propagation = number(step, 5);
  if ((set | clear | propagation) != 0 &&
      set_attributes(tree, set, clear, propagation, recursive) < 0)
    return failure_set(why, "mount_setattr(\"%s\")", source);
  if (number(step, 6) && context->user_fd >= 0 && map_ids(tree, context->user_fd, recursive) < 0)
    return failure_set(why, "mount_setattr(\"%s\", MOUNT_ATTR_IDMAP)", source);
  context->slots[slot] = steal_fd(&tree);
  return 0;
}

int op_place_tree(const struct step *step, struct context *context, struct failure *why) {
  uint64_t slot = number(step, 0);
  const char *target = step->argv[1];
  if (slot >= MAX_SLOTS || context->slots[slot] < 0)
    return failure_because(why, EINVAL, "move_mount: slot %lu is empty", slot);
  cleanup_fd int place_fd = open(target, O_PATH | O_CLOEXEC | O_NOFOLLOW);
  if (place_fd < 0) return failure_set(why, "open(\"%s\")", target);
  if (place(context->slots[slot], place_fd) < 0)
    return failure_set(why, "move_mount(\"%s\")", target);
  close_fd(&context->slots[slot]);
  context->slots[slot] = -1;
  return 0;
}

int op_mount(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  const char *type = step->argv[0];
  const char *target = step->argv[2];
  if (mount(step->argv[1], target, type, number(step, 3), step->argv[4]) < 0)
    return failure_set(why, "mount(%s, \"%s\", \"%s\")", type, target, step->argv[4]);
  return 0;
}

int op_pivot_root(const struct step *step, struct context *context, struct failure *why) {
  const char *root = step->argv[0];
  if (chdir(root) < 0) return failure_set(why, "chdir(\"%s\")", root);
  /* Both roots in one place: the old one ends up on top and is taken off; see pivot_root(2). */
  if (syscall(SYS_pivot_root, ".", ".") < 0) return failure_set(why, "pivot_root(\"%s\")", root);
  if (umount2(".", UMOUNT_DETACH) < 0) return failure_set(why, "umount2(old root)");
  if (chdir("/") < 0) return failure_set(why, "chdir(\"/\")");
  context->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (context->root_fd < 0) return failure_set(why, "open(\"/\")");
  return 0;
}

/* What the kernel has to say about a mount that it refused: a line of the context's own log. */
static void explain(int fs, char *text, size_t size) {
  ssize_t length = read(fs, text, size - 1);
  text[length > 0 ? length : 0] = '\0';
}

static int configure(int fs, const char *option) {
  const char *equals = strchr(option, '=');
  if (!equals) return (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, option, NULL, 0);
  char key[64];
  size_t length = (size_t)(equals - option);
  if (length >= sizeof(key)) {
    errno = EINVAL;
    return -1;
  }
  memcpy(key, option, length);
  key[length] = '\0';
  return (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, equals + 1, 0);
}

/*
 * Users and groups in options are the container's; the file system is the machine's. An id that the
 * container does not have is left out, as the kernel's default is as good.
 */
static const char *translate(const struct context *context, const char *option, char *text,
                             size_t size) {
  bool user = strncmp(option, "uid=", 4) == 0;
  bool group = strncmp(option, "gid=", 4) == 0;
  uint32_t id;
  if ((!user && !group) || context->user_fd < 0) return option;
  const struct id_map *map = user ? &context->uids : &context->gids;
  if (!id_outside(map, strtoull(option + 4, NULL, 10), &id)) return NULL;
  snprintf(text, size, "%.4s%u", option, id);
  return text;
}

/* A new file system as a detached mount. */
static int new_mount(const struct context *context, const char *type, uint64_t attributes,
                     const char *const *options, uint32_t count, struct failure *why) {
  char reason[200];
  cleanup_fd int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
  if (fs < 0) return failure_set(why, "fsopen(%s)", type);
  for (uint32_t i = 0; i < count; i++) {
    char text[32];
    const char *option = translate(context, options[i], text, sizeof(text));
    if (option && configure(fs, option) < 0) {
      int error = errno;
      explain(fs, reason, sizeof(reason));
      return failure_because(why, error, "fsconfig(%s, %s) %s", type, options[i], reason);
    }
  }
  if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
    int error = errno;
    explain(fs, reason, sizeof(reason));
    return failure_because(why, error, "fsconfig(%s, create) %s", type, reason);
  }
  int mounted = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned)attributes);
  if (mounted < 0) return failure_set(why, "fsmount(%s)", type);
  return mounted;
}

int op_mount_new(const struct step *step, struct context *context, struct failure *why) {
  const char *type = step->argv[0];
  const char *target = step->argv[1];
  cleanup_fd int tree =
      new_mount(context, type, number(step, 2), step->argv + 3, step->argc - 3, why);
  if (tree < 0) return -1;
  cleanup_fd int place_fd = open_in_root(context, target, O_PATH | O_DIRECTORY, 0);
  if (place_fd < 0) return failure_set(why, "openat2(\"%s\")", target);
  if (place(tree, place_fd) < 0) return failure_set(why, "move_mount(%s, \"%s\")", type, target);
  return 0;
}

int op_mount_tree(const struct step *step, struct context *context, struct failure *why) {
  uint64_t slot = number(step, 0);
  const char *target = step->argv[1];
  if (slot >= MAX_SLOTS || context->slots[slot] < 0)
    return failure_because(why, EINVAL, "move_mount: slot %lu is empty", slot);
  cleanup_fd int place_fd = open_in_root(context, target, O_PATH, 0);
  if (place_fd < 0) return failure_set(why, "openat2(\"%s\")", target);
  if (place(context->slots[slot], place_fd) < 0)
    return failure_set(why, "move_mount(\"%s\")", target);
  close_fd(&context->slots[slot]);
  context->slots[slot] = -1;
  return 0;
}

static bool is_empty(int directory) {
  cleanup_fd int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = copy < 0 ? NULL : fdopendir(copy);
  if (!entries) return false;
  steal_fd(&copy);
  bool empty = true;
  for (struct dirent *entry; empty && (entry = readdir(entries));)
    empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
  closedir(entries);
  return empty;
}

/*
 * A user without privileges could not write to a volume that is root's; so a fresh one belongs to
 * whom the rootfs gave its place. Ids need no translation: both mounts are seen with the machine's.
 */
int op_inherit_owner(const struct step *step, struct context *context, struct failure *why) {
  uint64_t slot = number(step, 0);
  const char *target = step->argv[1];
  if (slot >= MAX_SLOTS || context->slots[slot] < 0)
    return failure_because(why, EINVAL, "inherit-owner: slot %lu is empty", slot);
  cleanup_fd int tree = openat(context->slots[slot], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (tree < 0) return failure_set(why, "open(volume of \"%s\")", target);
  if (!is_empty(tree)) return 0;
  cleanup_fd int covered = open_in_root(context, target, O_PATH | O_DIRECTORY, 0);
  if (covered < 0) return failure_set(why, "openat2(\"%s\")", target);
  struct stat stat;
  if (fstat(covered, &stat) < 0) return failure_set(why, "fstat(\"%s\")", target);
  if (fchown(tree, stat.st_uid, stat.st_gid) < 0)
    return failure_set(why, "fchown(volume of \"%s\")", target);
  if (fchmod(tree, stat.st_mode & 07777) < 0)
    return failure_set(why, "fchmod(volume of \"%s\")", target);
  return 0;
}

int op_set_attributes(const struct step *step, struct context *context, struct failure *why) {
  const char *target = step->argv[0];
  cleanup_fd int fd = open_in_root(context, target, O_PATH, 0);
  if (fd < 0) return failure_set(why, "openat2(\"%s\")", target);
  if (set_attributes(fd, number(step, 1), number(step, 2), 0, number(step, 3) != 0) < 0)
    return failure_set(why, "mount_setattr(\"%s\")", target);
  return 0;
}

static bool is_missing(int error) { return error == ENOENT || error == ENOTDIR; }

int op_read_only(const struct step *step, struct context *context, struct failure *why) {
  const char *path = step->argv[0];
  cleanup_fd int target = open_in_root(context, path, O_PATH, 0);
  if (target < 0) return is_missing(errno) ? 0 : failure_set(why, "openat2(\"%s\")", path);
  cleanup_fd int tree = open_tree(target, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
  if (tree < 0) return failure_set(why, "open_tree(\"%s\")", path);
  if (set_attributes(tree, MOUNT_ATTR_RDONLY, 0, 0, true) < 0)
    return failure_set(why, "mount_setattr(\"%s\")", path);
  if (place(tree, target) < 0) return failure_set(why, "move_mount(\"%s\")", path);
  return 0;
}

/*
 * One more place for a tree that masks: the first gets the tree itself, the others copies of it
 * where it lies. A tree that is still detached can be copied only from Linux 6.15 on.
 */
static int mask_of(int tree, bool *placed, const char *name, struct failure *why) {
  int mask = *placed ? open_tree(tree, "", AT_EMPTY_PATH | OPEN_TREE_CLONE)
                     : fcntl(tree, F_DUPFD_CLOEXEC, 0);
  *placed = true;
  return mask < 0 ? failure_set(why, "open_tree(%s)", name) : mask;
}

/* One empty file system serves every masked directory; nothing can ever be made in it. */
static int empty_tree(struct context *context, struct failure *why) {
  static const char *const OPTIONS[] = {"nr_blocks=1", "nr_inodes=1", "mode=0555"};
  if (context->empty_fd < 0) {
    uint64_t attributes =
        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    context->empty_fd = new_mount(context, "tmpfs", attributes, OPTIONS, COUNT(OPTIONS), why);
    if (context->empty_fd < 0) return -1;
  }
  return mask_of(context->empty_fd, &context->empty_placed, "empty tmpfs", why);
}

/* The null device of the host, opened before the pivot: by path inside it could be anything
 * (CVE-2025-31133). */
static int null_tree(struct context *context, uint64_t slot, struct failure *why) {
  struct stat stat;
  if (slot >= MAX_SLOTS || context->slots[slot] < 0)
    return failure_because(why, EINVAL, "mask: slot %lu is empty", slot);
  if (fstat(context->slots[slot], &stat) < 0) return failure_set(why, "fstat(/dev/null)");
  if (!S_ISCHR(stat.st_mode) || stat.st_rdev != makedev(1, 3))
    return failure_because(why, EINVAL, "mask: the tree is not the null device");
  /* A root inside that is one outside, too, could change mode and owner of the machine's own node
     otherwise; to open a device for writing, the mount need not be writable. */
  uint64_t attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
  if (!context->null_placed && set_attributes(context->slots[slot], attributes, 0, 0, false) < 0)
    return failure_set(why, "mount_setattr(/dev/null)");
  return mask_of(context->slots[slot], &context->null_placed, "/dev/null", why);
}

int op_mask(const struct step *step, struct context *context, struct failure *why) {
  const char *path = step->argv[0];
  struct stat stat;
  cleanup_fd int target = open_in_root(context, path, O_PATH, 0);
  if (target < 0) return is_missing(errno) ? 0 : failure_set(why, "openat2(\"%s\")", path);
  if (fstat(target, &stat) < 0) return failure_set(why, "fstat(\"%s\")", path);
  cleanup_fd int tree =
      S_ISDIR(stat.st_mode) ? empty_tree(context, why) : null_tree(context, number(step, 1), why);
  if (tree < 0) return -1;
  if (place(tree, target) < 0) return failure_set(why, "move_mount(\"%s\")", path);
  return 0;
}
