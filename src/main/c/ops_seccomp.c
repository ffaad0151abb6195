/* Which calls the kernel takes from a command. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpret.h"
#include "util.h"

_Static_assert(sizeof(struct sock_filter) == 8, "as Java writes it");

/* The six bits of a sign of base64, or -1. */
static int sextet(char sign) {
  if (sign >= 'A' && sign <= 'Z') return sign - 'A';
  if (sign >= 'a' && sign <= 'z') return sign - 'a' + 26;
  if (sign >= '0' && sign <= '9') return sign - '0' + 52;
  return sign == '+' ? 62 : sign == '/' ? 63 : -1;
}

/* How many bytes a text of base64 holds, with `=` at its end or without; -1 for any other text. */
static ssize_t decode_base64(const char *text, unsigned char *out, size_t size) {
  size_t count = 0;
  uint32_t bits = 0;
  int held = 0;
  for (; *text && *text != '='; text++) {
    int six = sextet(*text);
    if (six < 0) return -1;
    bits = bits << 6 | (uint32_t)six;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    if (count == size) return -1;
    out[count++] = (unsigned char)(bits >> held);
  }
  size_t padding = strspn(text, "=");
  return text[padding] || padding > 2 ? -1 : (ssize_t)count;
}

/* Who may gain privileges still has this one, and gives it away in the step `capabilities`. */
static int raise_admin(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) < 0) return -1;
  data[0].effective |= data[0].permitted & 1u << CAP_SYS_ADMIN;
  return (int)syscall(SYS_capset, &header, data);
}

/*
 * The kernel takes a filter from a process that can gain no privileges any more, or that may do
 * everything; see seccomp(2). Whoever wrote it may not have thought of what comes between here and
 * the command: so that is done before.
 */
int op_seccomp(const struct step *step, struct context *context, struct failure *why) {
  struct sock_filter filter[BPF_MAXINSNS];
  ssize_t length = decode_base64(step->argv[1], (unsigned char *)filter, sizeof(filter));
  if (length <= 0 || length % (ssize_t)sizeof(filter[0]) != 0)
    return failure_because(why, EBADMSG, "seccomp: not a filter");
  struct sock_fprog program = {
      .len = (unsigned short)((size_t)length / sizeof(filter[0])),
      .filter = filter,
  };
  shed(context);
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 && raise_admin() < 0)
    return failure_set(why, "capset(CAP_SYS_ADMIN)");
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, number(step, 0), &program) < 0)
    return failure_set(why, "seccomp(SECCOMP_SET_MODE_FILTER, %u instructions)", program.len);
  return 0;
}
