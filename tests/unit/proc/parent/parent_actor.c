#include "tests/unit/proc/parent/parent_lab.h"

#include <fcntl.h>

enum { INDEXES = 8 };

struct actor {
    const struct child_start *start;
    struct event_base *base;
    struct ipc *parent, *peers[ROLE_COUNT][INDEXES];
};

static unsigned count_descriptors(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void report(const struct actor *actor, enum happening what, enum role peer)
{
    struct note note = {.what = what,
                        .role = actor->start->role,
                        .peer = peer,
                        .index = actor->start->index,
                        .pid = getpid(),
                        .uid = getuid(),
                        .descriptors = what == STARTED ? count_descriptors() : 0,
                        .listeners = (unsigned)actor->start->listener_count};

    for (size_t i = 0; i < actor->start->listener_count; i++)
        note.protocols[actor->start->listeners[i].protocol]++;
    note_write(&note);
}

static const struct ipc_handlers handlers;

/* Takes a channel. A relay sends a request to each keeper, which shows that the channel reaches a live one.
 */
static void take_peer(struct actor *actor, const struct ipc_peer *peer, int fd)
{
    struct ipc **channel = &actor->peers[peer->role][peer->index];

    ipc_free(channel);
    *channel =
        ipc_new(actor->base, fd, actor->start->role, (enum role)peer->role, peer->index, &handlers, actor);
    report(actor, PEER, (enum role)peer->role);
    if (actor->start->role == ROLE_RELAY && peer->role == ROLE_KEEPER)
        ipc_send(*channel, IPC_STORE, &(struct ipc_store){.id = 5}, STDIN_FILENO);
}

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct actor *actor = context;

    if (kind == IPC_PEER) {
        take_peer(actor, payload, fd);
    } else if (kind == IPC_STOP) {
        report(actor, STOPPED, ROLE_PARENT);
        event_base_loopbreak(actor->base);
    } else if (kind == IPC_RETIRE) {
        report(actor, RETIRED, ROLE_PARENT);
        event_base_loopbreak(actor->base);
    } else if (kind == IPC_PEER_LEAVES) {
        const struct ipc_peer *left = payload;

        ipc_free(&actor->peers[left->role][left->index]);
    } else if (kind == IPC_STORE) {
        close(fd);
        ipc_send(ipc, IPC_STORED, &(struct ipc_stored){.id = ((const struct ipc_store *)payload)->id}, -1);
    } else if (kind == IPC_STORED) {
        report(actor, ANSWERED, ROLE_KEEPER);
    }
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct actor *actor = context;

    if (ipc == actor->parent)
        event_base_loopbreak(actor->base);
    else
        ipc_free(&actor->peers[ipc_peer_role(ipc)][ipc_peer_index(ipc)]);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

/* SIGUSR1: report scan as an offender. SIGUSR2: violate the message table. SIGHUP: report that the channel to
 * scan has ended. */
static void on_signal(evutil_socket_t signal, short what, void *context)
{
    struct actor *actor = context;

    if (signal == SIGUSR1)
        ipc_accuse(actor->parent, actor->peers[ROLE_SCAN][0]);
    else if (signal == SIGHUP)
        ipc_report_end(actor->parent, actor->peers[ROLE_SCAN][0]);
    else
        ipc_send(actor->parent, IPC_READY, &(struct ipc_none){0}, -1);
}

static int act(const struct child_start *start)
{
    struct actor actor = {.start = start};
    struct event *signals[3];

    if (start->role == lab_settings.hopeless ||
        (start->role == ROLE_SCAN && start->conf->scan.deadline_ms == UNUSABLE_DEADLINE_MS))
        return lab_settings.hopeless_status;
    report(&actor, STARTED, ROLE_PARENT);
    actor.base = event_base_new();
    signals[0] = evsignal_new(actor.base, SIGUSR1, on_signal, &actor);
    signals[1] = evsignal_new(actor.base, SIGUSR2, on_signal, &actor);
    event_add(signals[0], NULL);
    event_add(signals[1], NULL);
    signals[2] = evsignal_new(actor.base, SIGHUP, on_signal, &actor);
    event_add(signals[2], NULL);
    actor.parent = ipc_new(actor.base, start->parent_fd, start->role, ROLE_PARENT, 0, &handlers, &actor);
    ipc_send(actor.parent, IPC_READY, &(struct ipc_none){0}, -1);
    event_base_dispatch(actor.base);
    ipc_free(&actor.parent);
    for (size_t i = 0; i < ROLE_COUNT * INDEXES; i++)
        ipc_free(&actor.peers[i / INDEXES][i % INDEXES]);
    event_free(signals[0]);
    event_free(signals[1]);
    event_free(signals[2]);
    event_base_free(actor.base);
    return 0;
}

const struct parent_role actor_roles[ROLE_COUNT] = {
    [ROLE_KEEPER] = {.main = act, .leaves_network = true},
    [ROLE_READER] = {.main = act, .dies_with_parent = true},
    [ROLE_SCAN] = {.main = act, .peers = 1u << ROLE_CLAMAV},
    [ROLE_CLAMAV] = {.main = act},
    [ROLE_RELAY] = {.main = act,
                    .peers = 1u << ROLE_SCAN | 1u << ROLE_READER | 1u << ROLE_KEEPER,
                    .starts_last = true},
};
