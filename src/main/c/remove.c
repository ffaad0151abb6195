#define _GNU_SOURCE
#include "remove.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "util.h"

/* Few entries at a time: they are read again whenever the walk comes back. */
#define LIST_BYTES 4096

struct listing {
  int fd;
  off_t place; /* of the entry that comes next */
  size_t next;
  size_t end;
  alignas(struct dirent64) char bytes[LIST_BYTES];
};

/* Where to go on in each directory above. */
struct way {
  off_t *places;
  size_t depth;
  size_t room;
};

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* From a place in the directory that is open there from now on. */
static void list(struct listing *listing, int fd, off_t place) {
  close_fd(&listing->fd);
  listing->fd = fd;
  listing->place = place > 0 ? lseek(fd, place, SEEK_SET) : 0;
  listing->next = listing->end = 0;
}

/* The next directory and its place; NULL behind the last. */
static const char *next_directory(struct listing *listing, off_t *place) {
  for (;;) {
    if (listing->next == listing->end) {
      ssize_t count = getdents64(listing->fd, listing->bytes, sizeof(listing->bytes));
      if (count <= 0) return NULL;
      listing->next = 0;
      listing->end = (size_t)count;
    }
    const struct dirent64 *entry = (const struct dirent64 *)(listing->bytes + listing->next);
    listing->next += entry->d_reclen;
    *place = listing->place;
    listing->place = entry->d_off;
    bool own = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (entry->d_type == DT_DIR && !own) return entry->d_name;
  }
}

static bool note(struct way *way, off_t place) {
  if (way->depth == way->room) {
    size_t room = way->room ? way->room * 2 : 64;
    off_t *places = reallocarray(way->places, room, sizeof(*places));
    if (!places) return false;
    way->places = places;
    way->room = room;
  }
  way->places[way->depth++] = place;
  return true;
}

static int open_directory(int below, const char *name) {
  return openat(below, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

size_t remove_directories_below(const char *directory, int64_t end_ms) {
  struct listing listing = {.fd = open_directory(AT_FDCWD, directory)};
  struct way way = {0};
  size_t removed = 0;
  bool back = false; /* in the directory where the next entry has been gone through */
  while (listing.fd >= 0) {
    off_t place;
    const char *name = next_directory(&listing, &place);
    if (name) {
      bool known = back;
      back = false;
      if (unlinkat(listing.fd, name, AT_REMOVEDIR) == 0) {
        removed++;
      } else if (!known) {
        int inner = open_directory(listing.fd, name);
        if (inner >= 0 && !note(&way, place)) {
          close_fd(&inner);
        } else if (inner >= 0) {
          list(&listing, inner, 0);
        }
      }
    } else if (way.depth > 0) {
      /* Nobody moves a cgroup to another parent; see kernfs_rename() of cgroup v1. */
      list(&listing, open_directory(listing.fd, ".."), way.places[--way.depth]);
      back = true;
    } else {
      break;
    }
    if (now_ms() >= end_ms) break;
  }
  close_fd(&listing.fd);
  free(way.places);
  return removed;
}
