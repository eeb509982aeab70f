/* libc_watch: detects failures of C library functions that libclamav calls.
 *
 * libclamav may treat a failed write, open, mmap or malloc as the end of the data, and report the rest as
 * clean. This executable therefore defines functions of those names, to which libclamav and its libraries are
 * bound (export_dynamic): each calls the real function and records a failure during a scan. After a recorded
 * failure, "clean" is not valid.
 *
 * Libraries also try to open optional files. A failure to open or create a file therefore counts only below
 * the temporary directory, or if descriptors, memory or disk space are exhausted, or if the disk fails or is
 * read-only. A file that is only to be read may be missing. In sanitizer builds the malloc family is not
 * watched: the sanitizer has its own malloc, which aborts when memory is exhausted. */
#ifndef POSTERN_CLAMAV_LIBC_WATCH_H
#define POSTERN_CLAMAV_LIBC_WATCH_H

#include <stdbool.h>

/* Starts the watch. `temp_directory` is not copied; it is used even after libc_watch_end, so it must stay
 * valid. */
void libc_watch_begin(const char *temp_directory);
/* Ends the watch. Returns the name of the first call that failed and sets *error to its errno; NULL: none
 * failed. */
const char *libc_watch_end(int *error);
/* Suspends the watch for our own calls during a scan. Returns whether it was active. */
bool libc_watch_pause(void);
void libc_watch_resume(bool was_watched);

#endif
