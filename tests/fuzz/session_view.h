/* session_view: the replies as a client sees them, each against the command it must be for [S2].
 *
 * Takes CRLF for a line's end, or, lax, every CR, LF and CRLF, as some clients do [S8]: what either sees must
 * be the same. What does not fit aborts. Honest servers repeat the command behind "+OK #" and "-ERR #". */
#ifndef POSTERN_TESTS_FUZZ_SESSION_VIEW_H
#define POSTERN_TESTS_FUZZ_SESSION_VIEW_H

#include "base/buf.h"
#include "pop3/pop3_command.h"

enum { SESSION_VIEW_QUEUE = 128, SESSION_VIEW_ECHO = 200 };

struct session_view_entry {
    struct pop3_command command;      /* its text means nothing */
    bool is_refused;                  /* it is no command: only -ERR will do */
    bool is_sent;                     /* it went to the server */
    bool is_whole;                    /* TOP n 0 that is asked for as RETR */
    char echo[SESSION_VIEW_ECHO + 1]; /* as the server got it; empty: unknown */
};

struct session_view {
    bool is_lax, is_lying; /* is_lying: the server's answers may be for anything */
    enum { VIEW_STATUS, VIEW_LISTING, VIEW_MESSAGE } state;
    bool is_farewell, cr;
    unsigned first, count, replies, messages;
    struct session_view_entry queue[SESSION_VIEW_QUEUE];
    struct buf line;
};

/* The greeting is expected. */
void session_view_init(struct session_view *view, bool is_lax);
void session_view_fini(struct session_view *view);
/* The client has sent this line. is_altered: does TOP n 0 of that message have to be served whole? */
void session_view_command(struct session_view *view, struct span line,
                          bool (*is_altered)(const void *, uint32_t), const void *context);
void session_view_bytes(struct session_view *view, struct span bytes);
struct session_view_entry *session_view_at(struct session_view *view, unsigned place);
bool session_view_is_message(const struct session_view_entry *entry);

#endif
