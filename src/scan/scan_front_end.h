/* scan_front_end: takes the requests. Known messages are answered at once, the others are queued [K5].
 *
 * With a cache, a message is hashed first. Cached verdicts are reused, new verdicts are cached, and both are
 * published in a verdict table, so that relays can look them up without a request. Without a cache every
 * request is queued without hashing.
 *
 * A message that arrives while another with equal content is being scanned is not scanned: it waits for that
 * verdict. It gets also a verdict that is not lasting (core/verdict), such as one at the deadline: the scan
 * was for all that waited. Only a failure is not shared at once. The message is then scanned for the next
 * request; if that fails, too, all that wait have failed. If the first request is taken back before a scan
 * has begun, the next one takes its place; afterwards its scan goes on for the others. Messages that are
 * equal for different signatures count as different.
 *
 * A message is a mail or a file. A verdict is cached for the kind that was requested. Further objects are
 * made only for a mail, and only a mail can be a fragment.
 *
 * If clients could read a mail differently from its literal bytes, engines are also given these readings
 * (scan/scan_objects). The verdict is cached under the hash of the mail, from whose bytes the other objects
 * are made.
 *
 * A message/partial fragment is unscannable, unless the verdict of the engines is at least as severe. The
 * check is made here, once for all engines and after them: a fragment may itself be infected, so engines must
 * scan it in any case, and what they reject needs no further check. Every object is checked, since a parser
 * with other line ends may see a field that others do not. The verdict is cached after this check, if it is
 * lasting (core/verdict). The front end itself parses no mail: see scan/partial_check. */
#ifndef POSTERN_SCAN_SCAN_FRONT_END_H
#define POSTERN_SCAN_SCAN_FRONT_END_H

#include "scan/scan_queue.h"

struct scan_front_end;

struct scan_front_end_settings {
    uint64_t deadline_ms;   /* of an engine for one object */
    uint32_t cache_entries; /* 0: no cache */
    bool checks_partial;
    uint64_t objects_max_bytes; /* for all further objects (scan/scan_objects) together; 0: none are made */
};

/* The caller keeps the engines. */
struct scan_front_end *scan_front_end_new(struct event_base *base, struct engine *const *engines,
                                          size_t engine_count, const struct scan_front_end_settings *settings,
                                          scan_queue_done *done, void *context);
/* Free the engines first (see scan_queue_free). */
void scan_front_end_free(struct scan_front_end **front_end);
/* Takes the descriptors of the request. */
void scan_front_end_add(struct scan_front_end *front_end, const struct scan_request *request);
/* Takes the request back. If no other request waits for its scan, the scan is stopped (scan_queue_withdraw).
 * `done` is called with the verdict `failed` when the descriptors of the request are closed, maybe from
 * within. A request that is unknown or already answered is ignored. */
void scan_front_end_cancel(struct scan_front_end *front_end, void *owner, uint64_t id);
/* Takes all requests of the owner back. `done` is not called for them. */
void scan_front_end_forget(struct scan_front_end *front_end, const void *owner);
/* Call when signatures have changed: earlier verdicts are no longer valid. */
void scan_front_end_forget_verdicts(struct scan_front_end *front_end);
/* Returns the descriptor of the verdict table, which the front end keeps, and its number of entries; -1 if
 * there is no table. */
int scan_front_end_table(const struct scan_front_end *front_end, uint32_t *entries);
/* Returns the number of requests that are not answered yet, and of forgotten ones in progress. */
size_t scan_front_end_length(const struct scan_front_end *front_end);

#endif
