#define _GNU_SOURCE
#include "copy.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

#define DEEPEST 256
#define HEAD_BYTES 39

static char content[64 * 1024];

static int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int fail(const char *format, ...) {
  int error = errno;
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, ": %s\n", strerror(error));
  return -1;
}

static int put(const void *bytes, size_t count) {
  return fwrite(bytes, 1, count, stdout) == count ? 0 : -1; /* nobody reads: nobody to tell */
}

static int put_head(char kind, const struct stat *stat, uint64_t size, const char *name) {
  unsigned char head[HEAD_BYTES];
  size_t length = strlen(name);
  uint32_t mode = htobe32(stat->st_mode & 07777);
  uint64_t time = htobe64(stat->st_mtime < 0 ? 0 : (uint64_t)stat->st_mtime);
  uint64_t bytes = htobe64(size);
  uint64_t device = htobe64(stat->st_dev);
  uint64_t inode = htobe64(stat->st_ino);
  uint16_t short_length = htobe16((uint16_t)length);
  head[0] = (unsigned char)kind;
  memcpy(head + 1, &mode, 4);
  memcpy(head + 5, &time, 8);
  memcpy(head + 13, &bytes, 8);
  memcpy(head + 21, &device, 8);
  memcpy(head + 29, &inode, 8);
  memcpy(head + 37, &short_length, 2);
  return put(head, sizeof(head)) < 0 ? -1 : put(name, length);
}

/* A file that shrinks meanwhile is filled up with zeros: what follows has to be found. */
static int put_content(int fd, uint64_t size, const char *name) {
  bool whole = true;
  while (size > 0) {
    size_t wanted = size < sizeof(content) ? (size_t)size : sizeof(content);
    ssize_t count = whole ? RETRY(read(fd, content, wanted)) : 0;
    if (count < 0) return fail("read %s", name);
    if (count == 0) {
      if (whole) fprintf(stderr, "%s became shorter while it was copied\n", name);
      whole = false;
      memset(content, 0, wanted);
      count = (ssize_t)wanted;
    }
    if (put(content, (size_t)count) < 0) return -1;
    size -= (uint64_t)count;
  }
  return 0;
}

static int send_entry(int parent, const char *name, char *path, size_t length, int depth);

static int send_directory(int fd, char *path, size_t length, int depth) {
  DIR *stream = fdopendir(fd);
  if (!stream) {
    close(fd);
    return fail("read %s", path);
  }
  struct dirent *entry;
  int result = 0;
  while (result == 0 && (errno = 0, entry = readdir(stream))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    int more =
        snprintf(path + length, PATH_MAX - length, "%s%s", length > 0 ? "/" : "", entry->d_name);
    if (more < 0 || (size_t)more >= PATH_MAX - length) {
      errno = ENAMETOOLONG;
      result = fail("%s", entry->d_name);
    } else {
      result = send_entry(dirfd(stream), entry->d_name, path, length + (size_t)more, depth + 1);
    }
    path[length] = '\0';
  }
  if (result == 0 && errno != 0) result = fail("read %s", path);
  closedir(stream);
  return result;
}

/* What was in a directory may be removed before we come to it; what was named may not. */
static bool is_gone(int depth) { return errno == ENOENT && depth > 0; }

static int send_entry(int parent, const char *name, char *path, size_t length, int depth) {
  struct stat stat;
  const char *shown = *path ? path : name;
  if (depth > DEEPEST) {
    errno = ELOOP;
    return fail("%s: more than %d directories deep", shown, DEEPEST);
  }
  if (fstatat(parent, name, &stat, AT_SYMLINK_NOFOLLOW) < 0) {
    return is_gone(depth) ? 0 : fail("%s", shown);
  }
  if (S_ISLNK(stat.st_mode)) {
    char text[PATH_MAX];
    ssize_t count = readlinkat(parent, name, text, sizeof(text));
    if (count < 0 && is_gone(depth)) return 0;
    if (count < 0) return fail("readlink %s", shown);
    if (put_head('l', &stat, (uint64_t)count, path) < 0) return -1;
    return put(text, (size_t)count);
  }
  if (!S_ISREG(stat.st_mode) && !S_ISDIR(stat.st_mode)) return put_head('s', &stat, 0, path);
  /* It may have become something else since: what was opened is looked at, and none may block. */
  cleanup_fd int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 && is_gone(depth)) return 0;
  if (fd < 0 || fstat(fd, &stat) < 0) return fail("open %s", shown);
  if (S_ISDIR(stat.st_mode)) {
    if (put_head('d', &stat, 0, path) < 0) return -1;
    return send_directory(steal_fd(&fd), path, length, depth);
  }
  if (!S_ISREG(stat.st_mode)) return put_head('s', &stat, 0, path);
  if (put_head('f', &stat, (uint64_t)stat.st_size, path) < 0) return -1;
  return put_content(fd, (uint64_t)stat.st_size, shown);
}

