/* session_view: the replies as a client sees them, each checked against the command that it must answer [S2].
 *
 * A line ends with CRLF or, if lax, with CR, LF or CRLF, as for some clients [S8]: both must see the same. A
 * violation aborts. Honest servers repeat the command after "+OK #" and "-ERR #". */
#ifndef POSTERN_TESTS_FUZZ_SESSION_VIEW_H
#define POSTERN_TESTS_FUZZ_SESSION_VIEW_H

#include "base/buf.h"
#include "pop3/pop3_command.h"

enum { SESSION_VIEW_QUEUE = 128, SESSION_VIEW_ECHO = 200 };

struct session_view_entry {
    struct pop3_command command;      /* its text pointer is invalid */
    bool is_refused;                  /* not a valid command: it must get -ERR */
    bool is_sent;                     /* it was sent to the server */
    bool is_whole;                    /* a TOP n 0 that is sent as RETR */
    char echo[SESSION_VIEW_ECHO + 1]; /* the line the server received; empty: unknown */
};

struct session_view {
    bool is_lax, is_lying; /* is_lying: the server's answers may be for any command */
    enum { VIEW_STATUS, VIEW_LISTING, VIEW_MESSAGE } state;
    bool is_farewell, cr;
    unsigned first, count, replies, messages;
    struct session_view_entry queue[SESSION_VIEW_QUEUE];
    struct buf line;
};

/* The greeting comes first. */
void session_view_init(struct session_view *view, bool is_lax);
void session_view_fini(struct session_view *view);
/* The client has sent this line. is_altered: must TOP n 0 of that message be served from the scanned
 * message? */
void session_view_command(struct session_view *view, struct span line,
                          bool (*is_altered)(const void *, uint32_t), const void *context);
void session_view_bytes(struct session_view *view, struct span bytes);
struct session_view_entry *session_view_at(struct session_view *view, unsigned place);
bool session_view_is_message(const struct session_view_entry *entry);

#endif
