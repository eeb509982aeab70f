#include "proc/ipc/ipc.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/repeats.h"
#include "net/channel.h"
#include "sys/event_watch.h"

#include <assert.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BURST = 32,        /* packets handled per iteration of the event loop */
    QUEUE_MAX = 32768,      /* if more packets wait for a peer, the peer counts as stuck */
    RETRY_USEC = 20 * 1000, /* pause after the kernel was short of a resource */
    SCAN_SPARE = 16, /* number of descriptors that requests must leave to engines and children of scan */
};

/* A packet as it is sent. `zero` aligns the payload. */
struct packet {
    uint32_t kind, zero;
    alignas(8) char payload[IPC_PAYLOAD_MAX];
};

struct queued {
    struct queued *next;
    int carried;
    size_t n;
    char bytes[];
};

struct ipc {
    int fd;
    enum role self, peer;
    unsigned peer_index;
    const struct ipc_handlers *handlers;
    void *context;
    struct event *readable, *writable, *retry, *ended;
    struct event *resume; /* reads again, after there was no free descriptor */
    struct queued *first, **last;
    size_t queued;
    bool is_ended, is_accused;
    bool *freed; /* ipc_free sets *freed, so that receive_one knows that the handler has freed the channel */
};

struct row {
    enum role from, to;
    size_t size;
    bool has_descriptor;
};

static const struct row rows[] = {
#define X(kind, from, to, payload, fd) {ROLE_##from, ROLE_##to, sizeof(struct payload), fd},
    IPC_TABLE(X)
#undef X
};

