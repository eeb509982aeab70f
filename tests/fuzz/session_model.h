/* session_model: shared by the files of the fuzz target `session`. session.c makes events happen,
 * session_sides.c plays the client and the server, session_promises.c checks everything that the core
 * sends. */
#ifndef POSTERN_TESTS_FUZZ_SESSION_MODEL_H
#define POSTERN_TESTS_FUZZ_SESSION_MODEL_H

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/session_view.h"
#include "tests/replay/harness.h"

enum { SESSION_LINES_MAX = 512, SESSION_FAILED_MAX = 64 };

struct model {
    struct harness harness; /* first member: the context of its ops points to it */
    struct protocol_ops ops;
    const struct protocol_ops *base;
    struct session_view strict, lax;
    struct buf commands, server_bytes, server_line;
    struct buf lines[SESSION_LINES_MAX];    /* lines that the server must answer */
    bool is_response[SESSION_LINES_MAX];    /* the line is part of a SASL exchange */
    struct buf contents[SESSION_LINES_MAX]; /* messages that an honest server sends */
    unsigned contents_n, contents_taken;
    size_t seen; /* number of bytes sent to the client that were checked */
    unsigned first, count, done, failed_n;
    uint32_t failed[SESSION_FAILED_MAX];
    /* Messages of which the client last got something other than the original. */
    uint32_t altered[SESSION_FAILED_MAX];
    unsigned altered_n;
    bool is_greeted, is_lying, is_client_over, is_server_over, is_response_due, is_keeping_alive;
    struct session_view_entry at_hand; /* the current or last message being received */
    struct verdict verdict;
    bool has_verdict, is_stored, is_released, is_delivering;
};

static inline bool session_model_is_over(const struct model *model)
{
    return model->harness.closed || model->harness.tunnel;
}

/* `context`: a model. */
bool session_model_is_altered(const void *context, uint32_t number);

/* From now on the core's actions are checked. */
void session_promises_init(struct model *model);
/* Deliveries do not pass through the ops, so the bytes that the harness has sent are checked. */
void session_promises_look(struct model *model);

/* Gives the client another command to send. */
void session_sides_command(struct model *model, unsigned which, struct span *rest);
/* Sends at most one line of it, and only when the core reads: only then its meaning is known. */
void session_sides_give_client(struct model *model, size_t most);
/* Gives the server its answer to the first line it has received, in any permitted form. */
void session_sides_answer(struct model *model, unsigned how, struct span *rest);
/* Gives the server n arbitrary bytes instead. */
void session_sides_lie(struct model *model, unsigned n, struct span *rest);
/* Sends some of them. */
void session_sides_give_server(struct model *model, size_t most);

#endif
