#include "proc/parent/parent_requests.h"

#include "build_config.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { ASK_MS = 3000 };

static struct child *find_ready(struct parent *parent, enum role role)
{
    struct child *child = parent_children_current(parent, role);

    return child && child->is_ready && child->ipc ? child : NULL;
}

/* If `child` is not NULL, sends it a request without a payload. Returns `child`. */
static const struct child *send_request(struct child *child, enum ipc_kind kind)
{
    if (!child)
        return NULL;
    child->outstanding++;
    ipc_send(child->ipc, kind, &(struct ipc_none){0}, -1);
    return child;
}

static void begin_status(struct control_client *client)
{
    struct parent *parent = client->control->parent;
    struct control_state *state = &client->state;

    *state = (struct control_state){.version = POSTERN_VERSION,
                                    .uptime_ms = process_clock_ms() - parent->started_ms,
                                    .sessions = session_stats_total(parent->stats),
                                    .is_ready = parent->state == STATE_RUNNING};
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        for (unsigned i = 0; i < SESSION_STATS_COUNTERS; i++)
            state->counts[i] += session_stats_counted(parent->stats, protocol, (enum session_stats_counter)i);
    client->scan = send_request(find_ready(parent, ROLE_SCAN), IPC_ASK_ENGINES);
    client->keeper = send_request(find_ready(parent, ROLE_KEEPER), IPC_ASK_HELD);
    client->awaits = (client->scan ? AWAITS_ENGINES : 0) | (client->keeper ? AWAITS_HELD : 0);
    parent_control_client_set_timer(client, ASK_MS);
    if (!client->awaits)
        parent_control_client_finish_status(client);
}

/* Is fd a memfd of that size, and sealed against writing and shrinking? Engines may map the file, so it must
 * not change. */
static bool is_sealed(int fd, uint64_t size)
{
    struct stat status;
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & (F_SEAL_WRITE | F_SEAL_SHRINK)) == (F_SEAL_WRITE | F_SEAL_SHRINK) &&
           fstat(fd, &status) == 0 && status.st_size >= 0 && (uint64_t)status.st_size == size;
}

/* Returns the size of the largest message that a session accepts. */
static uint64_t message_max(const struct conf *conf)
{
    uint64_t max = 0;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        const struct conf_listener *listener = conf_listener_of(conf, protocol);

        if (listener->listen.n && listener->message_max_bytes > max)
            max = listener->message_max_bytes;
    }
    return max;
}

static void begin_test(struct control_client *client, const struct control_scan *request, int fd)
{
    struct parent *parent = client->control->parent;
    struct child *scan = find_ready(parent, ROLE_SCAN);
    const struct conf *conf = &parent->config->conf;
    struct ipc_scan message = {.size = request->size, .kind = request->kind};

    if (!is_sealed(fd, request->size)) {
        parent_control_client_refuse(client, "the message is not sealed");
    } else if (request->size > message_max(conf)) {
        parent_control_client_refuse(client, "the message is larger than message_max, and would be refused");
    } else if (!message_kind_is_valid(request->kind)) {
        parent_control_client_refuse(client, "the message is neither a mail nor a file");
    } else if (!scan) {
        parent_control_client_refuse(client, "scanning is unavailable at the moment; try again");
    } else {
        client->id = message.id = ++client->control->last_id;
        client->undeliverable = request->undeliverable != 0;
        client->scan = scan;
        client->awaits = AWAITS_TEST;
        ipc_send(scan->ipc, IPC_TEST_SCAN, &message, fd);
        event_del(client->timer); /* scan has deadlines of its own */
    }
}

static void begin_quarantine(struct control_client *client, const struct quarantine_request *request)
{
    struct child *keeper = find_ready(client->control->parent, ROLE_KEEPER);
    struct ipc_quarantine message = {.request = *request};

    if (!keeper) {
        parent_control_client_refuse(client, "the quarantine is unavailable at the moment; try again");
        return;
    }
    client->id = message.id = ++client->control->last_id;
    client->keeper = keeper;
    client->awaits = AWAITS_QUARANTINE;
    keeper->outstanding++;
    ipc_send(keeper->ipc, IPC_QUARANTINE, &message, -1);
    event_del(client->timer); /* a disk may be slow; if the keeper ends, parent_answers_lost reports that */
}

static void begin_reload(struct control_client *client)
{
    struct parent *parent = client->control->parent;

    client->awaits = AWAITS_RELOAD;
    client->reload = parent->reload.started + 1;
    event_del(client->timer); /* loading signatures may take long */
    parent_reload_request(parent);
}

void parent_requests_begin(struct control_client *client, const struct control_message *message)
{
    client->has_requested = true;
    switch (message->kind) {
    case CONTROL_STATUS: begin_status(client); break;
    case CONTROL_RELOAD: begin_reload(client); break;
    case CONTROL_TEST_SCAN: begin_test(client, &message->as.TEST_SCAN, message->carried); break;
    case CONTROL_QUARANTINE: begin_quarantine(client, &message->as.QUARANTINE); break;
    case CONTROL_STATE:
    case CONTROL_PROCESS:
    case CONTROL_ENGINE:
    case CONTROL_VERDICT:
    case CONTROL_QUARANTINED:
    case CONTROL_TEXT:
    case CONTROL_DONE:
    case CONTROL_KINDS: break; /* these are not requests: control_receive rejects them */
    }
}

void parent_requests_overdue(struct control_client *client)
{
    if (client->awaits & (AWAITS_ENGINES | AWAITS_HELD))
        parent_control_client_finish_status(client);
    else
        parent_control_client_refuse(client, "no answer in time");
}