int copy_out(const char *path) {
  static char relative[PATH_MAX];
  struct stat none = {.st_mode = 0};
  if (send_entry(AT_FDCWD, path, relative, 0, 0) < 0 || put_head('e', &none, 0, "") < 0 ||
      fflush(stdout) != 0)
    return 1;
  return 0;
}

/* Says nothing: whoever has sent less than announced knows why. */
static int take(void *bytes, size_t count) {
  return fread(bytes, 1, count, stdin) == count ? 0 : -1;
}

struct entry {
  char kind;
  mode_t mode;
  struct timespec times[2];
  uint64_t size;
  uint64_t device;
  uint64_t inode;
  char name[PATH_MAX]; /* below what is copied, which itself has none */
};

/*
 * Where it goes. Everything below is reached by descriptors and never through a link: other
 * processes of the container, with fewer rights than ours, may exchange what was just made.
 */
static struct {
  int holder; /* the directory in which it is made */
  char top[PATH_MAX];
  uint64_t device; /* of the directory that was made first */
  uint64_t inode;
  int parent; /* of the last entry; -1 for none */
  char parent_name[PATH_MAX];
  char shown[2 * PATH_MAX]; /* as errors have it */
} to = {.holder = -1, .parent = -1};

static int take_head(struct entry *entry) {
  unsigned char head[HEAD_BYTES];
  uint32_t mode;
  uint64_t time;
  uint16_t length;
  if (take(head, sizeof(head)) < 0) return -1;
  memcpy(&mode, head + 1, 4);
  memcpy(&time, head + 5, 8);
  memcpy(&entry->size, head + 13, 8);
  memcpy(&entry->device, head + 21, 8);
  memcpy(&entry->inode, head + 29, 8);
  memcpy(&length, head + 37, 2);
  length = be16toh(length);
  entry->kind = (char)head[0];
  entry->mode = be32toh(mode) & 0777;
  entry->size = be64toh(entry->size);
  entry->device = be64toh(entry->device);
  entry->inode = be64toh(entry->inode);
  entry->times[0].tv_sec = entry->times[1].tv_sec = (time_t)be64toh(time);
  entry->times[0].tv_nsec = entry->times[1].tv_nsec = 0;
  if (length >= sizeof(entry->name)) {
    errno = ENAMETOOLONG;
    return fail("%s", to.shown);
  }
  if (take(entry->name, length) < 0) return -1;
  entry->name[length] = '\0';
  return 0;
}

