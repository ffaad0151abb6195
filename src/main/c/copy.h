/*
 * A tree through a pipe: `jstack cp`. The helper runs as a command of the container's, like one of
 * `jstack exec`: what it opens is the container's, whatever links are put in its way, and what it
 * says is believed by nobody outside (CVE-2018-15664).
 *
 *   kind u8, mode u32, mtime u64, size u64, device u64, inode u64, length u16, name, content
 *
 *   d  directory   f  file   l  symbolic link, its text behind it   s  left out, a socket or device
 *   e  the end; without it something went wrong, and stderr says what
 *
 * All numbers are big-endian; size is that of the content. Device and inode are for who copies
 * something onto or into itself, through a folder that both sides see. The name is relative to what
 * is copied, which itself has none and comes first.
 */
#pragma once

/* Writes PATH to stdout; the exit code. */
int copy_out(const char *path);

/* Makes what comes from stdin: below PATH as NAME when that is a directory, else as PATH. */
int copy_in(const char *path, const char *name);
