#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

struct instruction {
  const char *name;
  const char *phases;
  const char *kinds;
};

#define INSTRUCTION(name, phases, kinds) {name, phases, kinds},
static const struct instruction INSTRUCTIONS[] = {
#include "instructions.def"
};
#undef INSTRUCTION

static const struct {
  const char *word;
  char letter;
} PHASES[PHASE_COUNT] = {
    {"supervise", 'v'}, {"host", 'h'},    {"namespace", 'n'},
    {"root", 'r'},      {"process", 'p'}, {"teardown", 't'},
};

const char *op_name(unsigned op) { return INSTRUCTIONS[op].name; }

unsigned op_number(const char *name) {
  unsigned op = 0;
  while (op + 1 < INSTRUCTION_COUNT && strcmp(INSTRUCTIONS[op].name, name) != 0) op++;
  return op;
}

/* A program has a thousand words to look up: most differ in their first letter already. */
static bool same(const char *a, const char *b) { return *a == *b && strcmp(a, b) == 0; }

struct reader {
  char *next;
  char *end;
};

/* The next NUL-terminated word, or NULL when the bytes end before its terminator. */
static const char *next_word(struct reader *reader) {
  char *word = reader->next;
  char *end = memchr(word, '\0', (size_t)(reader->end - word));
  if (!end) return NULL;
  reader->next = end + 1;
  return word;
}

