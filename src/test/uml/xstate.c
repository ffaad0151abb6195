// To be preloaded into user-mode Linux on a processor with AMX: lets it put
// back registers.
//
// User-mode Linux before 6.13 keeps the extended state of the processor in a
// buffer of fixed size. A host whose state is larger takes only whole ones back
// (ptrace(2), PTRACE_SETREGSET), and so the first process dies: "ptrace set fp
// regs failed, errno = 14". What is missing is filled up here, with the
// registers in their initial state: nobody has AMX who did not ask for it
// (arch_prctl(2)).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

typedef long ptrace_call(enum __ptrace_request request, ...);

static ptrace_call *next;
static char state[1 << 16];

__attribute__((constructor)) static void find(void) {
  next = (ptrace_call *)dlsym(RTLD_NEXT, "ptrace");
}

long ptrace(enum __ptrace_request request, ...) {
  va_list rest;
  va_start(rest, request);
  int pid = va_arg(rest, int);
  void *address = va_arg(rest, void *);
  void *data = va_arg(rest, void *);
  va_end(rest);
  if (request != PTRACE_SETREGSET || address != (void *)NT_X86_XSTATE)
    return next(request, pid, address, data);
  struct iovec whole = {state, sizeof state};
  if (next(PTRACE_GETREGSET, pid, address, &whole))
    return -1; // how much it is
  const struct iovec *part = data;
  if (part->iov_len >= whole.iov_len)
    return next(request, pid, address, data);
  memset(state, 0, whole.iov_len);
  memcpy(state, part->iov_base, part->iov_len);
  return next(request, pid, address, &whole);
}
