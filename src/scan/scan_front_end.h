/* scan_front_end: takes requests to scan messages. If the verdict on a message is known, the request is
 * answered at once. Otherwise it is queued [K5].
 *
 * With a cache, a message is hashed first. Cached verdicts are reused, new verdicts are cached, and both are
 * published in a verdict table, so that relays can look them up without a request. Without a cache, messages
 * are not hashed: every request is queued, and equal messages are not recognised.
 *
 * While a message is being scanned, other requests with equal content wait for its verdict. They receive this
 * verdict even if it is not lasting (core/verdict). If the scan fails, only the first request fails, and the
 * message is scanned again for the next one. If the second scan fails, too, all waiting requests fail. If the
 * first request is cancelled before its scan has begun, the next one takes its place. If it is cancelled
 * later, its scan goes on for the others. Messages whose requests arrived before and after a change of the
 * signatures count as different.
 *
 * A message is a mail or a file (core/message_kind). A cached verdict is valid for one kind only.
 *
 * Mail programs may read a mail differently from its literal bytes. For such a mail, engines are also given
 * the other readings, as further objects (scan/scan_objects). The verdict is cached under the hash of the
 * mail, because all its objects are made from its bytes.
 *
 * A mail that is a message/partial fragment is unscannable, unless the verdict of the engines is at least as
 * severe. The check follows the scan, because a fragment may itself be infected, and because a mail that
 * engines reject needs no check. Every object is checked, because a header field may be visible only with
 * other line ends. After this check, the verdict is cached if it is lasting (core/verdict). The front end
 * itself parses no mail: see scan/partial_check. */
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
/* Cancels the request. If no other request waits for its scan, the scan is stopped (scan_queue_withdraw).
 * `done` is called with the verdict `failed`, perhaps from within, when no engine scans an object of the
 * request any more. The descriptors of the request are closed before `done`, or directly after it. A request
 * that is unknown or already answered is ignored. */
void scan_front_end_cancel(struct scan_front_end *front_end, void *owner, uint64_t id);
/* Cancels all requests of the owner, without calling `done` for them. */
void scan_front_end_forget(struct scan_front_end *front_end, const void *owner);
/* Call when signatures have changed: earlier verdicts are no longer valid. */
void scan_front_end_forget_verdicts(struct scan_front_end *front_end);
/* Returns the descriptor of the verdict table, and sets *entries to the table's number of entries. The front
 * end keeps the descriptor. -1: there is no table. */
int scan_front_end_table(const struct scan_front_end *front_end, uint32_t *entries);
/* Returns the number of requests that are not answered yet. A forgotten request counts until its scan has
 * ended. */
size_t scan_front_end_length(const struct scan_front_end *front_end);

#endif
