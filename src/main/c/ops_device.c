/* Which devices a container may make and open; see the kernel's pages on the device controllers. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "devices.h"
#include "interpret.h"
#include "util.h"

#define MAX_INSTRUCTIONS 4096

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits a byte; how many instructions it were, 0 when it is no program. */
static size_t read_hex(const char *text, unsigned char *bytes, size_t size) {
  size_t length = strlen(text);
  if (length % (2 * sizeof(struct bpf_insn)) != 0 || length > 2 * size) return 0;
  for (size_t i = 0; i < length; i += 2) {
    int high = digit(text[i]);
    int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return 0;
    bytes[i / 2] = (unsigned char)(high << 4 | low);
  }
  return length / (2 * sizeof(struct bpf_insn));
}

int device_program_load(const char *text, struct failure *why) {
  static struct bpf_insn program[MAX_INSTRUCTIONS];
  size_t count = read_hex(text, (unsigned char *)program, sizeof(program));
  if (count == 0) return failure_because(why, EINVAL, "bpf: not a program");
  union bpf_attr load = {0};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = (uintptr_t)program;
  load.insn_cnt = (uint32_t)count;
  load.license = (uintptr_t) "GPL";
  int loaded = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
  if (loaded < 0) return failure_set(why, "bpf(BPF_PROG_LOAD, BPF_PROG_TYPE_CGROUP_DEVICE)");
  return loaded;
}

int op_device_filter(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  const char *directory = step->argv[0];
  cleanup_fd int cgroup = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (cgroup < 0) return failure_set(why, "open(\"%s\")", directory);
  cleanup_fd int loaded = device_program_load(step->argv[1], why);
  if (loaded < 0) return -1;
  union bpf_attr attach = {0};
  attach.target_fd = (uint32_t)cgroup;
  attach.attach_bpf_fd = (uint32_t)loaded;
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI; /* those of the cgroups above count all the same */
  if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)) < 0)
    return failure_set(why, "bpf(BPF_PROG_ATTACH, \"%s\")", directory);
  return 0;
}

static int write_rule(const char *directory, const char *file, const char *rule,
                      struct failure *why) {
  char path[4200];
  snprintf(path, sizeof(path), "%s/%s", directory, file);
  cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || RETRY(write(fd, rule, strlen(rule))) < 0)
    return failure_set(why, "write(\"%s\", \"%s\")", path, rule);
  return 0;
}

int op_device_rules(const struct step *step, struct context *context, struct failure *why) {
  (void)context;
  if (write_rule(step->argv[0], "devices.deny", "a", why) < 0) return -1;
  for (uint32_t i = 1; i < step->argc; i++) {
    if (write_rule(step->argv[0], "devices.allow", step->argv[i], why) < 0) return -1;
  }
  return 0;
}

/* As deep as /dev is anywhere, /dev/bus/usb/001 and some more. */
#define MAX_DEPTH 8

static int copy_devices(int from, int to, int depth, struct failure *why);

static int copy_device(int from, int to, const char *name, int depth, struct failure *why) {
  struct stat stat;
  if (fstatat(from, name, &stat, AT_SYMLINK_NOFOLLOW) < 0) return 0; /* unplugged meanwhile */
  if (S_ISDIR(stat.st_mode) && depth < MAX_DEPTH) {
    cleanup_fd int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (source < 0) return 0;
    if (mkdirat(to, name, 0755) < 0 && errno != EEXIST)
      return failure_set(why, "mkdirat(\"%s\")", name);
    cleanup_fd int target = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    /* What is no directory here is one of ours. */
    return target < 0 ? 0 : copy_devices(source, target, depth + 1, why);
  }
  if (!S_ISCHR(stat.st_mode) && !S_ISBLK(stat.st_mode)) return 0;
  if (mknodat(to, name, stat.st_mode, stat.st_rdev) < 0)
    return errno == EEXIST ? 0 : failure_set(why, "mknodat(\"%s\")", name);
  if (fchownat(to, name, stat.st_uid, stat.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
      fchmodat(to, name, stat.st_mode & 07777, 0) < 0)
    return failure_set(why, "fchownat(\"%s\")", name);
  return 0;
}

static int copy_devices(int from, int to, int depth, struct failure *why) {
  cleanup_fd int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (!directory) return failure_set(why, "opendir(\"/dev\" of the machine)");
  steal_fd(&fd);
  int result = 0;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory));) {
    /* The machine's console is no terminal of a container's. */
    if (entry->d_name[0] == '.' || (depth == 0 && strcmp(entry->d_name, "console") == 0)) continue;
    result = copy_device(from, to, entry->d_name, depth, why);
  }
  closedir(directory);
  return result;
}

/*
 * Nodes of the machine's devices for a privileged container. Their owners stay those of the
 * machine: a container with users of its own opens no more of them than these users may.
 */
int op_devices(const struct step *step, struct context *context, struct failure *why) {
  uint64_t slot = number(step, 0);
  if (slot >= MAX_SLOTS || context->slots[slot] < 0)
    return failure_because(why, EINVAL, "devices: slot %lu", slot);
  cleanup_fd int target =
      open_in_root(context, step->argv[1], O_RDONLY | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
  if (target < 0) return failure_set(why, "openat2(\"%s\")", step->argv[1]);
  if (copy_devices(context->slots[slot], target, 0, why) < 0) return -1;
  close_fd(&context->slots[slot]);
  context->slots[slot] = -1;
  return 0;
}
