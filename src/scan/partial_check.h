/* partial_check: is the message in a descriptor a message/partial fragment (mail/partial)?
 *
 * There are two steps, since the scan process must not parse mail. The first searches for a word and settles
 * nearly every message; it runs in place, as it is cheaper than hashing the message. The second parses the
 * header in a disposable process (sys/oneshot_child). */
#ifndef POSTERN_SCAN_PARTIAL_CHECK_H
#define POSTERN_SCAN_PARTIAL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* True: the header must be parsed, or the message cannot be read. Ignores the file offset. */
bool partial_check_is_needed(int fd);

struct partial_check_answer {
    uint8_t is_partial; /* any nonzero value is true: the writer has parsed hostile bytes */
};

/* Function for oneshot_child_work: fills in a partial_check_answer. */
bool partial_check_compute(int fd, void *answer);

enum { PARTIAL_CHECK_MS = 5000 };

#endif
