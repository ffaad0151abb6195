/* Which files a process may change or execute, whatever its user; see landlock(7). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpret.h"
#include "util.h"

/* As the kernel has it by now; what an older one does not know is left out by its size. */
struct ruleset {
  uint64_t files;
  uint64_t network;
  uint64_t scoped;
};

#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEVICE (1ULL << 15)
#define NET_BIND_TCP (1ULL << 0)
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

#define CHANGES                                                                                 \
  (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                              \
   LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
   LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM)
/* Nobody gets these. */
#define NODES \
  (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK)

static int allow(int rules, const struct context *context, const char *path, uint64_t access,
                 struct failure *why) {
  cleanup_fd int fd = open_in_root(context, path, O_PATH, 0);
  if (fd < 0) return failure_set(why, "openat2(\"%s\")", path);
  struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
  if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
    return failure_set(why, "landlock_add_rule(\"%s\")", path);
  return 0;
}

static int add_rules(int rules, const struct step *step, const struct context *context,
                     uint64_t changes, struct failure *why) {
  for (uint32_t i = 0; i < step->argc; i++) {
    const char *word = step->argv[i];
    const char *path = strchr(word, ':');
    if (!path) return failure_because(why, EBADMSG, "landlock: \"%s\"", word);
    uint64_t access = word[0] == 'w' ? changes : (uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;
    if (allow(rules, context, path + 1, access, why) < 0) return -1;
  }
  return 0;
}

int op_landlock(const struct step *step, struct context *context, struct failure *why) {
  long version =
      syscall(SYS_landlock_create_ruleset, NULL, 0, (unsigned)LANDLOCK_CREATE_RULESET_VERSION);
  /* A kernel without it has the other walls. */
  if (version < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) return 0;
  if (version < 0) return failure_set(why, "landlock_create_ruleset()");
  uint64_t changes = CHANGES;
  if (version >= 2) changes |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) changes |= FS_TRUNCATE;
  struct ruleset set = {.files = changes | NODES | LANDLOCK_ACCESS_FS_EXECUTE};
  if (version >= 5) set.files |= FS_IOCTL_DEVICE;
  if (version >= 4) set.network = NET_BIND_TCP | NET_CONNECT_TCP;
  if (version >= 6) set.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
  size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  cleanup_fd int rules = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0u);
  if (rules < 0) return failure_set(why, "landlock_create_ruleset(version %ld)", version);
  if (add_rules(rules, step, context, changes, why) < 0) return -1;
  if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
    return failure_set(why, "landlock_restrict_self()");
  return 0;
}
