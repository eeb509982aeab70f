/* Clients that reject the certificates of this gateway. */

#include "proc/relay/relay_tls.h"

static struct tls_rejects_pair pair_of(const struct relay_session *session)
{
    return (struct tls_rejects_pair){.client = session->client_address,
                                     .server = session->server_address,
                                     .authority = session->relay->tls->authority};
}

unsigned relay_tls_rejects_note(const struct relay_session *session)
{
    const struct tls_rejects_pair pair = pair_of(session);

    return tls_rejects_note(session->relay->start->rejects, &pair, relay_now_ms());
}

void relay_tls_rejects_note_success(const struct relay_session *session)
{
    const struct tls_rejects_pair pair = pair_of(session);

    tls_rejects_note_success(session->relay->start->rejects, &pair, relay_now_ms());
}

bool relay_tls_rejects_are_enough(const struct relay_session *session)
{
    const struct conf_tls *conf = &session->relay->conf->tls;
    const struct tls_rejects_pair pair = pair_of(session);
    uint64_t now_ms = relay_now_ms();
    uint64_t since_ms = now_ms > conf->untrusting_for_ms ? now_ms - conf->untrusting_for_ms : 0;

    return conf->untrusting_client == TLS_UNTRUSTING_BYPASS &&
           tls_rejects_count(session->relay->start->rejects, &pair, since_ms) >= conf->untrusting_after;
}
