/* Files and directories: of the host by path, of the container below its root's descriptor. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "interpret.h"
#include "util.h"

/* The machine's ids of the container's root. False when that is the machine's own, or nobody. */
static bool root_outside(const struct context *context, uint32_t *uid, uint32_t *gid) {
  return context->user_fd >= 0 && id_outside(&context->uids, 0, uid) &&
         id_outside(&context->gids, 0, gid);
}

/* Only a fresh one: what the container itself gave to somebody else stays so. */
int op_own(const struct step *step, struct context *context, struct failure *why) {
  struct stat stat;
  if (fstatat(AT_FDCWD, step->argv[0], &stat, AT_SYMLINK_NOFOLLOW) < 0)
    return failure_set(why, "stat(\"%s\")", step->argv[0]);
  if (stat.st_uid != 0 || stat.st_gid != 0) return 0;
  uint32_t uid;
  uint32_t gid;
  if (!root_outside(context, &uid, &gid)) return 0;
  if (fchownat(AT_FDCWD, step->argv[0], uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
    return failure_set(why, "fchownat(\"%s\")", step->argv[0]);
  return 0;
}

int op_mkdir(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  const char *path = step->argv[0];
  /* Somebody may have turned a part of it into a link since it was looked at (CVE-2024-45310). */
  char parent[PATH_MAX];
  const char *slash = strrchr(path, '/');
  if (!slash || (size_t)(slash - path) >= sizeof(parent)) {
    errno = ENAMETOOLONG;
    return failure_set(why, "mkdir(\"%s\")", path);
  }
  snprintf(parent, sizeof(parent), "%.*s/", (int)(slash - path), path);
  struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
  cleanup_fd int fd = (int)syscall(SYS_openat2, AT_FDCWD, parent, &how, sizeof(how));
  if (fd < 0) return failure_set(why, "openat2(\"%s\")", parent);
  if (mkdirat(fd, slash + 1, (mode_t)number(step, 1)) < 0 && errno != EEXIST)
    return failure_set(why, "mkdir(\"%s\")", path);
  return 0;
}

/*
 * What is made in the container's tree has owner and mode from its first moment on. A chown or a
 * chmod afterwards could be led astray: a neighbour with whom the directory is shared puts
 * something else there meanwhile, such as a link to what this process still has open of the
 * machine. So the maker is the container's root for as long as it makes, with the powers that it
 * had before.
 */
struct maker {
  mode_t umask;
  bool other; /* than the machine's root */
  struct __user_cap_data_struct powers[2];
};

/* 0, or -1 with errno. */
static int begin_making(const struct context *context, struct maker *maker) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  uint32_t uid;
  uint32_t gid;
  maker->other = root_outside(context, &uid, &gid);
  if (maker->other) {
    if (syscall(SYS_capget, &header, maker->powers) < 0) return -1;
    setfsgid(gid);
    setfsuid(uid);
    /* They tell no error, but who it was before: of an id that there is not, who it is. */
    bool is = (uint32_t)setfsgid((gid_t)-1) == gid && (uint32_t)setfsuid((uid_t)-1) == uid;
    if (!is || syscall(SYS_capset, &header, maker->powers) < 0) {
      int error = is ? errno : EPERM;
      setfsuid(0);
      setfsgid(0);
      errno = error;
      return -1;
    }
  }
  maker->umask = umask(0);
  return 0;
}

static void end_making(const struct maker *maker) {
  int error = errno;
  umask(maker->umask);
  if (maker->other) {
    setfsuid(0);
    setfsgid(0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a change of ids has taken it back; see prctl(2) */
  }
  errno = error;
}

/* A directory or a node of another type, which is not there yet. 0, or -1 with errno. */
static int make(const struct context *context, int parent, const char *name, mode_t mode,
                dev_t device) {
  struct maker maker;
  if (begin_making(context, &maker) < 0) return -1;
  /* Neither follows a link, and neither opens: a fifo of the rootfs cannot hang it. */
  int made =
      S_ISDIR(mode) ? mkdirat(parent, name, mode & 07777) : mknodat(parent, name, mode, device);
  end_making(&maker);
  return made;
}

/*
 * Opens the directory that holds the last component of `path`, making what is missing on the way;
 * the last component's name goes to *name. No two paths are ever joined: each directory is entered
 * by descriptor, below the root.
 */
static int open_parent(const struct context *context, const char *path, uint64_t resolve,
                       const char **name, struct failure *why) {
  char prefix[PATH_MAX];
  size_t length = (size_t)(strrchr(path, '/') - path);
  if (strlen(path) >= sizeof(prefix)) {
    errno = ENAMETOOLONG;
    return failure_set(why, "open(\"%.100s...\")", path);
  }
  *name = path + length + 1;
  snprintf(prefix, sizeof(prefix), "%.*s", length ? (int)length : 1, path);
  int directory = open_in_root(context, prefix, O_PATH | O_DIRECTORY, resolve);
  if (directory >= 0 || errno != ENOENT)
    return directory >= 0 ? directory : failure_set(why, "openat2(\"%s\")", prefix);
  directory = open_in_root(context, "/", O_PATH | O_DIRECTORY, resolve);
  if (directory < 0) return failure_set(why, "openat2(\"/\")");
  for (const char *end = path; (end = strchr(end + 1, '/'));) {
    memcpy(prefix, path, (size_t)(end - path));
    prefix[end - path] = '\0';
    int next = open_in_root(context, prefix, O_PATH | O_DIRECTORY, resolve);
    if (next < 0 && errno == ENOENT) {
      const char *component = strrchr(prefix, '/') + 1;
      /* For all to enter, as every parent. */
      if (make(context, directory, component, S_IFDIR | 0755, 0) < 0 && errno != EEXIST) {
        failure_set(why, "mkdirat(\"%s\")", prefix);
        close_fd(&directory);
        return -1;
      }
      next = open_in_root(context, prefix, O_PATH | O_DIRECTORY, resolve);
    }
    if (next < 0) {
      failure_set(why, "openat2(\"%s\")", prefix);
      close_fd(&directory);
      return -1;
    }
    close(directory);
    directory = next;
  }
  return directory;
}

static int make_directory(const struct step *step, struct context *context, uint64_t resolve,
                          struct failure *why) {
  const char *path = step->argv[0];
  if (strcmp(path, "/") == 0) return 0;
  const char *name;
  cleanup_fd int parent = open_parent(context, path, resolve, &name, why);
  if (parent < 0) return -1;
  mode_t mode = (mode_t)number(step, 1);
  /* mkdir(2) takes no others, and they would be a second step. */
  if (mode & ~(mode_t)01777)
    return failure_because(why, EINVAL, "mkdirat(\"%s\", 0%o)", path, mode);
  if (make(context, parent, name, S_IFDIR | mode, 0) == 0) return 0;
  if (errno != EEXIST) return failure_set(why, "mkdirat(\"%s\")", path);
  cleanup_fd int existing = open_in_root(context, path, O_PATH | O_DIRECTORY, resolve);
  if (existing < 0) return failure_set(why, "openat2(\"%s\")", path);
  return 0;
}

int op_make_dir(const struct step *step, struct context *context, struct failure *why) {
  return make_directory(step, context, 0, why);
}

/* A rootfs whose /proc or /dev is a link has been the way out of many runtimes (CVE-2019-19921). */
int op_real_dir(const struct step *step, struct context *context, struct failure *why) {
  return make_directory(step, context, RESOLVE_NO_SYMLINKS, why);
}

int op_make_file(const struct step *step, struct context *context, struct failure *why) {
  const char *path = step->argv[0];
  const char *name;
  cleanup_fd int parent = open_parent(context, path, 0, &name, why);
  if (parent < 0) return -1;
  if (make(context, parent, name, S_IFREG | (mode_t)number(step, 1), 0) == 0) return 0;
  if (errno != EEXIST) return failure_set(why, "mknodat(\"%s\")", path);
  cleanup_fd int existing = open_in_root(context, path, O_PATH, 0);
  if (existing < 0) return failure_set(why, "openat2(\"%s\")", path);
  struct stat stat;
  if (fstat(existing, &stat) < 0) return failure_set(why, "fstat(\"%s\")", path);
  if (S_ISDIR(stat.st_mode))
    return failure_because(why, EISDIR, "a file cannot be mounted on the directory \"%s\"", path);
  return 0;
}

int op_device(const struct step *step, struct context *context, struct failure *why) {
  const char *path = step->argv[0];
  mode_t mode = (mode_t)number(step, 1);
  const char *name;
  cleanup_fd int parent = open_parent(context, path, 0, &name, why);
  if (parent < 0) return -1;
  dev_t device = makedev((unsigned)number(step, 2), (unsigned)number(step, 3));
  if (make(context, parent, name, mode, device) < 0)
    return failure_set(why, "mknodat(\"%s\")", path);
  return 0;
}

int op_symlink(const struct step *step, struct context *context, struct failure *why) {
  const char *path = step->argv[1];
  const char *name;
  cleanup_fd int parent = open_parent(context, path, 0, &name, why);
  if (parent < 0) return -1;
  struct maker maker;
  int made = begin_making(context, &maker);
  if (made == 0) {
    made = symlinkat(step->argv[0], parent, name);
    end_making(&maker);
  }
  if (made < 0) return failure_set(why, "symlinkat(\"%s\", \"%s\")", step->argv[0], path);
  return 0;
}

int op_read_file(const struct step *step, struct context *context, struct failure *why) {
  uint64_t slot = number(step, 0);
  const char *path = step->argv[1];
  if (slot >= MAX_SLOTS || context->slots[slot] >= 0)
    return failure_because(why, EINVAL, "read-file: slot %lu", slot);
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                         .resolve = RESOLVE_NO_SYMLINKS};
  cleanup_fd int file = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
  if (file < 0) return failure_set(why, "open(\"%s\")", path);
  context->slots[slot] = steal_fd(&file);
  return 0;
}

static int copy(int from, int to) {
  char buffer[4096];
  for (;;) {
    ssize_t length = RETRY(read(from, buffer, sizeof(buffer)));
    if (length <= 0) return (int)length;
    for (ssize_t done = 0; done < length;) {
      ssize_t written = RETRY(write(to, buffer + done, (size_t)(length - done)));
      if (written < 0) return -1;
      done += written;
    }
  }
}

/* Nobody else can write there yet, and still: what is there already is no place for a secret. */
int op_place_file(const struct step *step, struct context *context, struct failure *why) {
  uint64_t slot = number(step, 0);
  const char *path = step->argv[1];
  if (slot >= MAX_SLOTS || context->slots[slot] < 0)
    return failure_because(why, EINVAL, "place-file: slot %lu is empty", slot);
  uid_t inside = 0;
  gid_t group = 0;
  if (find_owner(context, step->argv[2], &inside, &group, why) < 0) return -1;
  uint32_t uid = inside;
  uint32_t gid = group;
  if (context->user_fd >= 0 &&
      (!id_outside(&context->uids, inside, &uid) || !id_outside(&context->gids, group, &gid)))
    return failure_because(why, EINVAL, "chown(\"%s\", %u, %u): no ids of the container", path,
                           inside, group);
  const char *name;
  cleanup_fd int parent = open_parent(context, path, 0, &name, why);
  if (parent < 0) return -1;
  cleanup_fd int file =
      openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return failure_set(why, "open(\"%s\")", path);
  if (copy(context->slots[slot], file) < 0) return failure_set(why, "copy(\"%s\")", path);
  if (fchown(file, uid, gid) < 0) return failure_set(why, "fchown(\"%s\")", path);
  if (fchmod(file, (mode_t)number(step, 3)) < 0) return failure_set(why, "fchmod(\"%s\")", path);
  close_fd(&context->slots[slot]);
  context->slots[slot] = -1;
  return 0;
}
