/* STLS with [tls] mode = intercept. RFC 2595, section 4.
 *
 * The shell verifies the server before the client gets +OK. Only after +OK does the client send its first
 * bytes of TLS, which may name another server. If the connection to the server is then of no use, or if the
 * server's handshake has failed before, the shell makes a new one. This file sends STLS on the new
 * connection. The client does not notice the change. */

#include "pop3/pop3_session_internal.h"

#include "pop3/pop3_reply.h"

void pop3_session_tls_begin(struct pop3_session *session)
{
    session->ops->start_tls(session->shell, LEG_SERVER);
    session->owes_stls = true;
    pop3_session_enter(session, SESSION_TLS_SERVER);
}

/* If the client has sent bytes after STLS already, they count neither as a command nor as TLS: the session
 * ends. */
static void begin_client(struct pop3_session *session)
{
    if (!session->ops->start_tls(session->shell, LEG_CLIENT)) {
        pop3_session_dismiss(session, ERR_CLIENT_TLS_EARLY);
        return;
    }
    pop3_session_send_line(session, SPAN("+OK begin TLS"));
    session->owes_stls = false;
    pop3_session_enter(session, SESSION_TLS_CLIENT);
}

/* Forgets data that was received without TLS, because anyone on the path may have inserted it. */
static void forget_plain(struct pop3_session *session)
{
    pop3_session_shrink(session);
    explicit_bzero(session->user, sizeof session->user);
    explicit_bzero(session->mechanism, sizeof session->mechanism);
    session->user_unknown = false;
    session->invalid_commands = 0;
    session->strays = 0;
    session->in_banner = false;
}

void pop3_session_tls_started(struct pop3_session *session, enum leg leg)
{
    if (leg == LEG_SERVER) {
        if (session->phase == SESSION_TLS_SERVER)
            begin_client(session);
        return;
    }
    session->is_tls = true;
    if (session->phase != SESSION_TLS_CLIENT)
        return;
    forget_plain(session);
    pop3_session_finish(session);
}

void pop3_session_reconnected(struct pop3_session *session)
{
    session->in_banner = true;
    session->has_reconnected = true;
    pop3_session_enter(session, SESSION_TLS_GREETING);
}

void pop3_session_tls_line(struct pop3_session *session, struct span line)
{
    if (pop3_reply_status(line) != POP3_OK) {
        pop3_session_dismiss(session, ERR_SERVER_TLS_FAILED);
    } else if (session->phase == SESSION_TLS_GREETING) {
        pop3_session_enter(session, SESSION_TLS_REPLY);
        session->ops->send(session->shell, LEG_SERVER, SPAN("STLS\r\n"));
    } else {
        session->ops->start_tls(session->shell, LEG_SERVER);
        pop3_session_enter(session, session->owes_stls ? SESSION_TLS_SERVER : SESSION_TLS_CLIENT);
    }
}

void pop3_session_tls_ask(struct pop3_session *session)
{
    if (!pop3_session_intercepts_tls(session) || !session->conf->tls.require || session->is_tls ||
        session->phase != SESSION_IDLE)
        return;
    session->own_capa = OWN_CAPA_SENT;
    session->ops->send(session->shell, LEG_SERVER, SPAN("CAPA\r\n"));
}

void pop3_session_tls_capability(struct pop3_session *session, struct span line)
{
    if (session->own_capa == OWN_CAPA_SENT) {
        session->own_capa = pop3_reply_status(line) == POP3_OK ? OWN_CAPA_LISTING : OWN_CAPA_NONE;
        session->listing_lines = 0;
    } else if (span_eq(line, SPAN("."))) {
        session->own_capa = OWN_CAPA_NONE;
    } else if (++session->listing_lines > POP3_OTHER_LISTING_MAX) {
        pop3_session_close(session, ERR_SERVER_LIST_TOO_LONG);
    } else if (span_eq_nocase(span_trim(line), SPAN("STLS"))) {
        session->offers_stls = true;
    }
    if (session->own_capa == OWN_CAPA_NONE)
        session->ops->advanced(session->shell);
}

static bool is_login(const struct pop3_command *command)
{
    return command->verb == POP3_USER || command->verb == POP3_PASS || command->verb == POP3_APOP ||
           pop3_command_shape(command) == POP3_SASL;
}

enum err pop3_session_tls_refuse(const struct pop3_session *session, const struct pop3_command *command)
{
    if (command->verb == POP3_STLS && session->conf->listeners[PROTOCOL_POP3].tls == TLS_BLOCK)
        return ERR_CLIENT_TLS_BLOCKED;
    if (command->verb == POP3_STLS && session->is_tls)
        return ERR_CLIENT_TLS_ACTIVE;
    if (session->offers_stls && !session->is_tls && is_login(command))
        return ERR_CLIENT_TLS_REQUIRED;
    /* RFC 1939, 7: the digest contains the timestamp of the greeting. The server would take a digest with the
     * timestamp of another connection for a wrong password. */
    if (session->has_reconnected && command->verb == POP3_APOP)
        return ERR_APOP_OUTDATED;
    return ERR_NONE;
}
