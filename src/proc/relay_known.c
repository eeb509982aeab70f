/* What scan has said of the same bytes before needs no question: it stands on scan's board, which a relay can
 * only read [K5]. The message need not leave this process then, not even as a descriptor. */

#include "proc/relay_internal.h"

#include "base/buf.h"
#include "svc/message_hash.h"

enum { HASHED_MAX_BYTES = 1 << 20 }; /* more would hold up the other sessions; scan hashes in slices */

static bool hash(struct relay_session *session, struct digest *digest)
{
    struct spool *spool = &session->spool;
    struct span bytes;

    return spool->octets <= HASHED_MAX_BYTES && spool_is_in_memory(spool) && spool_view(spool, 0, &bytes) &&
           message_hash_of(bytes, digest);
}

bool relay_known(struct relay_session *session)
{
    const struct verdict_board_view *board = relay_peer_board(session->relay);
    struct digest digest;
    struct verdict verdict;

    if (!board || !hash(session, &digest) || !verdict_board_view_get(board, &digest, &verdict) ||
        !verdict_is_valid(&verdict) || verdict.kind == VERDICT_FAILED)
        return false;
    session->known = mem_alloc_zero(sizeof *session->known);
    *session->known = verdict;
    relay_log_known(session);
    return true;
}
