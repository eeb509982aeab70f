/* pop3_session_internal: declarations shared by the files of pop3_session.
 *
 * Each of these files calls only files further down in this list: pop3_session.c (the session as a whole),
 * _client.c (commands), _server.c (responses), _message.c (one message), _queue.c (the queue of expected
 * replies), _wants.c (what it waits for), _numbers.c (sets of message numbers). */
#ifndef POSTERN_POP3_POP3_SESSION_INTERNAL_H
#define POSTERN_POP3_POP3_SESSION_INTERNAL_H

#include "pop3/pop3_session.h"

enum pop3_session_entry_state {
    ENTRY_SENT,  /* the server's reply is outstanding */
    ENTRY_HELD,  /* not sent yet [S10]; only the last entry can be */
    ENTRY_LOCAL, /* we reply -ERR when it reaches the front */
};

/* pop3_session_queue.c. The only function that changes the phase. */
void pop3_session_enter(struct pop3_session *session, enum pop3_session_phase phase);
struct pop3_session_entry *pop3_session_front(struct pop3_session *session);
struct pop3_session_entry *pop3_session_push(struct pop3_session *session, struct pop3_session_entry entry);
/* The entry in front has its reply: removes it, then replies, sends held commands and closes as far as that
 * is now possible. */
void pop3_session_finish(struct pop3_session *session);
/* Like pop3_session_finish, without removing an entry. */
void pop3_session_advance(struct pop3_session *session);

/* Does +OK to it mean a successful login? */
static inline bool pop3_session_is_login(const struct pop3_session_entry *entry)
{
    return entry->verb == POP3_PASS || entry->verb == POP3_APOP ||
           (entry->verb == POP3_AUTH && entry->shape == POP3_SASL);
}

/* Is it a TOP n 0 that is relayed without a scan? It does not count as an outcome of the message. */
static inline bool pop3_session_is_head(const struct pop3_session_entry *entry)
{
    return entry->verb == POP3_TOP && entry->lines == 0 && !entry->is_whole;
}

void pop3_session_send_line(struct pop3_session *session, struct span line);
/* Sends a command without a text argument to the server. */
void pop3_session_send_command(struct pop3_session *session, const struct pop3_command *command);
void pop3_session_send_err(struct pop3_session *session, enum err why);
/* Ends the message in hand, if there is one. */
void pop3_session_forget(struct pop3_session *session);
void pop3_session_close(struct pop3_session *session, enum err why);

/* A message did not end with CRLF.CRLF: sends a NOOP; the server's replies continue after the reply to it. */
void pop3_session_resync(struct pop3_session *session);
void pop3_session_message_begin(struct pop3_session *session);
/* Replies -ERR for the message in front. If a retry may help, the message is recorded as undelivered. */
void pop3_session_message_refuse(struct pop3_session *session, enum err why);

void pop3_session_numbers_add(struct pop3_session_numbers *numbers, uint32_t number);
void pop3_session_numbers_remove(struct pop3_session_numbers *numbers, uint32_t number);
/* Is it among those that are remembered? */
bool pop3_session_numbers_has(const struct pop3_session_numbers *numbers, uint32_t number);

/* Remembers the size of a large message, and forgets that of a small one. 0: unknown. */
void pop3_session_sizes_note(struct pop3_session_sizes *sizes, uint32_t number, uint64_t octets,
                             bool is_large);
uint64_t pop3_session_sizes_get(const struct pop3_session_sizes *sizes, uint32_t number);

#endif
