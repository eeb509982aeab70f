/* message_scan: scans one message with libclamav such that "clean" means that all of it was scanned [V1, V2].
 *
 * libclamav returns CL_CLEAN in many cases in which it did not scan everything. Each case, and the
 * countermeasure:
 *
 *   - limits of nesting, files, sizes, time: alerts are on (EXCEEDS_MAX). Their names distinguish them from
 *     infections
 *   - encrypted archives and documents: alerts are on
 *   - an alert for an encrypted part hides an alert for a limit: with ALLMATCHES, every alert is reported,
 *     and the worst counts
 *   - truncated parts, RAR, archives that are not unpacked, a message that is not recognised as mail:
 *     layers.h
 *   - a truncated part is cached by its hash as clean: the cache is off
 *   - a mail with unusual first lines is not recognised: a "Received: by postern" line is put before it
 *   - a mail in UTF-16 or UTF-32: it is detected here, and is unscannable (malformed)
 *   - a failed call of the C library: libc_watch.h
 *   - normalisation of content stops at limits of its own: these are raised to the file size limit
 *
 * If a call has failed and no virus was found, the verdict is `failed`. But if memory was exhausted, the
 * verdict is unscannable (limits), because `failed` would block the mailbox for ever [P4].
 *
 * A message of kind file is scanned like an attachment. No line is put before it, and it may have any type
 * and any encoding. A file of at most LAYERS_TINY bytes is clean, because libclamav inspects nothing that
 * small.
 *
 * The bytes are read with pread when libclamav asks for them. They are not mapped, so that a truncation of
 * the file causes an error instead of SIGBUS. The verdict is `failed` unless the file has the announced size,
 * and is either a memfd sealed against writing and shrinking or open read-only.
 *
 * Of alerts of equal rank, a signature's alert is preferred to a heuristic's. */
#ifndef POSTERN_CLAMAV_MESSAGE_SCAN_H
#define POSTERN_CLAMAV_MESSAGE_SCAN_H

#include "core/message_kind.h"
#include "core/verdict.h"

#include <clamav.h>

struct scan_limits {
    uint64_t max_scan_bytes, max_file_bytes;
    unsigned max_recursion, max_files;
};

/* Sets limits and callbacks, and disables the cache. To be called before the engine is compiled. False:
 * libclamav rejects a setting. */
bool message_scan_prepare(struct cl_engine *engine, const struct scan_limits *limits);
/* Logs libclamav's warnings and errors from now on: at most 8 before the first message, and at most 8 per
 * message. */
void message_scan_log_messages(void);
/* The caller closes `fd`, and removes the engine's temporary directory. */
struct verdict message_scan(struct cl_engine *engine, int fd, uint64_t size, uint64_t deadline_ms,
                            enum message_kind kind);

#endif
