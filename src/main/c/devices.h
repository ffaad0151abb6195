/*
 * The programs of the kernel's that decide about a cgroup's devices; see
 * BPF_PROG_TYPE_CGROUP_DEVICE in linux/bpf.h.
 *
 * `jstack-shim devices` looks at them for whoever verifies:
 *
 *   stdin    NUL-terminated words, two a question: CGROUP and the PROGRAM that should decide there,
 *            as the instruction device-filter has it
 *   stdout   a line an answer: same | none | other | beside | unknown
 *
 * same: that program and no other is attached; beside: others, too; other: only others.
 */
#pragma once

#include "failure.h"

/* A program from its text to the kernel: a descriptor, or -1 with `why`. ops_device.c */
int device_program_load(const char *text, struct failure *why);

int devices_answer(void);
