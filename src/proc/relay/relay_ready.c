/* If a client has sent something, or another process has replied, the session is served after all other
 * events of the same iteration of the event loop. This collects output: peers and other processes are woken
 * once for a batch, and not for each item. */

#include "proc/relay/relay_internal.h"

void relay_ready_add(struct relay_session *session)
{
    struct relay *relay = session->relay;

    if (session->is_ready)
        return;
    session->is_ready = true;
    TAILQ_INSERT_TAIL(&relay->ready, session, ready_link);
    event_active(relay->serve_ready, 0, 0);
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
