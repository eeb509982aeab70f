/* scan_front_end: where messages are handed in: known ones are answered at once, the others go to the queue
 * [K5].
 *
 * With a cache, a message is hashed first; a verdict that was given of the same bytes is given again. What
 * the queue says of the others is remembered, and both are put on a board, so that who asked need not ask
 * again. Without one - an administrator's command may look at more than the bytes, and `none` looks at
 * nothing - everything goes straight to the queue.
 *
 * A message is a mail or a file. Only of a mail further objects are made, and only a mail can be a piece of
 * one; a verdict is remembered for the kind that was asked for.
 *
 * Where a client will make something else of a message than its bytes say, engines are shown that, too
 * (scan/scan_objects). The verdict is remembered under the message's own hash, for the further objects follow
 * from its bytes.
 *
 * A mail that is a piece of one (message/partial) is unscannable, whatever engines say of it alone, unless
 * they say worse. It is looked for here, once for all engines, and behind them: a piece may be infected by
 * itself, so it has to be shown to them in any case, and what they object to needs no second look. Each
 * object is looked at, for a reader with other line ends may see a field where another sees none. What is
 * remembered is what was said in the end, for all of that goes by the bytes alone. The desk reads no mail:
 * see scan/partial_check. */
#ifndef POSTERN_SCAN_SCAN_FRONT_END_H
#define POSTERN_SCAN_SCAN_FRONT_END_H

#include "scan/scan_queue.h"

struct scan_front_end;

struct scan_front_end_settings {
    uint64_t deadline_ms;   /* an engine's */
    uint32_t cache_entries; /* 0: no cache */
    bool looks_for_partial;
    uint64_t objects_max_bytes; /* of further objects (scan/scan_objects), all together; 0: none is made */
};

/* The engines stay the caller's. */
struct scan_front_end *scan_front_end_new(struct event_base *base, struct engine *const *engines,
                                          size_t engine_count, const struct scan_front_end_settings *settings,
                                          scan_queue_done *done, void *context);
/* As scan_queue_free: the engines go first. */
void scan_front_end_free(struct scan_front_end **desk);
void scan_front_end_add(struct scan_front_end *desk, const struct scan_request *request);
void scan_front_end_forget(struct scan_front_end *desk, const void *owner);
/* Other signatures: what was said by the old ones counts no more. */
void scan_front_end_forget_verdicts(struct scan_front_end *desk);
/* Where relays may read what is known, and of how many entries; -1: there is none. The descriptor is the
 * desk's. */
int scan_front_end_board(const struct scan_front_end *desk, uint32_t *entries);
/* Requests not answered yet, forgotten ones that an engine has in hand included. */
size_t scan_front_end_length(const struct scan_front_end *desk);

#endif
