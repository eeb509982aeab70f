/* session_model: what the files of the fuzz target `session` share. session.c lets things happen,
 * session_sides.c is the client and the server, session_promises.c looks at all that the core says to
 * anybody. */
#ifndef POSTERN_TESTS_FUZZ_SESSION_MODEL_H
#define POSTERN_TESTS_FUZZ_SESSION_MODEL_H

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/session_view.h"
#include "tests/replay/harness.h"

enum { SESSION_LINES_MAX = 512, SESSION_FAILED_MAX = 64 };

struct model {
    struct harness harness; /* first: the context of its ops is this too */
    struct protocol_ops ops;
    const struct protocol_ops *base;
    struct session_view strict, lax;
    struct buf commands, server_bytes, server_line;
    struct buf lines[SESSION_LINES_MAX];    /* that the server has to answer */
    bool is_response[SESSION_LINES_MAX];    /* the line is one of SASL's */
    struct buf contents[SESSION_LINES_MAX]; /* of the messages that an honest server sends */
    unsigned contents_n, contents_taken;
    size_t seen; /* of what was sent to the client */
    unsigned first, count, done, failed_n;
    uint32_t failed[SESSION_FAILED_MAX];
    /* What the client got of them last was not the original. */
    uint32_t altered[SESSION_FAILED_MAX];
    unsigned altered_n;
    bool is_greeted, is_lying, is_client_over, is_server_over, is_response_due, is_keeping_alive;
    struct session_view_entry at_hand; /* the message that is being received, or was last */
    struct verdict verdict;
    bool has_verdict, is_stored, is_released, is_delivering;
};

static inline bool session_model_is_over(const struct model *model)
{
    return model->harness.closed || model->harness.tunnel;
}

/* `context` is a model. */
bool session_model_is_altered(const void *context, uint32_t number);

/* From now on what the core does is checked. */
void session_promises_init(struct model *model);
/* Deliveries do not pass through the ops: the client sees what the harness has sent. */
void session_promises_look(struct model *model);

/* The client has another command to send, */
void session_sides_command(struct model *model, unsigned which, struct span *rest);
/* and sends some of it: one line at most, and only while it is wanted: it is known then what it is. */
void session_sides_give_client(struct model *model, size_t most);
/* The server's answer to what it was sent first, in whatever form that may be answered, */
void session_sides_answer(struct model *model, unsigned how, struct span *rest);
/* or n bytes that are none, */
void session_sides_lie(struct model *model, unsigned n, struct span *rest);
/* and it sends some of that. */
void session_sides_give_server(struct model *model, size_t most);

#endif
