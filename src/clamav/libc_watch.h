/* libc_watch: detects failures of C library functions that libclamav calls.
 *
 * libclamav treats a failed write, open, mmap or malloc as the end of the data, and reports the rest as
 * clean. This executable therefore defines functions of those names, to which libclamav and its libraries are
 * bound (export_dynamic): each calls the real function and records a failure during a scan. After a recorded
 * failure, "clean" is not valid.
 *
 * Libraries also try to open optional files. A failure to open or create a file therefore counts only below
 * the temporary directory, or if descriptors, memory or disk space are exhausted or the disk fails. In
 * sanitizer builds the malloc family is not watched: the sanitizer has its own malloc, which aborts when
 * memory is exhausted. */
#ifndef POSTERN_CLAMAV_LIBC_WATCH_H
#define POSTERN_CLAMAV_LIBC_WATCH_H

#include <stdbool.h>

/* Keeps the pointer, not a copy of the path. */
void libc_watch_begin(const char *temp_directory);
/* Returns the name of the first call that failed, with *error its errno, or NULL. */
const char *libc_watch_end(int *error);
/* Suspends the watch for our own calls during a scan. Returns whether it was active. */
bool libc_watch_pause(void);
void libc_watch_resume(bool was_watched);

#endif
