/* One more command in a container that runs: `jstack exec`. */
#pragma once

/* Reads and removes the program file; returns the exit code, PROGRAM.failure says why on 125-127.
 */
int exec_program(const char *program_file);
