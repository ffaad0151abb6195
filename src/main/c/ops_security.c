/* Who the command is and what it may do. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "interpret.h"
#include "util.h"

#define MAX_DATABASE (1024 * 1024)
#define MAX_GROUPS 256

int op_bounding(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  uint64_t keep = number(step, 0);
  for (unsigned long capability = 0; capability < 64; capability++) {
    int present = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (present < 0) break; /* the kernel knows no more */
    if (present && !(keep >> capability & 1) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
      return failure_set(why, "prctl(PR_CAPBSET_DROP, %lu)", capability);
  }
  return 0;
}

/* A whole number of the ids that exist: (uid_t)-1 means "leave it" to the kernel and is none. */
static bool parse_id(const char *text, size_t length, uint32_t *out) {
  uint64_t value = 0;
  if (length == 0 || length > 10) return false;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (uint64_t)(text[i] - '0');
  }
  if (value >= UINT32_MAX) return false;
  *out = (uint32_t)value;
  return true;
}

/* A file of the container, whole; NULL when there is none that can be trusted to be read. */
static char *read_database(const struct context *context, const char *path) {
  /* A fifo must not block, a device not be read, a link lead nowhere else (CVE-2024-9676). */
  cleanup_fd int fd = open_in_root(context, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  struct stat stat;
  if (fd < 0 || fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode) || stat.st_size > MAX_DATABASE)
    return NULL;
  char *text = malloc((size_t)stat.st_size + 1);
  if (!text) return NULL;
  size_t length = 0;
  while (length < (size_t)stat.st_size) {
    ssize_t count = RETRY(read(fd, text + length, (size_t)stat.st_size - length));
    if (count <= 0) break;
    length += (size_t)count;
  }
  text[length] = '\0';
  return text;
}

struct field {
  const char *text;
  size_t length;
};

/* Field `index` of a line of passwd(5) or group(5). */
static struct field field_of(const char *line, int index) {
  for (; index > 0; index--) {
    line += strcspn(line, ":\n");
    if (*line != ':') return (struct field){line, 0};
    line++;
  }
  return (struct field){line, strcspn(line, ":\n")};
}

static bool equals(struct field field, const char *text, size_t length) {
  return field.length == length && memcmp(field.text, text, length) == 0;
}

/* The first line whose name is `key`, or whose id is, when `key` is a number. */
static const char *find_line(const char *database, const char *key, size_t length) {
  for (const char *line = database; line && *line;) {
    if (equals(field_of(line, 0), key, length) || equals(field_of(line, 2), key, length))
      return line;
    line = strchr(line, '\n');
    if (line) line++;
  }
  return NULL;
}

static int find_group(const struct context *context, const char *key, size_t length, gid_t *gid,
                      struct failure *why) {
  if (parse_id(key, length, gid)) return 0;
  cleanup_free char *groups = read_database(context, "/etc/group");
  const char *line = groups && length ? find_line(groups, key, length) : NULL;
  struct field id = line ? field_of(line, 2) : (struct field){"", 0};
  if (!parse_id(id.text, id.length, gid))
    return failure_because(why, ENOENT, "no group \"%.*s\" in /etc/group of the container",
                           (int)length, key);
  return 0;
}

/* user[:group] by number or name; the group of a user alone is that of its line, or 0. */
static int find_user(struct context *context, const char *user, bool goes_home, uid_t *uid,
                     gid_t *gid, struct failure *why) {
  size_t length = strcspn(user, ":");
  const char *group = user[length] == ':' ? user + length + 1 : NULL;
  cleanup_free char *users = read_database(context, "/etc/passwd");
  const char *line = users && length ? find_line(users, user, length) : NULL;
  bool by_number = parse_id(user, length, uid);
  if (line) {
    struct field id = field_of(line, 2);
    struct field primary = field_of(line, 3);
    struct field home = field_of(line, 5);
    bool sound = parse_id(primary.text, primary.length, gid);
    if (!by_number) sound &= parse_id(id.text, id.length, uid);
    if (!sound)
      return failure_because(why, EINVAL, "malformed line of \"%s\" in /etc/passwd", user);
    if (goes_home && home.length > 0 && home.length < sizeof(context->home) &&
        home.text[0] == '/') {
      memcpy(context->home, home.text, home.length);
      context->home[home.length] = '\0';
    }
  } else if (!by_number) {
    return failure_because(why, ENOENT, "no user \"%.*s\" in /etc/passwd of the container",
                           (int)length, user);
  }
  return group ? find_group(context, group, strlen(group), gid, why) : 0;
}

