/* Where a file system puts what directories hold. */
#pragma once

/*
 * Has each subdirectory that a directory gets from now on begin somewhere else on the disk: what
 * containers write has nothing to do with each other (the T of chattr(1), ioctl_iflags(2)).
 * Without it all lies in one group of inodes, and an ext4 without a journal looks at each that was
 * deleted there within the last minutes before it takes one. It is a hint: of one that is not
 * taken, or of a directory that is not there, nothing is said.
 */
void spread_subdirectories(const char *directory);
