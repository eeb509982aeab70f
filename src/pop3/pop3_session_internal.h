/* pop3_session_internal: what the files of pop3/pop3_session share. */
#ifndef POSTERN_POP3_POP3_SESSION_INTERNAL_H
#define POSTERN_POP3_POP3_SESSION_INTERNAL_H

#include "pop3/pop3_session.h"

enum pop3_session_entry_state {
    ENTRY_SENT,  /* the server owes the reply */
    ENTRY_HELD,  /* not sent yet [S10]; only the last entry can be */
    ENTRY_LOCAL, /* answered by us, with -ERR, when its turn comes */
};

/* The one door for a change of phase. */
void pop3_session_enter(struct pop3_session *session, enum pop3_session_phase phase);
struct pop3_session_entry *pop3_session_front(struct pop3_session *session);
struct pop3_session_entry *pop3_session_push(struct pop3_session *session, struct pop3_session_entry entry);
/* The entry in front has its reply: takes it off, then answers, releases and closes what that makes possible.
 */
void pop3_session_finish(struct pop3_session *session);
/* The same without taking one off. */
void pop3_session_advance(struct pop3_session *session);

/* Its +OK means that the server has let somebody in. */
static inline bool pop3_session_is_login(const struct pop3_session_entry *entry)
{
    return entry->verb == POP3_PASS || entry->verb == POP3_APOP ||
           (entry->verb == POP3_AUTH && entry->shape == POP3_SASL);
}

/* TOP n 0 that is relayed, not scanned; it says nothing of the message's fate. */
static inline bool pop3_session_is_head(const struct pop3_session_entry *entry)
{
    return entry->verb == POP3_TOP && entry->lines == 0 && !entry->is_whole;
}

void pop3_session_send_line(struct pop3_session *session, struct span line);
/* To the server; one without text. */
void pop3_session_send_command(struct pop3_session *session, const struct pop3_command *command);
void pop3_session_send_err(struct pop3_session *session, enum err why);
void pop3_session_close(struct pop3_session *session, enum err why);

/* The end of a message was no CRLF.CRLF: a NOOP shows where the server's replies go on. */
void pop3_session_resync(struct pop3_session *session);
void pop3_session_message_begin(struct pop3_session *session);
/* -ERR to the message in front; it counts as not delivered if asking again may help. */
void pop3_session_message_refuse(struct pop3_session *session, enum err why);
void pop3_session_message_forget(struct pop3_session *session);

void pop3_session_numbers_add(struct pop3_session_numbers *numbers, uint32_t number);
void pop3_session_numbers_remove(struct pop3_session_numbers *numbers, uint32_t number);
/* Of those that are remembered. */
bool pop3_session_numbers_has(const struct pop3_session_numbers *numbers, uint32_t number);

/* Remembers the size of a large message; of a small one, that it is not large. 0: not known. */
void pop3_session_sizes_note(struct pop3_session_sizes *sizes, uint32_t number, uint64_t octets,
                             bool is_large);
uint64_t pop3_session_sizes_get(const struct pop3_session_sizes *sizes, uint32_t number);

#endif
