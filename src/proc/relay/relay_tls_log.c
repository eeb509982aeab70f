#include "proc/relay/relay_tls.h"

#include <openssl/err.h>

static void put_name(struct log_line *line, const struct relay_session *session)
{
    const char *sni = relay_tls_sni(session->tls);

    log_string(line, "session", session->id);
    if (sni)
        log_string(line, "sni", sni);
}

static void put_address(struct log_line *line, const char *key, const union inet_address *address)
{
    char text[ADDRESS_TEXT_SIZE];

    address_format(&address->any, text);
    log_string(line, key, text);
}

static void put_handshake(struct log_line *line, const struct relay_session *session, const char *leg,
                          SSL *ssl)
{
    put_name(line, session);
    log_string(line, "leg", leg);
    log_string(line, "version", SSL_get_version(ssl));
    log_string(line, "cipher", SSL_get_cipher_name(ssl));
    log_string(line, "reused", SSL_session_reused(ssl) ? "yes" : "no");
    log_number(line, "ms", relay_now_ms() - session->tls->begun_ms);
}

/* Adds the numbers of the errors that OpenSSL found (X509_V_ERR_...). */
static void put_errors(struct log_line *line, const struct server_judgement *judgement)
{
    struct buf text = {0};

    for (unsigned i = 0; i < judgement->error_count; i++)
        buf_add_format(&text, "%s%d", i ? "," : "", judgement->errors[i]);
    if (text.n)
        log_span(line, "errors", buf_span(&text));
    buf_fini(&text);
}

static const char *action_name(enum tls_action action)
{
    switch (action) {
    case TLS_ACT_INTERCEPT: return "intercept";
    case TLS_ACT_MIRROR: return "mirror";
    case TLS_ACT_EXPLAIN: return "explain";
    case TLS_ACT_BYPASS: return "bypass";
    case TLS_ACT_REFUSE: break;
    }
    return "refuse";
}

void relay_tls_log_server(const struct relay_session *session)
{
    const struct relay_tls *tls = session->tls;
    struct log_line line;

    log_begin_at(&line, tls->judgement.faults ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, EVENT_tls);
    if (!line.on)
        return;
    put_handshake(&line, session, "server", conn_tls_of(&session->server));
    put_address(&line, "server", &session->server_address);
    log_string(&line, "certificate", tls_fault_word(tls_fault_worst(tls->judgement.faults)));
    put_errors(&line, &tls->judgement);
    log_string(&line, "action", action_name(tls->decision.action));
    log_end(&line);
}

void relay_tls_log_client(const struct relay_session *session)
{
    struct log_line line;

    log_begin_at(&line, LOG_LEVEL_DEBUG, EVENT_tls);
    if (!line.on)
        return;
    put_handshake(&line, session, "client", conn_tls_of(&session->client));
    put_address(&line, "client", &session->client_address);
    log_end(&line);
}

static void put_reason(struct log_line *line, const struct conn *conn)
{
    unsigned long error = conn_tls_error(conn);
    const char *text = error ? ERR_reason_error_string(error) : NULL;

    if (text)
        log_string(line, "text", text);
}

void relay_tls_log_refused(const struct relay_session *session, enum err why)
{
    struct log_line line;

    log_begin_at(&line, err_level(why), EVENT_tls_refused);
    if (!line.on)
        return;
    put_name(&line, session);
    put_address(&line, "client", &session->client_address);
    put_address(&line, "server", &session->server_address);
    log_string(&line, "reason", err_name(why));
    log_string(&line, "culprit", err_culprit_name(err_culprit(why)));
    put_errors(&line, &session->tls->judgement);
    put_reason(&line, err_culprit(why) == CULPRIT_CLIENT ? &session->client : &session->server);
    log_end(&line);
}

void relay_tls_log_bypass(const struct relay_session *session, enum relay_tls_bypass bypass)
{
    struct log_line line;

    log_begin(&line, EVENT_unscanned);
    if (!line.on)
        return;
    put_name(&line, session);
    put_address(&line, "client", &session->client_address);
    put_address(&line, "server", &session->server_address);
    log_string(&line, "bypass", relay_tls_bypass_name(bypass));
    log_string(&line, "text", "TLS is passed unread; this session is not scanned");
    log_end(&line);
}

void relay_tls_log_reject(const struct relay_session *session, int signal, unsigned count)
{
    const struct conf_tls *conf = &session->relay->conf->tls;
    bool is_news = count == conf->untrusting_after;
    struct log_line line;

    log_begin_at(&line, is_news ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, EVENT_tls_rejected);
    if (!line.on)
        return;
    log_string(&line, "session", session->id);
    put_address(&line, "client", &session->client_address);
    put_address(&line, "server", &session->server_address);
    if (signal >= 0)
        log_number(&line, "alert", (uint64_t)signal);
    log_number(&line, "count", count);
    if (count >= conf->untrusting_after)
        log_string(&line, "action", conf->untrusting_client == TLS_UNTRUSTING_BYPASS ? "bypass" : "report");
    log_string(
        &line, "text",
        "the client probably does not trust the authority of this gateway: see postern tls show and export");
    log_end(&line);
}
