/* message_scan: one message before libclamav, so that "clean" means that all of it was looked at [V1, V2].
 *
 * libclamav says CL_CLEAN in many cases in which it did not look; what is done against each:
 *
 *   - limits of nesting, files, sizes, time: alerts on (EXCEEDS_MAX), told from infections by their names
 *   - encrypted archives and documents: alerts on
 *   - an encrypted part hides a limit: ALLMATCHES, every alert is heard, the worst counts
 *   - parts that were cut, RAR, archives not unpacked, a message not taken for mail: layers.h
 *   - a cut part is "clean" by its hash when it comes again: the cache is off
 *   - odd first header lines, not taken for mail: a line Received: by postern is put in front of the bytes
 *   - UTF-16 and UTF-32: looked for here, unscannable (malformed)
 *   - a failed call of the C library: libc_watch.h, failed whatever libclamav says but "found"; out of memory
 *     is a limit, that of the worker: `failed` would keep such a message from its mailbox for ever [P4]
 *   - normalisation stops at limits of its own: those are raised to the file size limit
 *
 * This is how a mail is scanned. A file is scanned as an attachment is: nothing is put in front of it, and it
 * may have any type and any encoding. A file of at most LAYERS_TINY bytes is clean: libclamav inspects nothing
 * that small.
 *
 * The bytes are read with pread as libclamav asks for them: neither copied nor mapped, so that a file cut
 * short under us is an error and no SIGBUS. A memfd has to be sealed against writing and shrinking, a file to
 * be open for reading only, either to be as long as was said; anything else is `failed`.
 *
 * A real signature's name is preferred to that of a heuristic. */
#ifndef POSTERN_CLAMAV_MESSAGE_SCAN_H
#define POSTERN_CLAMAV_MESSAGE_SCAN_H

#include "core/message_kind.h"
#include "core/verdict.h"

#include <clamav.h>

struct scan_limits {
    uint64_t max_scan_bytes, max_file_bytes;
    unsigned max_recursion, max_files;
};

/* Before the engine is compiled: limits, no cache, callbacks. */
bool message_scan_prepare(struct cl_engine *engine, const struct scan_limits *limits);
/* libclamav's own messages into our log. */
void message_scan_log_messages(void);
/* fd stays the caller's. The engine's temporary directory is the caller's too. */
struct verdict message_scan(struct cl_engine *engine, int fd, uint64_t size, uint64_t deadline_ms,
                            enum message_kind kind);

#endif
