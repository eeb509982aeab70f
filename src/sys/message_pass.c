#include "sys/message_pass.h"

#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNK_BYTES = 65536, CHUNKS_PER_TURN = 16 };

struct message_pass {
    struct event *turn;
    int fd;
    uint64_t size, offset;
    const struct message_pass_handlers *handlers;
    void *context;
};

static void free_pass(struct message_pass *pass)
{
    event_free(pass->turn);
    free(pass);
}

static void finish(struct message_pass *pass, bool is_whole)
{
    pass->handlers->done(pass->context, is_whole);
    free_pass(pass);
}

/* False: the message cannot be read or is too short, or `take` returned false. */
static bool take_chunk(struct message_pass *pass)
{
    static char chunk[CHUNK_BYTES];
    uint64_t left = pass->size - pass->offset;
    ssize_t n =
        pread(pass->fd, chunk, left < sizeof chunk ? (size_t)left : sizeof chunk, (off_t)pass->offset);

    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0)
        return false;
    pass->offset += (uint64_t)n;
    return pass->handlers->take(pass->context, (struct span){chunk, (size_t)n});
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
    struct message_pass *pass = context;

    for (int i = 0; i < CHUNKS_PER_TURN && pass->offset < pass->size; i++)
        if (!take_chunk(pass)) {
            finish(pass, false);
            return;
        }
    if (pass->offset == pass->size)
        finish(pass, true);
    else
        event_add(pass->turn, &(struct timeval){0}); /* event_active would run it in this iteration again */
}

struct message_pass *message_pass_start(struct event_base *base, int fd, uint64_t size,
                                        const struct message_pass_handlers *handlers, void *context)
{
    struct message_pass *pass = mem_alloc_zero(sizeof *pass);

    pass->fd = fd;
    pass->size = size;
    pass->handlers = handlers;
    pass->context = context;
    pass->turn = event_new(base, -1, 0, on_turn, pass);
    if (!pass->turn)
        abort();
    event_active(pass->turn, EV_TIMEOUT, 1);
    return pass;
}

void message_pass_cancel(struct message_pass **pass)
{
    if (*pass)
        free_pass(*pass);
    *pass = NULL;
}