#define X(kind, from, to, payload, fd) \
    static_assert(sizeof(struct payload) <= IPC_PAYLOAD_MAX && _Alignof(struct payload) <= 8, #kind);
IPC_TABLE(X)
#undef X

static const char *const role_names[] = {"parent", "relay",  "scan",   "clamav",
                                         "worker", "reader", "keeper", "signer", "page"};
static_assert(sizeof role_names / sizeof *role_names == ROLE_COUNT, "a role without a name");

const char *role_name(enum role role)
{
    return role < ROLE_COUNT ? role_names[role] : "unknown";
}

static bool is_permitted(const struct row *row, enum role from, enum role to)
{
    return (row->from == ROLE_ANY || row->from == from) && (row->to == ROLE_ANY || row->to == to);
}

/* Ends the channel. `closed` is called later, from the event loop. */
static void end(struct ipc *ipc)
{
    if (ipc->is_ended)
        return;
    ipc->is_ended = true;
    event_del(ipc->readable);
    event_del(ipc->writable);
    event_del(ipc->retry);
    event_del(ipc->resume);
    close(ipc->fd);
    ipc->fd = -1;
    event_active(ipc->ended, EV_TIMEOUT, 0);
}

void ipc_violation(struct ipc *ipc, const char *what)
{
    struct log_line line;

    log_begin(&line, EVENT_ipc_violation);
    log_string(&line, "peer", role_name(ipc->peer));
    log_number(&line, "index", ipc->peer_index);
    log_string(&line, "what", what);
    log_end(&line);
    ipc->is_accused = true;
    end(ipc);
}

bool ipc_is_accused(const struct ipc *ipc)
{
    return ipc->is_accused;
}

static void report(struct ipc *parent, enum ipc_kind kind, const struct ipc *about)
{
    ipc_send(parent, kind, &(struct ipc_peer){.role = about->peer, .index = about->peer_index}, -1);
}

void ipc_accuse(struct ipc *parent, const struct ipc *accused)
{
    report(parent, IPC_ACCUSE, accused);
}

void ipc_report_end(struct ipc *parent, const struct ipc *ended)
{
    report(parent, ended->is_accused ? IPC_ACCUSE : IPC_REJOIN, ended);
}

/* Returns the fault of the packet, or NULL. */
static const char *fault_of(const struct ipc *ipc, const struct packet *packet, size_t n, int carried)
{
    const size_t head = offsetof(struct packet, payload);
    const struct row *row;

    if (n < head)
        return "shorter than the head of a packet";
    if (packet->kind >= IPC_KIND_COUNT || packet->zero)
        return "unknown kind";
    row = &rows[packet->kind];
    if (!is_permitted(row, ipc->peer, ipc->self))
        return "kind not permitted from this peer";
    if (n != head + row->size)
        return n < head + row->size ? "payload too short" : "payload too long";
    if (row->has_descriptor != (carried >= 0))
        return row->has_descriptor ? "descriptor missing" : "descriptor not permitted";
    return NULL;
}

/* Logged once per hour for each role of the peer. */
static void log_shortage(const struct ipc *ipc, const char *consequence)
{
    static const union inet_address no_client = {.any.sa_family = AF_INET};
    static struct repeats repeats;
    struct timespec now;
    uint64_t suppressed;
    struct log_line line;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (!repeats_is_news(&repeats, &no_client, ipc->peer, (uint64_t)now.tv_sec * 1000, &suppressed))
        return;
    log_begin(&line, EVENT_ipc_no_descriptor);
    log_string(&line, "peer", role_name(ipc->peer));
    log_string(&line, "text", consequence);
    if (suppressed)
        log_number(&line, "suppressed", suppressed);
    log_end(&line);
}

/* Reads nothing for a short time. Meanwhile this process may close a descriptor. */
static void pause_reading(struct ipc *ipc)
{
    log_shortage(ipc, "no descriptor is free; a message from the peer has to wait");
    event_del(ipc->readable);
    event_add(ipc->resume, &(struct timeval){0, RETRY_USEC});
}

/* Ends the process. The lost packet may be a request, and the sender would wait for its answer for ever. */
static void exit_after_loss(const struct ipc *ipc)
{
    log_shortage(ipc, "the system has no free descriptor; a message was lost, and this process ends");
    exit(EXIT_FAILURE);
}

/* Receives and handles one packet. Returns false if there is none, or if the channel has ended. */
static bool receive_one(struct ipc *ipc, struct packet *packet)
{
    const char *fault = NULL;
    bool freed = false;
    size_t n = 0;
    int carried = -1;

    if (channel_must_wait(ipc->fd, ipc->self == ROLE_SCAN && ipc->peer == ROLE_RELAY ? SCAN_SPARE : 0)) {
        pause_reading(ipc);
        return false;
    }
    switch (channel_receive(ipc->fd, packet, sizeof *packet, &n, &carried)) {
    case CHANNEL_OK: fault = fault_of(ipc, packet, n, carried); break;
    case CHANNEL_BROKEN: fault = "larger than any packet, or too many descriptors"; break;
    case CHANNEL_FULL:
    case CHANNEL_LATER: return false;
    case CHANNEL_CLOSED: end(ipc); return false;
    case CHANNEL_LOST: exit_after_loss(ipc);
    }
    if (fault) {
        if (carried >= 0)
            close(carried);
        ipc_violation(ipc, fault);
        return false;
    }
    if (packet->kind == IPC_PING) { /* answered here: this proves that the event loop runs */
        ipc_send(ipc, IPC_PONG, &(struct ipc_none){0}, -1);
        return !ipc->is_ended;
    }
    ipc->freed = &freed;
    ipc->handlers->message(ipc->context, ipc, (enum ipc_kind)packet->kind, packet->payload, carried);
    if (freed)
        return false;
    ipc->freed = NULL;
    return !ipc->is_ended;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct packet packet;

    for (int i = 0; i < READ_BURST; i++)
        if (!receive_one(context, &packet))
            return;
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
    event_watch(((struct ipc *)context)->readable);
}

static void on_ended(evutil_socket_t fd, short what, void *context)
{
    struct ipc *ipc = context;

    ipc->handlers->closed(ipc->context, ipc);
}

/* Returns false if the packet cannot be sent yet. */
static bool transmit(struct ipc *ipc, struct span packet, int carried)
{
    switch (channel_send(ipc->fd, packet, carried)) {
    case CHANNEL_OK: return true;
    case CHANNEL_FULL: event_watch(ipc->writable); return false;
    case CHANNEL_LATER: event_add(ipc->retry, &(struct timeval){0, RETRY_USEC}); return false;
    case CHANNEL_CLOSED:
    case CHANNEL_BROKEN:
    case CHANNEL_LOST:
        /* Does not end the channel, because unread packets of the peer may still be in it. If the peer lives,
         * it reads the end of the channel instead of waiting for this packet, and closes its side. */
        shutdown(ipc->fd, SHUT_WR);
        return true;
    }
    return true;
}

static void drop_first(struct ipc *ipc)
{
    struct queued *queued = ipc->first;

    ipc->first = queued->next;
    if (!ipc->first)
        ipc->last = &ipc->first;
    ipc->queued--;
    if (queued->carried >= 0)
        close(queued->carried);
    free(queued);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct ipc *ipc = context;

    while (ipc->first && transmit(ipc, (struct span){ipc->first->bytes, ipc->first->n}, ipc->first->carried))
        drop_first(ipc);
}

static bool queue(struct ipc *ipc, struct span packet, int carried)
{
    struct queued *queued;
    int duplicate = carried < 0 ? -1 : fcntl(carried, F_DUPFD_CLOEXEC, 0);

    if (carried >= 0 && duplicate < 0) {
        log_shortage(ipc, "no descriptor is free; a message to the peer has to wait");
        return false;
    }
    if (ipc->queued >= QUEUE_MAX) {
        if (duplicate >= 0)
            close(duplicate);
        ipc_violation(ipc, "does not read");
        return true;
    }
    queued = mem_alloc_zero(sizeof *queued + packet.n);
    queued->carried = duplicate;
    queued->n = packet.n;
    memcpy(queued->bytes, packet.p, packet.n);
    *ipc->last = queued;
    ipc->last = &queued->next;
    ipc->queued++;
    return true;
}

bool ipc_send(struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    const struct row *row = &rows[kind];
    struct packet packet = {.kind = kind};
    struct span bytes = {(const char *)&packet, offsetof(struct packet, payload) + row->size};

    assert(is_permitted(row, ipc->self, ipc->peer));
    assert(row->has_descriptor == (fd >= 0));
    if (ipc->is_ended)
        return true;
    memcpy(packet.payload, payload, row->size);
    return (!ipc->first && transmit(ipc, bytes, fd)) || queue(ipc, bytes, fd);
}

struct ipc *ipc_new(struct event_base *base, int fd, enum role self, enum role peer, unsigned peer_index,
                    const struct ipc_handlers *handlers, void *context)
{
    struct ipc *ipc = mem_alloc_zero(sizeof *ipc);

    *ipc = (struct ipc){.fd = fd,
                        .self = self,
                        .peer = peer,
                        .peer_index = peer_index,
                        .handlers = handlers,
                        .context = context};
    ipc->last = &ipc->first;
    ipc->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, ipc);
    ipc->writable = event_new(base, fd, EV_WRITE, on_writable, ipc);
    ipc->retry = event_new(base, -1, 0, on_writable, ipc);
    ipc->resume = event_new(base, -1, 0, on_resume, ipc);
    ipc->ended = event_new(base, -1, 0, on_ended, ipc);
    event_watch(ipc->readable);
    return ipc;
}

void ipc_free(struct ipc **owned)
{
    struct ipc *ipc = *owned;

    *owned = NULL;
    if (!ipc)
        return;
    if (ipc->freed)
        *ipc->freed = true;
    while (ipc->first)
        drop_first(ipc);
    event_free(ipc->readable);
    event_free(ipc->writable);
    event_free(ipc->retry);
    event_free(ipc->resume);
    event_free(ipc->ended);
    if (ipc->fd >= 0)
        close(ipc->fd);
    free(ipc);
}

enum role ipc_peer_role(const struct ipc *ipc)
{
    return ipc->peer;
}

unsigned ipc_peer_index(const struct ipc *ipc)
{
    return ipc->peer_index;
}
