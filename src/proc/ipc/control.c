#include "proc/ipc/control.h"

#include <assert.h>
#include <stddef.h>
#include <unistd.h>

/* Identifies the version of the table. Increment it whenever the table changes. */
enum { MARK = 0x706f7304 };

struct packet {
    uint32_t mark, kind;
    union {
#define X(kind, from, payload, fd) struct payload kind;
        CONTROL_TABLE(X)
#undef X
    } as;
};

struct row {
    enum control_side from;
    size_t size;
    bool has_descriptor;
};

static const struct row rows[] = {
#define X(kind, from, payload, fd) {CONTROL_##from, sizeof(struct payload), fd},
    CONTROL_TABLE(X)
#undef X
};

enum channel_result control_send(int fd, enum control_kind kind, const void *payload, int carried)
{
    struct packet packet = {.mark = MARK, .kind = kind};

    assert(rows[kind].has_descriptor == (carried >= 0));
    memcpy(&packet.as, payload, rows[kind].size);
    return channel_send(
        fd, (struct span){(const char *)&packet, offsetof(struct packet, as) + rows[kind].size}, carried);
}

static bool is_permitted(const struct packet *packet, size_t n, enum control_side from, bool has_fd)
{
    const size_t head = offsetof(struct packet, as);

    if (n < head || packet->mark != MARK || packet->kind >= CONTROL_KINDS)
        return false;
    return rows[packet->kind].from == from && n == head + rows[packet->kind].size &&
           rows[packet->kind].has_descriptor == has_fd;
}

enum channel_result control_receive(int fd, enum control_side from, struct control_message *message)
{
    struct packet packet;
    enum channel_result result;
    size_t n;

    *message = (struct control_message){.carried = -1};
    result = channel_receive(fd, &packet, sizeof packet, &n, &message->carried);
    if (result != CHANNEL_OK)
        return result;
    if (!is_permitted(&packet, n, from, message->carried >= 0)) {
        if (message->carried >= 0)
            close(message->carried);
        message->carried = -1;
        return CHANNEL_BROKEN;
    }
    message->kind = (enum control_kind)packet.kind;
    memcpy(&message->as, &packet.as, rows[packet.kind].size);
    return CHANNEL_OK;
}

void control_path(const char *runtime_directory, struct buf *path)
{
    buf_add_format(path, "%s/control", runtime_directory);
}
