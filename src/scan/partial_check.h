/* partial_check: determines whether a message is a message/partial fragment (mail/partial).
 *
 * There are two steps, because the scan process must not parse mail. The first step only searches for a word
 * that few messages contain. Scan itself does this, because the search is cheaper than hashing the message.
 * The second step parses the header in a child process (sys/oneshot_child). */
#ifndef POSTERN_SCAN_PARTIAL_CHECK_H
#define POSTERN_SCAN_PARTIAL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* The first step. Returns whether the second is needed: the word was found in the first PARTIAL_CHECK_MAX
 * octets, or they cannot be read. */
bool partial_check_is_needed(int fd);

struct partial_check_answer {
    uint8_t is_partial; /* any nonzero value is true, because the child is not trusted to write 1 */
};

/* The second step, for oneshot_child_work: fills in a partial_check_answer. False: the message cannot be
 * read. */
bool partial_check_compute(int fd, void *answer);

enum { PARTIAL_CHECK_MS = 5000 };

#endif
