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
#define HEAD_BYTES 23

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
  uint16_t short_length = htobe16((uint16_t)length);
  head[0] = (unsigned char)kind;
  memcpy(head + 1, &mode, 4);
  memcpy(head + 5, &time, 8);
  memcpy(head + 13, &bytes, 8);
  memcpy(head + 21, &short_length, 2);
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

static int send_entry(int parent, const char *name, char *path, size_t length, int depth) {
  struct stat stat;
  const char *shown = *path ? path : name;
  if (depth > DEEPEST) {
    errno = ELOOP;
    return fail("%s: more than %d directories deep", shown, DEEPEST);
  }
  if (fstatat(parent, name, &stat, AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno == ENOENT && depth > 0) return 0; /* removed meanwhile */
    return fail("%s", shown);
  }
  if (S_ISLNK(stat.st_mode)) {
    char text[PATH_MAX];
    ssize_t count = readlinkat(parent, name, text, sizeof(text));
    if (count < 0) return fail("readlink %s", shown);
    if (put_head('l', &stat, (uint64_t)count, path) < 0) return -1;
    return put(text, (size_t)count);
  }
  if (!S_ISREG(stat.st_mode) && !S_ISDIR(stat.st_mode)) return put_head('s', &stat, 0, path);
  /* It may have become something else since: what was opened is looked at, and none may block. */
  cleanup_fd int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
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

static int take(void *bytes, size_t count) {
  if (fread(bytes, 1, count, stdin) == count) return 0;
  errno = EPIPE;
  return fail("the tree that is copied");
}

struct entry {
  char kind;
  mode_t mode;
  struct timespec times[2];
  uint64_t size;
  char path[PATH_MAX];
};

static int take_head(struct entry *entry, const char *base) {
  unsigned char head[HEAD_BYTES];
  char name[PATH_MAX];
  uint32_t mode;
  uint64_t time;
  uint64_t size;
  uint16_t length;
  if (take(head, sizeof(head)) < 0) return -1;
  memcpy(&mode, head + 1, 4);
  memcpy(&time, head + 5, 8);
  memcpy(&size, head + 13, 8);
  memcpy(&length, head + 21, 2);
  length = be16toh(length);
  entry->kind = (char)head[0];
  entry->mode = be32toh(mode) & 0777;
  entry->size = be64toh(size);
  entry->times[0].tv_sec = entry->times[1].tv_sec = (time_t)be64toh(time);
  entry->times[0].tv_nsec = entry->times[1].tv_nsec = 0;
  if (length >= sizeof(name)) {
    errno = ENAMETOOLONG;
    return fail("%s", base);
  }
  if (take(name, length) < 0) return -1;
  name[length] = '\0';
  int whole = snprintf(entry->path, sizeof(entry->path), "%s%s%s", base, length ? "/" : "", name);
  if (whole < 0 || whole >= (int)sizeof(entry->path)) {
    errno = ENAMETOOLONG;
    return fail("%s", base);
  }
  return 0;
}

static int make_file(const struct entry *entry) {
  cleanup_fd int fd =
      open(entry->path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
           entry->mode & 0700);
  struct stat stat;
  if (fd < 0 || fstat(fd, &stat) < 0) return fail("open %s", entry->path);
  if (!S_ISREG(stat.st_mode)) {
    errno = EEXIST;
    return fail("%s is no file", entry->path);
  }
  for (uint64_t left = entry->size; left > 0;) {
    size_t count = left < sizeof(content) ? (size_t)left : sizeof(content);
    if (take(content, count) < 0) return -1;
    for (size_t done = 0; done < count;) {
      ssize_t written = RETRY(write(fd, content + done, count - done));
      if (written < 0) return fail("write %s", entry->path);
      done += (size_t)written;
    }
    left -= count;
  }
  if (fchmod(fd, entry->mode) < 0 && errno != EPERM) return fail("chmod %s", entry->path);
  futimens(fd, entry->times);
  return 0;
}

static int make_link(const struct entry *entry) {
  char text[PATH_MAX];
  if (entry->size >= sizeof(text)) {
    errno = ENAMETOOLONG;
    return fail("%s", entry->path);
  }
  if (take(text, (size_t)entry->size) < 0) return -1;
  text[entry->size] = '\0';
  if (symlink(text, entry->path) == 0) return 0;
  struct stat stat;
  if (errno != EEXIST || lstat(entry->path, &stat) < 0 || S_ISDIR(stat.st_mode))
    return fail("symlink %s", entry->path);
  if (unlink(entry->path) < 0 || symlink(text, entry->path) < 0)
    return fail("symlink %s", entry->path);
  return 0;
}

static int make_directory(const struct entry *entry) {
  struct stat stat;
  if (mkdir(entry->path, entry->mode | 0700) == 0) return chmod(entry->path, entry->mode | 0700);
  int error = errno;
  if (error == EEXIST && lstat(entry->path, &stat) == 0 && S_ISDIR(stat.st_mode)) return 0;
  errno = error;
  return fail("mkdir %s", entry->path);
}

int copy_in(const char *path, const char *name) {
  static struct entry entry;
  char base[PATH_MAX];
  struct stat stat_of;
  bool below = stat(path, &stat_of) == 0 && S_ISDIR(stat_of.st_mode);
  int length = snprintf(base, sizeof(base), "%s%s%s", path, below ? "/" : "", below ? name : "");
  if (length < 0 || length >= (int)sizeof(base)) {
    errno = ENAMETOOLONG;
    return fail("%s", path) < 0;
  }
  for (;;) {
    if (take_head(&entry, base) < 0) return 1;
    int made = 0;
    switch (entry.kind) {
      case 'e':
        return 0;
      case 'd':
        made = make_directory(&entry);
        break;
      case 'f':
        made = make_file(&entry);
        break;
      case 'l':
        made = make_link(&entry);
        break;
      default:
        errno = EPROTO;
        made = fail("the tree that is copied");
    }
    if (made < 0) return 1;
  }
}
