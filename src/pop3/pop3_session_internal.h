/* pop3_session_internal: declarations shared by the files of pop3_session.
 *
 * Each file calls only files that come later in this list: pop3_session.c (the session as a whole), _client.c
 * (commands), _server.c (responses), _message.c (one message), _tls.c (STLS), _queue.c (the queue of expected
 * replies), _wants.c (which bytes and events the session waits for), _numbers.c (sets of message numbers). */
#ifndef POSTERN_POP3_POP3_SESSION_INTERNAL_H
#define POSTERN_POP3_POP3_SESSION_INTERNAL_H

#include "pop3/pop3_session.h"

enum pop3_session_entry_state {
    ENTRY_SENT,  /* the server's reply is outstanding */
    ENTRY_HELD,  /* a DELE or QUIT that is not sent yet [S10]; only the last entry can be held */
    ENTRY_LOCAL, /* not sent to the server; the session replies -ERR when the entry is in front */
};

/* The only function that changes the phase after pop3_session_init. */
void pop3_session_enter(struct pop3_session *session, enum pop3_session_phase phase);
struct pop3_session_entry *pop3_session_front(struct pop3_session *session);
void pop3_session_push(struct pop3_session *session, struct pop3_session_entry entry);
/* Removes the entry in front, whose reply was sent. Then calls pop3_session_advance or, if sync_lost is set,
 * closes the session. */
void pop3_session_finish(struct pop3_session *session);
/* Sends the held command and local replies as far as possible now. Closes a session that is over. */
void pop3_session_advance(struct pop3_session *session);

/* Returns whether +OK to this command means a successful login. */
static inline bool pop3_session_is_login(const struct pop3_session_entry *entry)
{
    return entry->verb == POP3_PASS || entry->verb == POP3_APOP ||
           (entry->verb == POP3_AUTH && entry->shape == POP3_SASL);
}

/* Returns whether the entry is a TOP n 0 that is relayed without a scan. Its result does not change the set
 * `undelivered`. */
static inline bool pop3_session_is_head(const struct pop3_session_entry *entry)
{
    return entry->verb == POP3_TOP && entry->lines == 0 && !entry->is_whole;
}

void pop3_session_send_line(struct pop3_session *session, struct span line);
/* Sends a command without a text argument to the server. */
void pop3_session_send_command(struct pop3_session *session, const struct pop3_command *command);
void pop3_session_send_err(struct pop3_session *session, enum err why);
/* Forgets the message being handled, if there is one. */
void pop3_session_forget(struct pop3_session *session);
void pop3_session_close(struct pop3_session *session, enum err why);
/* Closes the session. In the phases IDLE, REPLY, SASL and TLS_SERVER, reports the reason to the client first:
 * in these phases, no reply is half sent. */
void pop3_session_dismiss(struct pop3_session *session, enum err why);

/* The state of the CAPA that the session sends itself. */
enum pop3_session_capa { OWN_CAPA_NONE, OWN_CAPA_SENT, OWN_CAPA_LISTING };

/* Returns whether start_tls, not a tunnel, follows the server's +OK to STLS. */
static inline bool pop3_session_intercepts_tls(const struct pop3_session *session)
{
    return session->conf->tls.mode == TLS_MODE_INTERCEPT;
}

/* Returns whether STLS is being answered: a TLS handshake is outstanding on one of the legs. */
static inline bool pop3_session_is_starting_tls(const struct pop3_session *session)
{
    return session->phase == SESSION_TLS_SERVER || session->phase == SESSION_TLS_CLIENT ||
           session->phase == SESSION_TLS_GREETING || session->phase == SESSION_TLS_REPLY;
}

/* Returns whether the client, which has sent STLS, still expects the reply to it. */
static inline bool pop3_session_owes_stls(const struct pop3_session *session)
{
    return session->owes_stls && pop3_session_is_starting_tls(session);
}

/* The server has accepted STLS. */
void pop3_session_tls_begin(struct pop3_session *session);
/* Takes a line of a new connection, in the phases TLS_GREETING and TLS_REPLY. */
void pop3_session_tls_line(struct pop3_session *session, struct span line);
/* Sends CAPA if the session has to know whether the server offers STLS. Called after the greeting. */
void pop3_session_tls_ask(struct pop3_session *session);
/* Takes a line of the reply to that CAPA. */
void pop3_session_tls_capability(struct pop3_session *session, struct span line);
/* Returns the reason to refuse the command, or ERR_NONE. */
enum err pop3_session_tls_refuse(const struct pop3_session *session, const struct pop3_command *command);

/* Called when a message did not end with CRLF.CRLF. Sends a NOOP. If the server's next line is not a status
 * line, the session ends. If replies to other commands are outstanding, sets sync_lost instead. */
void pop3_session_resync(struct pop3_session *session);
void pop3_session_message_begin(struct pop3_session *session);
/* Replies -ERR for the message in front. If +OK was sent early, closes the session instead. If a retry may
 * help, records the message as undelivered. */
void pop3_session_message_refuse(struct pop3_session *session, enum err why);

void pop3_session_numbers_add(struct pop3_session_numbers *numbers, uint32_t number);
void pop3_session_numbers_remove(struct pop3_session_numbers *numbers, uint32_t number);
bool pop3_session_numbers_has(const struct pop3_session_numbers *numbers, uint32_t number);

/* Records the size of a large message. If the message is not large, forgets a size that was recorded
 * earlier. */
void pop3_session_sizes_note(struct pop3_session_sizes *sizes, uint32_t number, uint64_t octets,
                             bool is_large);
/* Returns 0 if the size is unknown. */
uint64_t pop3_session_sizes_get(const struct pop3_session_sizes *sizes, uint32_t number);

#endif
