#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "copy.h"
#include "crash.h"
#include "devices.h"
#include "exec.h"
#include "serve.h"
#include "supervise.h"
#include "util.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010u
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

/*
 * Runs on from a sealed copy in memory: /proc/PID/exe of everything that a container may see is
 * then a file that nobody can write, not the helper on disk (CVE-2019-5736).
 */
static int run_from_memory(char **argv) {
  cleanup_fd int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) return -1;
  int sealed = fcntl(self, F_GET_SEALS);                /* any file of a tmpfs has some */
  if (sealed >= 0 && (sealed & F_SEAL_WRITE)) return 0; /* this is the copy */
  struct stat stat;
  if (fstat(self, &stat) < 0) return -1;
  cleanup_fd int copy =
      (int)syscall(SYS_memfd_create, "jstack-shim", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (copy < 0 && errno == EINVAL) /* before 6.3 */
    copy = (int)syscall(SYS_memfd_create, "jstack-shim", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (copy < 0) return -1;
  off_t offset = 0;
  while (offset < stat.st_size) {
    if (sendfile(copy, self, &offset, (size_t)(stat.st_size - offset)) <= 0) return -1;
  }
  int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (fcntl(copy, F_ADD_SEALS, seals | F_SEAL_EXEC) < 0 && fcntl(copy, F_ADD_SEALS, seals) < 0)
    return -1;
  /* A container sees how its first process was called: no path of the host's. */
  static char name[] = "jstack-shim";
  argv[0] = name;
  extern char **environ;
  fexecve(copy, argv, environ);
  return -1;
}

/*
 * Who was started for a process that waits for it ends with that process, with a signal. False when
 * that is gone already: nobody would tell us.
 */
static bool ends_with(pid_t caller, int signal) {
  crash_hold(AT_FDCWD, "crash.main");
  prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0);
  return getppid() == caller;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "version") == 0) {
    puts("jstack-shim 1");
    return 0;
  }
  /* Inside a container, from memory already: see exec.c. */
  if (argc == 3 && strcmp(argv[1], "copy-out") == 0) return copy_out(argv[2]);
  if (argc == 4 && strcmp(argv[1], "copy-in") == 0) return copy_in(argv[2], argv[3]);
  /* No container sees it. */
  if (argc == 2 && strcmp(argv[1], "devices") == 0) return devices_answer();
  bool runs = argc == 4 && strcmp(argv[1], "run") == 0;
  bool execs = argc == 4 && strcmp(argv[1], "exec") == 0;
  pid_t caller = runs || execs ? (pid_t)strtol(argv[3], NULL, 10) : 0;
  /* Before anything that takes its time; it stays set when we go on from memory. */
  if ((runs || execs) && !ends_with(caller, runs ? SIGTERM : SIGKILL)) return 125;
  if (run_from_memory(argv) < 0) {
    fprintf(stderr, "jstack-shim: cannot run from memory: %s\n", strerror(errno));
    return 125;
  }
  /*
   * Nobody looks into what we fork, wherever it lives, ptrace(2): root of a namespace has all
   * rights over a user namespace that root made there, and who is in one for us has our memory.
   */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_NAME, "jstack-shim", 0, 0, 0);
  umask(077);
  if (argc == 2 && strcmp(argv[1], "serve") == 0) return serve();
  if (runs) return run_in_foreground(argv[2], caller);
  if (execs) return exec_program(argv[2]);
  fputs(
      "jstack-shim is the helper of jstack and is started by it: serve | run DIR CALLER | "
      "exec FILE CALLER | devices\n",
      stderr);
  return 64;
}
