/* pop3_session_internal: what the files of pop3/pop3_session share. */
#ifndef POSTERN_POP3_POP3_SESSION_INTERNAL_H
#define POSTERN_POP3_POP3_SESSION_INTERNAL_H

#include "pop3/pop3_session.h"

enum session_entry_state {
    ENTRY_SENT,  /* the server owes the reply */
    ENTRY_HELD,  /* not sent yet [S10]; only the last entry can be */
    ENTRY_LOCAL, /* answered by us, with -ERR, when its turn comes */
};

/* The one door for a change of phase. */
void session_enter(struct session *session, enum session_phase phase);
struct session_entry *session_front(struct session *session);
struct session_entry *session_push(struct session *session, struct session_entry entry);
/* The entry in front has its reply: takes it off, then answers, releases and closes what that makes possible.
 */
void session_finish(struct session *session);
/* The same without taking one off. */
void session_advance(struct session *session);

/* Its +OK means that the server has let somebody in. */
static inline bool session_is_login(const struct session_entry *entry)
{
    return entry->verb == POP3_PASS || entry->verb == POP3_APOP ||
           (entry->verb == POP3_AUTH && entry->shape == POP3_SASL);
}

/* TOP n 0 that is relayed, not scanned; it says nothing of the message's fate. */
static inline bool session_is_head(const struct session_entry *entry)
{
    return entry->verb == POP3_TOP && entry->lines == 0 && !entry->is_whole;
}

void session_send_line(struct session *session, struct span line);
/* To the server; one without text. */
void session_send_command(struct session *session, const struct pop3_command *command);
void session_send_err(struct session *session, enum err why);
void session_close(struct session *session, enum err why);

/* The end of a message was no CRLF.CRLF: a NOOP shows where the server's replies go on. */
void session_resync(struct session *session);
void session_message_begin(struct session *session);
/* -ERR to the message in front; it counts as not delivered if asking again may help. */
void session_message_refuse(struct session *session, enum err why);
void session_message_forget(struct session *session);

void numbers_add(struct session_numbers *numbers, uint32_t number);
void numbers_remove(struct session_numbers *numbers, uint32_t number);
/* Of those that are remembered. */
bool numbers_has(const struct session_numbers *numbers, uint32_t number);

/* Remembers the size of a large message; of a small one, that it is not large. 0: not known. */
void sizes_note(struct session_sizes *sizes, uint32_t number, uint64_t octets, bool is_large);
uint64_t sizes_get(const struct session_sizes *sizes, uint32_t number);

#endif
