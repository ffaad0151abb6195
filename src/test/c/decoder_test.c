/* The decoder against programs that are right and programs that are not; run under ASan and UBSan.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

#define WIRE(text) text, sizeof(text)

struct example {
  const char *what;
  const char *bytes;
  size_t length; /* with the NUL that ends the literal */
  int steps;     /* -1: refused */
};

#define HEAD "jstack-program\0001\0"

static const struct example EXAMPLES[] = {
    {"nothing but the head", WIRE("jstack-program\0001"), 0},
    {"one step", WIRE(HEAD "root\0hostname\0o\0001\0web"), 1},
    {"a setting", WIRE(HEAD "supervise\0oom-group\0o\0001\0/sys/fs/cgroup/memory/a"), 1},
    {"a setting that is no host step", WIRE(HEAD "host\0oom-group\0o\0001\0/a"), -1},
    {"no arguments", WIRE(HEAD "process\0no-new-privileges\0o\0000"), 1},
    {"a repeated argument", WIRE(HEAD "process\0environment\0o\0002\0A=1\0B=2"), 1},
    {"a repeated argument, none of it", WIRE(HEAD "process\0environment\0o\0000"), 1},
    {"the largest number", WIRE(HEAD "process\0umask\0o\0001\00018446744073709551615"), 1},
    {"empty", "", 0, -1},
    {"no terminator", "jstack-program", 14, -1},
    {"another magic", WIRE("jstack-programm\0001"), -1},
    {"another version", WIRE("jstack-program\0002"), -1},
    {"unknown phase", WIRE(HEAD "rooot\0hostname\0o\0001\0web"), -1},
    {"unknown op", WIRE(HEAD "root\0hostnam\0o\0001\0web"), -1},
    {"op in a wrong phase", WIRE(HEAD "host\0hostname\0o\0001\0web"), -1},
    {"too few arguments", WIRE(HEAD "root\0hostname\0o\0000"), -1},
    {"too many arguments", WIRE(HEAD "root\0hostname\0o\0002\0a\0b"), -1},
    {"argc beyond the bytes", WIRE(HEAD "process\0environment\0o\0004000000000\0a"), -1},
    {"argc beyond 64 bits", WIRE(HEAD "process\0environment\0o\00099999999999999999999\0a"), -1},
    {"argc with a sign", WIRE(HEAD "root\0hostname\0o\0+1\0web"), -1},
    {"a number that is none", WIRE(HEAD "process\0umask\0o\0001\00018x"), -1},
    {"a number too large", WIRE(HEAD "process\0umask\0o\0001\00018446744073709551616"), -1},
    {"a negative number", WIRE(HEAD "process\0umask\0o\0001\0-1"), -1},
    {"a number with a leading zero", WIRE(HEAD "process\0umask\0o\0001\0007"), 1},
    {"an octal look",
     WIRE(HEAD "process\0umask\0o\0001\0"
               "022"),
     -1},
    {"a relative host path", WIRE(HEAD "host\0write\0o\0002\0a/b\0t"), -1},
    {"a container path that climbs", WIRE(HEAD "root\0make-dir\0o\0002\0/a/../b\000493"), -1},
    {"a container path with a dot", WIRE(HEAD "root\0make-dir\0o\0002\0/a/./b\000493"), -1},
    {"a container path with two slashes", WIRE(HEAD "root\0make-dir\0o\0002\0//a\000493"), -1},
    {"a container path that ends in a slash", WIRE(HEAD "root\0make-dir\0o\0002\0/a/\000493"), -1},
    {"the end inside a step", WIRE(HEAD "root\0hostname\0o"), -1},
    {"the end inside the arguments", WIRE(HEAD "root\0hostname\0o\0001"), -1},
};

int main(void) {
  int failed = 0;
  int count = (int)(sizeof(EXAMPLES) / sizeof(EXAMPLES[0]));
  for (int i = 0; i < count; i++) {
    const struct example *example = &EXAMPLES[i];
    struct program program;
    struct failure why;
    char *bytes = malloc(example->length + 1);
    if (!bytes) return 1;
    memcpy(bytes, example->bytes, example->length);
    int decoded = program_decode(bytes, example->length, &program, &why);
    int steps = decoded == 0 ? (int)program.count : -1;
    if (steps != example->steps) {
      printf("FAILED %s: %d steps instead of %d (%s)\n", example->what, steps, example->steps,
             why.call);
      failed++;
    }
    program_free(&program);
  }
  printf("decoder: %d passed, %d failed\n", count - failed, failed);
  return failed ? 1 : 0;
}
