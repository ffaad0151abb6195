#define _GNU_SOURCE
#include "devices.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "util.h"

#define MAX_PROGRAMS 64 /* that a cgroup can have; BPF_CGROUP_MAX_PROGS */

/* What the kernel calls a program by: a digest of its instructions, made when it was loaded. */
static bool tag_of(int program, unsigned char tag[BPF_TAG_SIZE]) {
  struct bpf_prog_info info = {0};
  union bpf_attr attr = {0};
  attr.info.bpf_fd = (uint32_t)program;
  attr.info.info_len = sizeof(info);
  attr.info.info = (uintptr_t)&info;
  if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) < 0) return false;
  memcpy(tag, info.tag, BPF_TAG_SIZE);
  return true;
}

/* How many are attached to the cgroup itself; -1 when the kernel does not tell. */
static int attached(const char *directory, uint32_t ids[MAX_PROGRAMS]) {
  cleanup_fd int cgroup = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (cgroup < 0) return -1;
  union bpf_attr attr = {0};
  attr.query.target_fd = (uint32_t)cgroup;
  attr.query.attach_type = BPF_CGROUP_DEVICE;
  attr.query.prog_ids = (uintptr_t)ids;
  attr.query.prog_cnt = MAX_PROGRAMS;
  if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0) return -1;
  return (int)attr.query.prog_cnt;
}

/*
 * How a kernel makes the digest has changed and may again, so nobody computes one here: the wanted
 * program is loaded beside the other, and the kernel makes both.
 */
static const char *answer(const char *directory, const char *text) {
  struct failure ignored;
  uint32_t ids[MAX_PROGRAMS];
  unsigned char wanted[BPF_TAG_SIZE];
  int count = attached(directory, ids);
  if (count == 0) return "none";
  if (count < 0) return "unknown";
  cleanup_fd int program = device_program_load(text, &ignored);
  if (program < 0 || !tag_of(program, wanted)) return "unknown";
  bool found = false;
  for (int i = 0; i < count; i++) {
    unsigned char tag[BPF_TAG_SIZE];
    union bpf_attr attr = {0};
    attr.prog_id = ids[i];
    cleanup_fd int other = (int)syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
    if (other < 0 || !tag_of(other, tag)) return "unknown"; /* it went, or we may not look */
    found |= memcmp(tag, wanted, BPF_TAG_SIZE) == 0;
  }
  return !found ? "other" : count == 1 ? "same" : "beside";
}

int devices_answer(void) {
  char *directory = NULL;
  char *text = NULL;
  size_t room[2] = {0};
  while (getdelim(&directory, &room[0], '\0', stdin) > 0 &&
         getdelim(&text, &room[1], '\0', stdin) > 0) {
    puts(answer(directory, text));
    fflush(stdout);
  }
  free(directory);
  free(text);
  return 0;
}
