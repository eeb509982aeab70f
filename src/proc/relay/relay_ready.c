/* Sessions whose client has sent something, or which got a reply of another process, are attended to after
 * everything else that happened in the same iteration of the event loop: then both peers, and the other
 * processes, have a batch to work on, instead of being woken for one item at a time. */

#include "proc/relay/relay_internal.h"

void relay_ready_add(struct relay_session *session)
{
    struct relay *relay = session->relay;

    if (session->is_ready)
        return;
    session->is_ready = true;
    TAILQ_INSERT_TAIL(&relay->ready, session, ready_link);
    event_active(relay->attend, 0, 0);
}

void relay_ready_add_reply(struct relay_session *session)
{
    session->has_reply = true;
    relay_ready_add(session);
}

void relay_ready_remove(struct relay_session *session)
{
    if (session->is_ready)
        TAILQ_REMOVE(&session->relay->ready, session, ready_link);
    session->is_ready = false;
}
