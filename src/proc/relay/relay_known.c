/* The look-up in scan's verdict table, which relays can read but not write [K5]. If scan has judged the same
 * bytes before, the table may have their verdict. Then no request is sent to scan. */

#include "proc/relay/relay_internal.h"

#include "base/buf.h"
#include "sys/message_hash.h"

#include <stdlib.h>

/* The relay hashes a message in one step. A larger message would delay other sessions. */
enum { HASHED_MAX_BYTES = 1 << 20 };

static bool is_hashable(const struct spool *spool)
{
    return spool_is_in_memory(spool) && spool->octets <= HASHED_MAX_BYTES;
}

static bool find(const struct verdict_table_view *table, enum message_kind kind, struct spool *spool,
                 struct verdict *verdict)
{
    struct digest digest;
    struct span bytes;
    uint64_t fingerprint;

    if (!is_hashable(spool) || !spool_view(spool, 0, &bytes))
        return false;
    fingerprint = message_fingerprint(bytes, bytes.n);
    return verdict_table_view_has(table, kind, fingerprint) && message_hash_of(bytes, &digest) &&
           verdict_table_view_get(table, kind, fingerprint, &digest, verdict) && verdict_is_valid(verdict) &&
           verdict->kind != VERDICT_FAILED;
}

bool relay_find_known(struct held_message *message)
{
    const struct verdict_table_view *table = relay_backend_table(message->session->relay);
    struct verdict verdict;

    if (!table || !find(table, message->session->protocol->kind, &message->spool, &verdict))
        return false;
    free(message->known);
    message->known = mem_alloc_zero(sizeof *message->known);
    *message->known = verdict;
    relay_log_known(message);
    return true;
}
