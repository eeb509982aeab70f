/* libc_watch: notices when the C library fails libclamav.
 *
 * libclamav takes a failed write, open, mmap or malloc for the end of what there is to scan, and calls the
 * rest clean. This executable therefore has functions of those names of its own, which libclamav and its
 * libraries are bound to (export_dynamic): each calls the real one and remembers a failure while a scan is
 * watched. Whoever scans then believes nothing but "found".
 *
 * An `open` that fails counts if it was below the temporary directory, or for want of descriptors, memory or
 * space: libraries also try files that need not be there. Beside a sanitizer, which has a malloc of its own
 * and aborts when memory is out, the malloc family is not watched. */
#ifndef POSTERN_CLAMAV_LIBC_WATCH_H
#define POSTERN_CLAMAV_LIBC_WATCH_H

#include <stdbool.h>

/* The path is kept by pointer. */
void libc_watch_begin(const char *temp_directory);
/* NULL, or the name of the first call that failed, and *error its errno. */
const char *libc_watch_end(int *error);
/* For our own calls in the midst of a scan; true means that it was watched. */
bool libc_watch_pause(void);
void libc_watch_resume(bool was_watched);

#endif
