/* scan_front_end: where requests enter. Known messages are answered at once, the others are queued [K5].
 *
 * With a cache, a message is hashed first, and the verdict on equal bytes is reused. New verdicts are cached.
 * Both kinds are published in a verdict table, so that relays can look them up instead of asking again.
 * Without a cache - an administrator's command may depend on more than the bytes, and `none` scans nothing -
 * every request goes straight to the queue.
 *
 * A message is a mail or a file. Only for a mail further objects are made, and only a mail can be a fragment;
 * a verdict is cached for the kind that was requested.
 *
 * If clients could read a mail differently from its literal bytes, engines are given those readings, too
 * (scan/scan_objects). The verdict is cached under the hash of the mail, since the other objects follow from
 * its bytes.
 *
 * A message/partial fragment is unscannable, whatever engines say of it alone, unless they say worse. The
 * check is made here, once for all engines and after them: a fragment may itself be infected, so engines must
 * see it in any case, and what they reject needs no further check. Every object is checked, since a parser
 * with other line ends may see a field that others do not. The final verdict is cached, as all of this
 * depends on the bytes alone. The front end itself parses no mail: see scan/partial_check. */
#ifndef POSTERN_SCAN_SCAN_FRONT_END_H
#define POSTERN_SCAN_SCAN_FRONT_END_H

#include "scan/scan_queue.h"

struct scan_front_end;

struct scan_front_end_settings {
    uint64_t deadline_ms;   /* for one engine */
    uint32_t cache_entries; /* 0: no cache */
    bool looks_for_partial;
    uint64_t objects_max_bytes; /* for all further objects (scan/scan_objects) together; 0: none are made */
};

/* The caller keeps the engines. */
struct scan_front_end *scan_front_end_new(struct event_base *base, struct engine *const *engines,
                                          size_t engine_count, const struct scan_front_end_settings *settings,
                                          scan_queue_done *done, void *context);
/* As for scan_queue_free, free the engines first. */
void scan_front_end_free(struct scan_front_end **front_end);
void scan_front_end_add(struct scan_front_end *front_end, const struct scan_request *request);
void scan_front_end_forget(struct scan_front_end *front_end, const void *owner);
/* Call when signatures have changed: earlier verdicts are no longer valid. */
void scan_front_end_forget_verdicts(struct scan_front_end *front_end);
/* The verdict table for relays and its number of entries; -1: there is none. The front end keeps the
 * descriptor. */
int scan_front_end_table(const struct scan_front_end *front_end, uint32_t *entries);
/* Number of requests not yet answered, including forgotten ones that an engine is still scanning. */
size_t scan_front_end_length(const struct scan_front_end *front_end);

#endif
