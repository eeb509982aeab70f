/* A compromised process sends packets: nothing that its role may not send is delivered, the first such packet
 * closes the channel and reports the process, and no descriptor stays open. The input has both roles, then
 * one packet after the other: kind, flags, length if it is not the kind's own, and what the handler does. */
#include "proc/ipc/ipc.h"
#include "base/log.h"
#include "net/channel.h"
#include "tests/fuzz/packets.h"

#include <event2/event.h>
#include <stddef.h>

enum { PACKETS_MAX = 12, HEAD = 8 };

enum flag { ODD_LENGTH = 4, NOT_ZERO = 8, REJECTED = 16, FREED = 32 };

static const struct row {
    enum role from, to;
    size_t size;
    bool carries;
} rows[] = {
#define X(kind, from, to, payload, fd) {ROLE_##from, ROLE_##to, sizeof(struct payload), fd},
    IPC_TABLE(X)
#undef X
};

struct side {
    enum role self, peer;
    struct ipc *ipc;
    unsigned flags; /* of the current packet */
    unsigned messages, closings;
    bool is_over, is_accused;
};

void __wrap_log_end(struct log_line *line);

/* Violations are what this target is about, so their log lines are suppressed. */
void __wrap_log_end(struct log_line *line)
{
}

static bool is_permitted(const struct side *side, size_t kind)
{
    return (rows[kind].from == ROLE_ANY || rows[kind].from == side->peer) &&
           (rows[kind].to == ROLE_ANY || rows[kind].to == side->self);
}

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct side *side = context;
    struct span exact;

    must(!side->is_over && kind < IPC_KIND_COUNT && is_permitted(side, kind));
    must(rows[kind].carries == (fd >= 0));
    exact = fuzz_exact((struct span){payload, rows[kind].size});
    fuzz_free(exact);
    if (fd >= 0)
        close(fd);
    side->messages++;
    if (side->flags & REJECTED)
        ipc_violation(ipc, "not now");
    if (side->flags & FREED)
        ipc_free(&side->ipc);
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct side *side = context;

    side->closings++;
    side->is_accused = ipc_is_accused(ipc);
    ipc_free(&side->ipc);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

static void turn(struct event_base *base)
{
    for (int i = 0; i < 3; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

/* Sends one packet; true: it must be delivered. */
static bool send_next(struct side *side, int raw, struct span *rest)
{
    static const char filler[sizeof(struct ipc_facts) + 64];
    struct buf packet = {0};
    uint32_t head[2] = {fuzz_byte(rest) % (IPC_KIND_COUNT + 2), 0};
    size_t kind = head[0] < IPC_KIND_COUNT ? head[0] : 0, n = HEAD + rows[kind].size;
    unsigned descriptors;
    bool is_good;

    side->flags = fuzz_byte(rest);
    descriptors = side->flags % 4 % (PACKETS_DESCRIPTORS + 1);
    if (side->flags & ODD_LENGTH) {
        n = 1 + ((size_t)fuzz_byte(rest) << 8 | fuzz_byte(rest)) % (sizeof filler + HEAD - 1);
    }
    head[1] = side->flags & NOT_ZERO ? 1 : 0;
    buf_add(&packet, (struct span){(const char *)head, sizeof head});
    buf_add(&packet, (struct span){filler, sizeof filler});
    packets_send(raw, span_first(buf_span(&packet), n), descriptors);
    buf_fini(&packet);
    is_good = head[0] == kind && head[1] == 0 && n == HEAD + rows[kind].size && is_permitted(side, kind);
    return is_good && descriptors == rows[kind].carries;
}

static void play(struct side *side, struct event_base *base, int raw, struct span rest)
{
    for (int i = 0; i < PACKETS_MAX && rest.n && side->ipc; i++) {
        unsigned before = side->messages;
        bool is_good = send_next(side, raw, &rest);

        turn(base);
        must(side->messages == before + is_good);
        if (is_good && side->flags & FREED)
            return;
        side->is_over = !is_good || side->flags & REJECTED;
        must(side->is_over == !side->ipc && side->closings == side->is_over);
        must(side->is_accused == side->is_over);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct event_base *base;
    struct span rest = fuzz_span(data, size);
    struct side side = {.self = fuzz_byte(&rest) % ROLE_COUNT, .peer = fuzz_byte(&rest) % ROLE_COUNT};
    int ends[2], first_free;

    if (!base)
        base = event_base_new();
    first_free = packets_free_descriptor();
    must(channel_pair(ends));
    side.ipc = ipc_new(base, ends[0], side.self, side.peer, 1, &handlers, &side);
    play(&side, base, ends[1], rest);
    close(ends[1]);
    turn(base);
    must(!side.ipc);
    must(packets_free_descriptor() == first_free);
    return 0;
}
