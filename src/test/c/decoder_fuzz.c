/*
 * Mutated programs for the decoder, under ASan and UBSan: each is refused or decodes, and a decoded
 * one can be read to its last argument. The seed is printed; FUZZ_SEED repeats a run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "program.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  struct program program;
  struct failure why;
  char *bytes = malloc(size + 1);
  if (!bytes) return 0;
  memcpy(bytes, data, size);
  size_t seen = 0;
  if (program_decode(bytes, size, &program, &why) == 0) {
    for (uint32_t i = 0; i < program.count; i++) {
      const struct step *step = &program.steps[i];
      for (uint32_t j = 0; j < step->argc; j++) seen += strlen(step->argv[j]);
      if (step->argv[step->argc] != NULL) abort();
      if (!op_name(step->op)) abort();
    }
    if (seen > size) abort();
  }
  program_free(&program);
  return 0;
}

#ifndef LIBFUZZER
static const char SEED[] =
    "jstack-program\0001\0"
    "supervise\0log-limit\0o\0002\000100\0003\0"
    "host\0write\0o\0002\0/sys/fs/cgroup/x\000100\0"
    "host\0spawn\0o\0002\000536870912\0/\0"
    "namespace\0open-tree\0o\0006\0001\0/etc\0001\0007\0000\0000\0"
    "namespace\0pivot-root\0o\0001\0/run/x\0"
    "root\0mount-new\0o\0005\0tmpfs\0/tmp\0006\0size=1k\0mode=0755\0"
    "root\0device\0o\0004\0/dev/null\0008630\0001\0003\0"
    "process\0user\0o\0003\0000:0\00010\00020\0"
    "process\0exec\0o\0003\0/bin\0sh\0-c\0"
    "teardown\0rmdir-cgroup\0o\0001\0/sys/fs/cgroup/x";

static unsigned long long state;

static unsigned next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned)(state >> 32);
}

int main(int argc, char **argv) {
  unsigned long programs = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
  unsigned long long seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (unsigned long long)time(NULL);
  state = seed * 2654435761u + 88172645463325252ull;
  printf("decoder fuzz: %lu programs, seed %llu\n", programs, seed);
  unsigned char bytes[2 * sizeof(SEED)];
  for (unsigned long i = 0; i < programs; i++) {
    size_t length = sizeof(SEED);
    memcpy(bytes, SEED, length);
    for (unsigned edits = 1 + next() % 4; edits > 0; edits--) {
      size_t at = next() % length;
      switch (next() % 5) {
        case 0:
          bytes[at] = (unsigned char)next();
          break;
        case 1:
          bytes[at] = 0;
          break;
        case 2:
          length = at + 1;
          break;
        case 3: /* a piece is left out */
          length -= 1;
          memmove(bytes + at, bytes + at + 1, length - at);
          if (length == 0) length = 1;
          break;
        default: /* a piece is doubled */
          if (length + 16 < sizeof(bytes) && at + 16 < length) {
            memmove(bytes + at + 16, bytes + at, length - at);
            length += 16;
          }
      }
    }
    LLVMFuzzerTestOneInput(bytes, length);
  }
  puts("decoder fuzz: nothing found");
  return 0;
}
#endif
