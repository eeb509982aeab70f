#include "pop3/pop3_session_internal.h"

#include "base/buf.h"
#include "pop3/pop3_replies.h"

#include <assert.h>
#include <stdlib.h>

void pop3_session_init(struct pop3_session *session, const struct protocol_ops *ops, void *shell,
                       const struct conf *conf, struct pop3_session_hooks hooks)
{
    *session = (struct pop3_session){
        .ops = ops, .shell = shell, .conf = conf, .hooks = hooks, .phase = SESSION_REPLY};
    pop3_session_push(
        session, (struct pop3_session_entry){.verb = POP3_NOOP, .shape = POP3_SINGLE, .state = ENTRY_SENT});
}

void pop3_session_fini(struct pop3_session *session)
{
    free(session->verdict);
    free(session->undelivered.at);
    free(session->altered.at);
    free(session->header_sent.at);
    pop3_session_shrink(session);
    explicit_bzero(session->mechanism, sizeof session->mechanism);
    session->verdict = NULL;
    session->undelivered = session->altered = session->header_sent = (struct pop3_session_numbers){0};
}

void pop3_session_timed_out(struct pop3_session *session)
{
    switch (pop3_session_awaited(session)) {
    case PROTOCOL_AWAITS_SERVER:
    case PROTOCOL_AWAITS_TRANSFER:
    case PROTOCOL_AWAITS_MESSAGE: pop3_session_server_failed(session, ERR_SERVER_TIMEOUT); break;
    case PROTOCOL_AWAITS_VERDICT:
        pop3_session_verdict(session, &(struct verdict){.kind = VERDICT_FAILED});
        break;
    case PROTOCOL_AWAITS_QUARANTINE: pop3_session_store_failed(session); break;
    case PROTOCOL_AWAITS_CLIENT:
    case PROTOCOL_AWAITS_DELIVERY: pop3_session_close(session, ERR_CLIENT_IDLE); break;
    case PROTOCOL_AWAITS_NOTHING: break;
    }
}

void pop3_session_expired(struct pop3_session *session, enum err why)
{
    if (err_culprit(why) == CULPRIT_SERVER)
        pop3_session_server_failed(session, why);
    else
        pop3_session_dismiss(session, why);
}

void pop3_session_stop(struct pop3_session *session)
{
    session->stopping = true;
    if (!session->greeted || pop3_session_is_starting_tls(session))
        pop3_session_server_failed(session, ERR_STOPPING);
    else if (session->phase == SESSION_IDLE || session->phase == SESSION_SASL ||
             session->phase == SESSION_TUNNEL)
        pop3_session_close(session, ERR_STOPPING);
}

void pop3_session_keep_alive(struct pop3_session *session)
{
    if (!pop3_session_may_keep_alive(session))
        return;
    session->noop_outstanding = true;
    session->ops->send(session->shell, LEG_SERVER, SPAN("NOOP\r\n"));
}

const char *pop3_session_user(const struct pop3_session *session)
{
    return session->user;
}