static int enter(int parent, const char *name) {
  return openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The directory of the entry is to.parent then, or to.holder for what is copied itself. */
static int find_parent(const char *name, const char **last) {
  const char *slash = strrchr(name, '/');
  size_t length = slash ? (size_t)(slash - name) : 0;
  *last = slash ? slash + 1 : name;
  if (to.parent >= 0 && strlen(to.parent_name) == length &&
      memcmp(to.parent_name, name, length) == 0)
    return to.parent;
  if (to.parent >= 0) close(to.parent);
  memcpy(to.parent_name, name, length);
  to.parent_name[length] = '\0';
  to.parent = enter(to.holder, to.top);
  char part[PATH_MAX];
  for (const char *at = to.parent_name; to.parent >= 0 && *at;) {
    size_t count = strcspn(at, "/");
    memcpy(part, at, count);
    part[count] = '\0';
    int below = enter(to.parent, part);
    int error = errno;
    close(to.parent);
    errno = error;
    to.parent = below;
    at += count + (at[count] == '/');
  }
  if (to.parent < 0) return fail("open %s/%s", to.shown, to.parent_name);
  return to.parent;
}

static int fail_entry(const char *what, const struct entry *entry) {
  return fail("%s %s%s%s", what, to.shown, *entry->name ? "/" : "", entry->name);
}

static int refuse(const char *what, const struct entry *entry) {
  fprintf(stderr, "%s: %s%s%s\n", what, to.shown, *entry->name ? "/" : "", entry->name);
  return -1;
}

static bool is_what_is_copied(const struct stat *stat, const struct entry *entry) {
  return stat->st_dev == entry->device && stat->st_ino == entry->inode;
}

static int make_file(int parent, const char *name, const struct entry *entry) {
  cleanup_fd int fd =
      openat(parent, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
             entry->mode & 0700);
  struct stat stat;
  if (fd < 0 || fstat(fd, &stat) < 0) return fail_entry("open", entry);
  if (!S_ISREG(stat.st_mode)) return refuse("onto what is no file", entry);
  if (is_what_is_copied(&stat, entry)) return refuse("a file onto itself", entry);
  if (ftruncate(fd, 0) < 0) return fail_entry("truncate", entry);
  for (uint64_t left = entry->size; left > 0;) {
    size_t count = left < sizeof(content) ? (size_t)left : sizeof(content);
    if (take(content, count) < 0) return -1;
    bool hole = content[0] == 0 && memcmp(content, content + 1, count - 1) == 0;
    if (hole && lseek(fd, (off_t)count, SEEK_CUR) < 0) return fail_entry("seek", entry);
    for (size_t done = hole ? count : 0; done < count;) {
      ssize_t written = RETRY(write(fd, content + done, count - done));
      if (written < 0) return fail_entry("write", entry);
      done += (size_t)written;
    }
    left -= count;
  }
  if (ftruncate(fd, (off_t)entry->size) < 0) return fail_entry("truncate", entry);
  if (fchmod(fd, entry->mode) < 0 && errno != EPERM) return fail_entry("chmod", entry);
  futimens(fd, entry->times);
  return 0;
}

static int make_link(int parent, const char *name, const struct entry *entry) {
  char text[PATH_MAX];
  if (entry->size >= sizeof(text)) {
    errno = ENAMETOOLONG;
    return fail_entry("symlink", entry);
  }
  if (take(text, (size_t)entry->size) < 0) return -1;
  text[entry->size] = '\0';
  if (symlinkat(text, parent, name) == 0) return 0;
  if (errno != EEXIST || unlinkat(parent, name, 0) < 0 || symlinkat(text, parent, name) < 0)
    return fail_entry("symlink", entry);
  return 0;
}

static int make_directory(int parent, const char *name, const struct entry *entry) {
  struct stat stat;
  bool is_top = *entry->name == '\0';
  if (!is_top && entry->device == to.device && entry->inode == to.inode)
    return refuse("a directory into itself", entry);
  bool made = mkdirat(parent, name, entry->mode | 0700) == 0;
  if (!made && errno != EEXIST) return fail_entry("mkdir", entry);
  cleanup_fd int fd =
      openat(parent, name, (made ? O_RDONLY : O_PATH) | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &stat) < 0) return fail_entry("mkdir", entry);
  if (is_top) {
    to.device = stat.st_dev;
    to.inode = stat.st_ino;
  }
  if (is_what_is_copied(&stat, entry)) return refuse("a directory onto itself", entry);
  return made && fchmod(fd, entry->mode | 0700) < 0 ? fail_entry("chmod", entry) : 0;
}

/* The place that was named is found as any path is: by the links of the container. */
static int find_place(const char *path, const char *name) {
  struct stat stat_of;
  char holder[PATH_MAX];
  bool below = stat(path, &stat_of) == 0 && S_ISDIR(stat_of.st_mode);
  size_t length = strlen(path);
  if (length + strlen(name) + 2 > sizeof(holder)) {
    errno = ENAMETOOLONG;
    return fail("%s", path);
  }
  while (!below && length > 1 && path[length - 1] == '/') length--;
  size_t last = length;
  while (!below && last > 0 && path[last - 1] != '/') last--;
  snprintf(holder, sizeof(holder), "%.*s", (int)last, path);
  if (below)
    snprintf(to.top, sizeof(to.top), "%s", name);
  else
    snprintf(to.top, sizeof(to.top), "%.*s", (int)(length - last), path + last);
  snprintf(to.shown, sizeof(to.shown), "%s%s%s", holder,
           last == 0 || holder[last - 1] == '/' ? "" : "/", to.top);
  to.holder = open(*holder ? holder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return to.holder < 0 ? fail("open %s", to.shown) : 0;
}

int copy_in(const char *path, const char *name) {
  static struct entry entry;
  if (find_place(path, name) < 0) return 1;
  for (;;) {
    if (take_head(&entry) < 0) return 1;
    if (entry.kind == 'e') return 0;
    const char *last = to.top;
    int parent = *entry.name ? find_parent(entry.name, &last) : to.holder;
    if (parent < 0) return 1;
    int made = 0;
    switch (entry.kind) {
      case 'd':
        made = make_directory(parent, last, &entry);
        break;
      case 'f':
        made = make_file(parent, last, &entry);
        break;
      case 'l':
        made = make_link(parent, last, &entry);
        break;
      default:
        errno = EPROTO;
        made = fail("the tree that is copied");
    }
    if (made < 0) return 1;
  }
}
