/* Any process that may connect to the control socket sends packets: what is not in the table is refused, and
 * no descriptor stays open. The input: the receiving side, then packets: kind, flags, length. */
#include "proc/ipc/control.h"
#include "tests/fuzz/packets.h"

#include <stddef.h>

enum { PACKETS_MAX = 12, HEAD = 8 };

enum flag { ODD_LENGTH = 4, OTHER_MARK = 8 };

static const struct row {
    enum control_side from;
    size_t size;
    bool carries;
} rows[] = {
#define X(kind, from, payload, fd) {CONTROL_##from, sizeof(struct payload), fd},
    CONTROL_TABLE(X)
#undef X
};

/* Extracts the mark of this version from one of our packets. */
static uint32_t find_mark(const int ends[2])
{
    char packet[64];
    uint32_t mark;

    must(control_send(ends[0], CONTROL_STATUS, &(struct control_none){0}, -1) == CHANNEL_OK);
    must(recv(ends[1], packet, sizeof packet, 0) >= HEAD);
    memcpy(&mark, packet, sizeof mark);
    return mark;
}

static bool send_next(int to, uint32_t mark, enum control_side heard, struct span *rest)
{
    static const char filler[2048];
    uint32_t head[2] = {mark, fuzz_byte(rest) % (CONTROL_KINDS + 2)};
    size_t kind = head[1] < CONTROL_KINDS ? head[1] : 0, n = HEAD + rows[kind].size;
    unsigned flags = fuzz_byte(rest), descriptors = flags % 4 % (PACKETS_DESCRIPTORS + 1);
    struct buf packet = {0};
    bool is_good;

    if (flags & ODD_LENGTH)
        n = 1 + ((size_t)fuzz_byte(rest) << 8 | fuzz_byte(rest)) % sizeof filler;
    head[0] += flags & OTHER_MARK ? 1 : 0;
    buf_add(&packet, (struct span){(const char *)head, sizeof head});
    buf_add(&packet, (struct span){filler, sizeof filler});
    packets_send(to, span_first(buf_span(&packet), n), descriptors);
    buf_fini(&packet);
    is_good = head[0] == mark && head[1] == kind && rows[kind].from == heard && n == HEAD + rows[kind].size;
    return is_good && descriptors == rows[kind].carries;
}

static void receive_next(int from, enum control_side heard, bool is_good)
{
    struct control_message message;
    enum channel_result result = control_receive(from, heard, &message);

    must((result == CHANNEL_OK) == is_good && (is_good || result == CHANNEL_BROKEN));
    if (is_good) {
        must(message.kind < CONTROL_KINDS && rows[message.kind].from == heard);
        must(rows[message.kind].carries == (message.carried >= 0));
    }
    if (message.carried >= 0)
        close(message.carried);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = fuzz_span(data, size);
    enum control_side heard = fuzz_byte(&rest) % 2 ? CONTROL_SERVICE : CONTROL_COMMAND;
    int ends[2], first_free = packets_free_descriptor();
    uint32_t mark;

    must(channel_pair(ends));
    mark = find_mark(ends);
    for (int i = 0; i < PACKETS_MAX && rest.n; i++) {
        bool is_good = send_next(ends[0], mark, heard, &rest);

        receive_next(ends[1], heard, is_good);
    }
    close(ends[0]);
    close(ends[1]);
    must(packets_free_descriptor() == first_free);
    return 0;
}