static bool parse_number(const char *text, uint64_t *out) {
  uint64_t value = 0;
  if (!*text) return false;
  for (const char *c = text; *c; c++) {
    if (*c < '0' || *c > '9') return false;
    uint64_t digit = (uint64_t)(*c - '0');
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *out = value;
  return text[0] != '0' || text[1] == '\0';
}

uint64_t number(const struct step *step, uint32_t index) {
  uint64_t value = 0;
  parse_number(step->argv[index], &value);
  return value;
}

/* An absolute path; one of the container has no "..", "." or empty component either. */
static bool is_path(const char *text, bool of_container) {
  if (text[0] != '/') return false;
  if (!of_container || text[1] == '\0') return true;
  for (const char *component = text + 1;; component = strchr(component, '/') + 1) {
    size_t length = strcspn(component, "/");
    if (length == 0) return false;
    if (component[0] == '.' && (length == 1 || (length == 2 && component[1] == '.'))) return false;
    if (component[length] == '\0') return true;
  }
}

static bool is_kind(const char *text, char kind) {
  uint64_t ignored;
  switch (kind) {
    case 'N':
      return parse_number(text, &ignored);
    case 'S':
      return true;
    case 'H':
      return is_path(text, false);
    case 'C':
      return is_path(text, true);
    default:
      return false;
  }
}

/* The kind of argument `index`; a trailing star repeats the letter before it. */
static char kind_of(const char *kinds, uint32_t index) {
  size_t fixed = strcspn(kinds, "*");
  bool repeats = kinds[fixed] == '*';
  size_t single = repeats ? fixed - 1 : fixed;
  if (index < single) return kinds[index];
  return repeats ? kinds[single] : '\0';
}

static bool is_arity(const char *kinds, uint32_t argc) {
  size_t fixed = strcspn(kinds, "*");
  return kinds[fixed] == '*' ? argc >= fixed - 1 : argc == fixed;
}

static int refuse(struct failure *why, uint32_t step, const char *what, const char *word) {
  why->step = (int32_t)step;
  return failure_because(why, EBADMSG, "decode: %s%s%.100s", what, word ? ": " : "",
                         word ? word : "");
}

static int decode_step(struct reader *reader, struct program *program, uint32_t *used,
                       uint32_t index, uint32_t room, struct failure *why) {
  struct step *step = &program->steps[index];
  const char *phase = next_word(reader);
  const char *op = phase ? next_word(reader) : NULL;
  const char *origin = op ? next_word(reader) : NULL;
  const char *argc = origin ? next_word(reader) : NULL;
  if (!argc) return refuse(why, index, "the program ends inside a step", NULL);

  size_t p = 0;
  while (p < PHASE_COUNT && !same(PHASES[p].word, phase)) p++;
  if (p == PHASE_COUNT) return refuse(why, index, "unknown phase", phase);
  size_t o = 0;
  while (o < INSTRUCTION_COUNT && !same(INSTRUCTIONS[o].name, op)) o++;
  if (o == INSTRUCTION_COUNT) return refuse(why, index, "unknown instruction", op);
  if (!strchr(INSTRUCTIONS[o].phases, PHASES[p].letter))
    return refuse(why, index, "instruction in a wrong phase", op);

  uint64_t count;
  if (!parse_number(argc, &count) || count > room - *used - 1)
    return refuse(why, index, "impossible number of arguments", op);
  if (!is_arity(INSTRUCTIONS[o].kinds, (uint32_t)count))
    return refuse(why, index, "wrong number of arguments", op);
  step->phase = (enum phase)p;
  step->op = (unsigned)o;
  step->argc = (uint32_t)count;
  step->argv = &program->arguments[*used];
  for (uint32_t i = 0; i < count; i++) {
    const char *argument = next_word(reader);
    if (!argument) return refuse(why, index, "the program ends inside a step", op);
    if (!is_kind(argument, kind_of(INSTRUCTIONS[o].kinds, i)))
      return refuse(why, index, "malformed argument", op);
    program->arguments[(*used)++] = argument;
  }
  program->arguments[(*used)++] = NULL;
  return 0;
}

int program_decode(char *bytes, size_t length, struct program *out, struct failure *why) {
  *out = (struct program){.bytes = bytes};
  *why = (struct failure){.step = -1};
  if (length > PROGRAM_MAX_BYTES) return refuse(why, 0, "program too large", NULL);

  struct reader reader = {.next = bytes, .end = bytes + length};
  const char *magic = length ? next_word(&reader) : NULL;
  const char *version = magic ? next_word(&reader) : NULL;
  if (!version || strcmp(magic, "jstack-program") != 0)
    return refuse(why, 0, "not a program", NULL);
  if (strcmp(version, "1") != 0) return refuse(why, 0, "program of another version", version);

  /* Every argument and every step's end has a NUL of its own: this is room enough for all. */
  uint32_t room = 1;
  for (const char *c = reader.next; c < reader.end; c++) room += *c == '\0';
  uint32_t most_steps = room / 4 + 1 < PROGRAM_MAX_STEPS ? room / 4 + 1 : PROGRAM_MAX_STEPS;
  out->arguments = calloc(room, sizeof(*out->arguments));
  out->steps = calloc(most_steps, sizeof(*out->steps));
  if (!out->arguments || !out->steps) return refuse(why, 0, "out of memory", NULL);

  uint32_t used = 0;
  while (reader.next < reader.end) {
    if (out->count == most_steps) return refuse(why, out->count, "too many steps", NULL);
    if (decode_step(&reader, out, &used, out->count, room, why) < 0) return -1;
    out->count++;
  }
  return 0;
}

int program_read(int directory, const char *name, struct program *out, struct failure *why) {
  *out = (struct program){0};
  why->step = -1;
  cleanup_fd int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return failure_set(why, "open(\"%s\")", name);
  char *bytes = malloc(PROGRAM_MAX_BYTES + 1);
  if (!bytes) return failure_set(why, "malloc()");
  size_t length = 0;
  while (length <= PROGRAM_MAX_BYTES) {
    ssize_t count = RETRY(read(fd, bytes + length, PROGRAM_MAX_BYTES + 1 - length));
    if (count < 0) {
      free(bytes);
      return failure_set(why, "read(\"%s\")", name);
    }
    if (count == 0) break;
    length += (size_t)count;
  }
  return program_decode(bytes, length, out, why);
}

void program_free(struct program *program) {
  free(program->bytes);
  free(program->steps);
  free(program->arguments);
  *program = (struct program){0};
}
