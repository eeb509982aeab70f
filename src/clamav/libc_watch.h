/* libc_watch: detects failures of C library functions that libclamav calls.
 *
 * libclamav may treat a failed write, open, mmap or malloc as the end of the data, and report the rest as
 * clean. This executable therefore defines functions of the same names. libclamav and its libraries call
 * these instead (export_dynamic). Each of them calls the real function, and records a failure during a scan.
 * After a recorded failure, "clean" is not valid.
 *
 * Libraries also try to open optional files. A failure to open or create a file therefore counts only below
 * the temporary directory, or if its errno shows a general fault: too many open files, no memory, no space,
 * an I/O error, or a read-only file system. Even there it does not count
 * if a file to be read does not exist.
 *
 * In sanitizer builds malloc and its relatives are not watched: the sanitizer has its own malloc, which
 * aborts when memory is exhausted. */
#ifndef POSTERN_CLAMAV_LIBC_WATCH_H
#define POSTERN_CLAMAV_LIBC_WATCH_H

#include <stdbool.h>

/* Starts the watch. `temp_directory` is not copied. It is used even after libc_watch_end, so it must stay
 * valid until the next libc_watch_begin or the end of the process. */
void libc_watch_begin(const char *temp_directory);
/* Ends the watch. Returns the name of the first call that failed and sets *error to its errno; NULL: none
 * failed. */
const char *libc_watch_end(int *error);
/* Suspends the watch for our own calls during a scan. Returns whether the watch was active, for
 * libc_watch_resume. */
bool libc_watch_pause(void);
void libc_watch_resume(bool was_watched);

#endif
