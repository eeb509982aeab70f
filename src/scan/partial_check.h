/* partial_check: is a message behind a descriptor a piece of one (mail/partial)?
 *
 * In two steps, for who asks is no process that may read mail. The first looks for a word and is enough for
 * nearly every message; it is done at once, for it takes less than the hash of as many bytes. The second
 * reads the header, in a process that is thrown away after it (sys/oneshot_child). */
#ifndef POSTERN_SCAN_PARTIAL_CHECK_H
#define POSTERN_SCAN_PARTIAL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* True: only the header can tell, or the message cannot be read. The file's offset is not used. */
bool partial_check_is_needed(int fd);

struct partial_check_answer {
    uint8_t is_partial; /* 0 or not: who wrote it has read hostile bytes */
};

/* oneshot_child_work's: fills a partial_check_answer. */
bool partial_check_compute(int fd, void *answer);

enum { PARTIAL_CHECK_MS = 5000 };

#endif
