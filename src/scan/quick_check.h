/* quick_check: asks a child process that stays running a yes-or-no question about a small message.
 *
 * The scan process must not parse mail, and a child for each message (sys/oneshot_child) costs as much as
 * reading 100 KiB. So there are a few children, and each answers for one message after another. A child has
 * only its channel and the descriptor of the current message, may only compute, and is killed if it needs too
 * long.
 *
 * A child that hostile input has taken over can lie about later messages, as an engine can. It can do nothing
 * else. Therefore only code that is short and does not allocate much may run here. */
#ifndef POSTERN_SCAN_QUICK_CHECK_H
#define POSTERN_SCAN_QUICK_CHECK_H

#include "base/span.h"

#include <event2/event.h>
#include <stdint.h>

enum { QUICK_CHECK_MAX_BYTES = 1 << 20 };

struct quick_checker; /* the children, and the messages that wait for one */
struct quick_check;   /* one message */

/* Runs in a child. */
typedef bool quick_check_question(struct span message);

/* False: the answer is no, or no child gave a valid answer in time. */
typedef void quick_check_done(void *context, bool is_yes);

/* Children are forked when they are first needed. */
struct quick_checker *quick_checker_new(struct event_base *base, quick_check_question *question);
/* Cancel the checks first. */
void quick_checker_free(struct quick_checker **checker);

/* The descriptor must stay open until `done` is called or the check is cancelled. size is at most
 * QUICK_CHECK_MAX_BYTES. `done` is never called from within. */
struct quick_check *quick_check_new(struct quick_checker *checker, int fd, uint64_t size,
                                    quick_check_done *done, void *context);
void quick_check_cancel(struct quick_check **check);

#endif
