/*
 * A program is what Java wants done, as a list of steps. It arrives as bytes from a file that only
 * root can write; the decoder trusts nothing all the same.
 *
 *   "jstack-program" NUL "1" NUL
 *   then for each step:  phase NUL op NUL origin NUL argc NUL argument NUL ...
 *
 * Numbers are unsigned decimals. There is no alignment and there are no offsets.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "failure.h"

#define PROGRAM_MAX_BYTES (1024u * 1024u)
#define PROGRAM_MAX_STEPS 4096u

enum {
  INSTRUCTION_COUNT = 0
#define INSTRUCTION(name, phases, kinds) +1
#include "instructions.def"
#undef INSTRUCTION
};

enum phase {
  PHASE_SUPERVISE,
  PHASE_HOST,
  PHASE_NAMESPACE,
  PHASE_ROOT,
  PHASE_PROCESS,
  PHASE_TEARDOWN,
  PHASE_COUNT
};

struct step {
  enum phase phase;
  unsigned op; /* index into instructions.def */
  uint32_t argc;
  const char **argv; /* NULL behind the last */
};

struct program {
  char *bytes; /* owned; every string points into it */
  struct step *steps;
  const char **arguments;
  uint32_t count;
};

/* The name of an instruction, as instructions.def spells it. */
const char *op_name(unsigned op);

/* Its index; the name has to be one of the table. */
unsigned op_number(const char *name);

/* Takes over `bytes` (malloc). Makes no system call. 0, or -1 with the reason. */
int program_decode(char *bytes, size_t length, struct program *out, struct failure *why);

/* Reads and decodes a file of a directory. */
int program_read(int directory, const char *name, struct program *out, struct failure *why);

void program_free(struct program *program);

/* A number that the decoder has already checked. */
uint64_t number(const struct step *step, uint32_t index);
