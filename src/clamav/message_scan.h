/* message_scan: scans one message with libclamav such that "clean" means that all of it was scanned [V1, V2].
 *
 * libclamav returns CL_CLEAN in many cases in which it did not scan everything. The countermeasures:
 *
 *   - limits of nesting, files, sizes, time: alerts on (EXCEEDS_MAX), distinguished from infections by name
 *   - encrypted archives and documents: alerts on
 *   - an encrypted part hides a limit: ALLMATCHES reports every alert, and the worst counts
 *   - truncated parts, RAR, archives not unpacked, a message not recognised as mail: layers.h
 *   - a truncated part is "clean" by its hash when it is scanned again: the cache is off
 *   - unusual first header lines are not recognised as mail: a "Received: by postern" line is put before them
 *   - UTF-16 and UTF-32: detected here, unscannable (malformed)
 *   - a failed call of the C library: libc_watch.h, `failed` unless libclamav returns "found";
 *     exhausted memory counts as a limit (the worker's), as `failed` would block the mailbox for ever [P4]
 *   - normalisation stops at limits of its own: they are raised to the file size limit
 *
 * This is how a mail is scanned. A file is scanned as an attachment is: nothing is put in front of it, and it
 * may have any type and any encoding. A file of at most LAYERS_TINY bytes is clean: libclamav inspects
 * nothing that small.
 *
 * The bytes are read with pread when libclamav asks for them, neither copied nor mapped, so a file that is
 * truncated meanwhile causes an error instead of SIGBUS. A memfd must be sealed against writing and
 * shrinking, a file must be open read-only, and both must have the announced size; otherwise the verdict is
 * `failed`.
 *
 * The name of a signature is preferred to that of a heuristic. */
#ifndef POSTERN_CLAMAV_MESSAGE_SCAN_H
#define POSTERN_CLAMAV_MESSAGE_SCAN_H

#include "core/message_kind.h"
#include "core/verdict.h"

#include <clamav.h>

struct scan_limits {
    uint64_t max_scan_bytes, max_file_bytes;
    unsigned max_recursion, max_files;
};

/* Sets limits and callbacks and disables the cache. Call it before the engine is compiled. */
bool message_scan_prepare(struct cl_engine *engine, const struct scan_limits *limits);
/* Redirects libclamav's messages to our log. */
void message_scan_log_messages(void);
/* The caller keeps fd and the engine's temporary directory. */
struct verdict message_scan(struct cl_engine *engine, int fd, uint64_t size, uint64_t deadline_ms,
                            enum message_kind kind);

#endif