int find_owner(struct context *context, const char *owner, uid_t *uid, gid_t *gid,
               struct failure *why) {
  size_t length = strcspn(owner, ":");
  const char *group = owner[length] == ':' ? owner + length + 1 : NULL;
  *uid = 0;
  *gid = 0;
  /* Numbers need no file that the container's own people could have written. */
  if (group && parse_id(owner, length, uid) && parse_id(group, strlen(group), gid)) return 0;
  return find_user(context, owner, false, uid, gid, why);
}

int op_user(const struct step *step, struct context *context, struct failure *why) {
  uid_t uid = 0;
  gid_t gid = 0;
  gid_t more[MAX_GROUPS];
  if (find_user(context, step->argv[0], true, &uid, &gid, why) < 0) return -1;

  uint32_t count = step->argc - 1;
  if (count > MAX_GROUPS) return failure_because(why, EINVAL, "setgroups: %u groups", count);
  for (uint32_t i = 0; i < count; i++) {
    const char *key = step->argv[i + 1];
    if (find_group(context, key, strlen(key), &more[i], why) < 0) return -1;
  }
  /* A user namespace by path may refuse setgroups; see user_namespaces(7). */
  bool change = count > 0 || getgroups(0, NULL) > 0;
  if (change && setgroups(count, more) < 0) return failure_set(why, "setgroups(%u groups)", count);
  /* Capabilities survive the change of ids here and are set to the program's word afterwards. */
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return failure_set(why, "prctl(PR_SET_KEEPCAPS)");
  if (setresgid(gid, gid, gid) < 0) return failure_set(why, "setresgid(%u)", gid);
  if (setresuid(uid, uid, uid) < 0) return failure_set(why, "setresuid(%u)", uid);
  context->uid = uid;
  context->gid = gid;
  return 0;
}

/* The kernel gave this process less than all when its bounding set was cut before. */
static int as_many_as_there(uint64_t *mask) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (!(*mask >> 63)) return 0;
  if (syscall(SYS_capget, &header, data) < 0) return -1;
  *mask &= data[0].permitted | (uint64_t)data[1].permitted << 32;
  return 0;
}

int op_capabilities(const struct step *step, struct context *context, struct failure *why) {
  bool root = context->uid == 0;
  uint64_t effective = root ? number(step, 0) : 0;
  uint64_t permitted = root ? number(step, 1) : 0;
  uint64_t inheritable = number(step, 2);
  uint64_t ambient = number(step, 3);
  if (as_many_as_there(&effective) < 0 || as_many_as_there(&permitted) < 0)
    return failure_set(why, "capget()");
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  for (int half = 0; half < 2; half++) {
    data[half].effective = (uint32_t)(effective >> (32 * half));
    data[half].permitted = (uint32_t)(permitted >> (32 * half));
    data[half].inheritable = (uint32_t)(inheritable >> (32 * half));
  }
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
    return failure_set(why, "prctl(PR_CAP_AMBIENT_CLEAR_ALL)");
  if (syscall(SYS_capset, &header, data) < 0)
    return failure_set(why, "capset(0x%lx, 0x%lx, 0x%lx)", effective, permitted, inheritable);
  for (unsigned long capability = 0; capability < 64; capability++) {
    if ((ambient >> capability & 1) &&
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
      return failure_set(why, "prctl(PR_CAP_AMBIENT_RAISE, %lu)", capability);
  }
  return 0;
}

int op_no_new_privileges(const struct step *step, struct context *context, struct failure *why) {
  (void)step;
  (void)context;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return failure_set(why, "prctl(PR_SET_NO_NEW_PRIVS)");
  return 0;
}
