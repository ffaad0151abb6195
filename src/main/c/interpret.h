/*
 * The interpreter: one step, one handler, one or two system calls. It decides nothing; whatever a
 * container is or is not stands in its program.
 *
 * Which process runs which phase, and what the phase needs of the context:
 *   supervise, host, teardown   the supervisor; `supervise` only fills `settings`
 *   namespace, root             the container's init, in order
 *   process                     the command's own process, in a container (init) or joining one
 * (exec)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "failure.h"
#include "health.h"
#include "program.h"
#include "restart.h"

#define MAX_SLOTS 256
#define MAX_ID_RANGES 340 /* as many as the kernel takes */

struct id_range {
  uint32_t inside;
  uint32_t outside;
  uint32_t count;
};

struct id_map {
  size_t count;
  struct id_range ranges[MAX_ID_RANGES];
};

struct settings {
  bool log_wanted; /* in the foreground; in the background there is always one */
  uint64_t log_bytes;
  uint32_t log_files;
  int stop_signal;
  uint64_t grace_ms;
  bool terminal;
  bool stdin_open;
  const char *control;   /* NULL: no control socket */
  const char *kill_with; /* NULL: only the pid namespace ends it */
  const char *oom_score; /* NULL: as we were started */
  const char *oom_group; /* NULL: an OOM kill ends one process */
  uint64_t timeout_ms;   /* of a run; 0: none */
  struct restart_settings restart;
  struct health_settings health;
  uint64_t enter_flags; /* CLONE_NEW* of what a task has to join */
};

struct context {
  struct settings settings;

  /* spawn */
  uint64_t clone_flags;
  const char *born_in; /* "/" for none */

  /* join-namespaces */
  pid_t join_pid;
  uint64_t join_start;
  uint64_t join_flags;

  bool bears_elsewhere; /* a pid namespace was joined for the children */

  /* The user namespace that is entered last, and whose ids those of the machine are; -1: none. */
  int user_fd;
  struct id_map uids;
  struct id_map gids;

  int root_fd;          /* the container's root, once pivoted or joined; -1 before */
  int slots[MAX_SLOTS]; /* detached mounts of the host; -1 when empty */
  int empty_fd;         /* a detached, empty, read-only tmpfs for masks; -1 until needed */
  bool empty_placed;    /* the two trees that mask lie somewhere in the root already */
  bool null_placed;

  uid_t uid;
  gid_t gid;
  char home[256];
  const char *const *environment;
  bool die_with_parent; /* exec: the command ends with its client */

  volatile char *reached; /* set right before the command is executed; shared, NULL: nobody asks */
};

void context_init(struct context *context);

/* Runs the steps of one phase in order. 0, or -1 with `why` filled, its step included. */
int run_phase(const struct program *program, enum phase phase, struct context *context,
              struct failure *why);

/*
 * The start time of a process (0: this one), field 22 of /proc/PID/stat, in clock ticks since boot;
 * 0 when there is no such process or it is a zombie. See proc(5).
 */
uint64_t process_start_time(pid_t pid);

typedef int operation(const struct step *step, struct context *context, struct failure *why);

/* ops_cgroup.c */
operation op_make_cgroup, op_count_io, op_write, op_join_cgroup, op_rmdir_cgroup, op_rmdir_empty;
/* ops_file.c */
operation op_mkdir, op_own;
operation op_make_dir, op_real_dir, op_make_file, op_device, op_symlink;
operation op_read_file, op_place_file;
/* ops_device.c */
operation op_device_filter, op_device_rules, op_devices;
/* ops_mount.c */
operation op_propagation, op_open_tree, op_mount, op_pivot_root, op_mount_new, op_mount_tree;
operation op_set_attributes, op_read_only, op_mask, op_place_tree, op_inherit_owner;
/* ops_namespace.c */
operation op_unshare, op_new_user, op_join_namespace, op_join_container, op_time_offsets;
operation op_use_root, op_enter_user;
/* ops_process.c */
operation op_sysctl, op_pause, op_hostname, op_domainname, op_loopback_up, op_umask;
operation op_rlimit, op_lower_rlimit;
operation op_working_dir, op_environment, op_restore, op_exec;
/* ops_security.c */
operation op_bounding, op_user, op_capabilities, op_no_new_privileges;
/* ops_seccomp.c */
operation op_seccomp;
/* ops_landlock.c */
operation op_landlock;

/* What a process leaves behind before it is the command: signals as they were, nothing of ours
 * open. */
void shed(const struct context *context);

/* Ends every process of a cgroup: cgroup.kill on v2, freeze, kill and thaw on v1. */
void cgroup_kill(const char *directory);

/* Lets those go on that were paused. */
void cgroup_thaw(const char *directory);

/* Whether they are paused, or about to be. */
bool cgroup_is_frozen(const char *directory);

/*
 * Opens a path of the container below its root: links lead nowhere else, and magic links of /proc
 * nowhere at all. See openat2(2). -1 with errno.
 */
int open_in_root(const struct context *context, const char *path, uint64_t flags,
                 uint64_t more_resolve);

/* Ids of a user and a group of the container: user[:group], by number or by its own databases. */
int find_owner(struct context *context, const char *owner, uid_t *uid, gid_t *gid,
               struct failure *why);

/* The id of the machine that an id of the container is. False when it is none. */
bool id_outside(const struct id_map *map, uint64_t inside, uint32_t *outside);

/*
 * Enters the namespaces join_flags of a process, whose number (join_pid) cannot be another's while
 * its pidfd is held, and opens the root there. A pidfd of -1: the machine's own.
 */
int join_process(struct context *context, int pidfd, struct failure *why);

/* After a user namespace was entered: user and group 0 of it. */
int become_root_inside(struct failure *why);
