#include "proc/relay/relay_tls.h"

static bool is_configured(const struct relay_session *session, const char *sni)
{
    return tls_bypass_of(&session->relay->conf->tls, &session->client_address, &session->server_address,
                         span_of(sni ? sni : "")) != TLS_BYPASS_NONE;
}

static bool wants_certificate(const struct relay_session *session, const char *sni)
{
    return session->relay->conf->tls.client_certificate == TLS_INSTEAD_BYPASS &&
           relay_tls_memory_wants_certificate(session->relay->tls->memory, &session->server_address, sni,
                                              relay_now_ms());
}

enum relay_tls_bypass relay_tls_find_bypass(const struct relay_session *session)
{
    const char *sni = relay_tls_sni(session->tls);

    if (is_configured(session, sni))
        return RELAY_TLS_CONFIGURED;
    if (wants_certificate(session, sni))
        return RELAY_TLS_CLIENT_CERTIFICATE;
    return relay_tls_rejects_are_enough(session) ? RELAY_TLS_UNTRUSTING_CLIENT : RELAY_TLS_INTERCEPTED;
}

const char *relay_tls_bypass_name(enum relay_tls_bypass bypass)
{
    static const char *const names[] = {
        "none",       "configured", "client-certificate", "untrusting-client", "old-client",
        "old-server", "no-sni",     "bad-certificate"};

    return names[bypass];
}
