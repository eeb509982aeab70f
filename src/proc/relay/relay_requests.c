/* Requests to scan, to readers and to the keeper. If no process of the role is available, because it is being
 * restarted, the request is sent later. The session's timer limits this wait. */

#include "proc/relay/relay_internal.h"

#include "base/address.h"

#include <stdlib.h>
#include <string.h>

static uint64_t id_of(const struct relay *relay, const struct relay_request *request)
{
    return (uint64_t)request->generation << 32 | (uint64_t)(request - relay->requests);
}

static void count_held(const struct relay *relay, int64_t octets)
{
    session_stats_add_held(relay->start->stats, relay->start->index, octets);
}

static void release(struct relay *relay, struct relay_request *request)
{
    if (request->owner)
        request->owner->request = NULL;
    count_held(relay, -(int64_t)request->held);
    request->held = 0;
    relay_seat_leave(&request->seat);
    request->used = false;
    request->backend = NULL;
    request->owner = NULL;
    request->generation++;
}

/* Growing may move the array. The pointers of the owners are then updated. */
static void grow(struct relay *relay)
{
    uint32_t count = relay->request_count ? relay->request_count * 2 : 64;

    relay->requests = mem_grow(relay->requests, count, sizeof *relay->requests);
    memset(relay->requests + relay->request_count, 0,
           (count - relay->request_count) * sizeof *relay->requests);
    for (uint32_t i = 0; i < relay->request_count; i++)
        if (relay->requests[i].owner)
            relay->requests[i].owner->request = &relay->requests[i];
    relay->request_count = count;
}

static struct relay_request *find_free(struct relay *relay)
{
    for (uint32_t i = 0; i < relay->request_count; i++) {
        uint32_t slot = (relay->next_slot + i) % relay->request_count;

        if (relay->requests[slot].used)
            continue;
        relay->next_slot = slot + 1;
        return &relay->requests[slot];
    }
    relay->next_slot = relay->request_count;
    grow(relay);
    return find_free(relay);
}

static bool send_scan(struct relay *relay, struct relay_request *request, int fd)
{
    struct ipc_scan scan = {.id = id_of(relay, request),
                            .size = request->owner->spool.octets,
                            .kind = (uint8_t)request->owner->session->protocol->kind};

    address_client(&request->owner->session->client_address.any, scan.client);
    return ipc_send(request->backend->channel, IPC_SCAN, &scan, fd);
}

static bool send_read(struct relay *relay, struct relay_request *request, int fd)
{
    struct ipc_read read = {.id = id_of(relay, request), .size = request->owner->spool.octets};

    return ipc_send(request->backend->channel, IPC_READ, &read, fd);
}

static bool send_store(struct relay *relay, struct relay_request *request, int fd)
{
    struct ipc_store store = {
        .id = id_of(relay, request),
        .destroy = request->owner->incident->destroy,
        .incident = request->owner->incident->incident,
    };

    return ipc_send(request->backend->channel, IPC_STORE, &store, fd);
}

static enum role role_asked(const struct relay_request *request)
{
    return request->kind == IPC_SCAN ? ROLE_SCAN : request->kind == IPC_READ ? ROLE_READER : ROLE_KEEPER;
}

static bool send_packet(struct relay *relay, struct relay_request *request)
{
    int fd = spool_share(&request->owner->spool);

    if (request->kind == IPC_SCAN)
        return send_scan(relay, request, fd);
    return request->kind == IPC_READ ? send_read(relay, request, fd) : send_store(relay, request, fd);
}

static void send_request(struct relay *relay, struct relay_request *request)
{
    request->backend = relay_backend_next(relay, role_asked(request));
    if (!request->backend)
        return;
    if (send_packet(relay, request)) {
        request->backend->outstanding++;
    } else {
        request->backend = NULL;
        relay->has_refused = true;
    }
}

bool relay_request(struct held_message *message, enum ipc_kind kind, relay_reply_handler *handler)
{
    struct relay *relay = message->session->relay;
    struct relay_request *request;

    if (spool_share(&message->spool) < 0) {
        int error = errno;

        relay_log_spool(relay, error);
        errno = error;
        return false;
    }
    request = find_free(relay);
    *request = (struct relay_request){
        .kind = kind, .owner = message, .handler = handler, .used = true, .generation = request->generation};
    message->request = request;
    send_request(relay, request);
    return true;
}

bool relay_request_is_sent(const struct held_message *message, enum ipc_kind kind)
{
    const struct relay_request *request = message->request;

    return request && request->kind == kind && request->backend;
}

static void withdraw(struct relay *relay, struct relay_request *request)
{
    struct held_message *message = request->owner;

    request->owner = NULL;
    message->request = NULL;
    request->seat = relay_seat_share(message->session->seat);
    request->held = message->held;
    count_held(relay, (int64_t)request->held);
    if (request->kind == IPC_SCAN)
        ipc_send(request->backend->channel, IPC_CANCEL, &(struct ipc_cancel){id_of(relay, request)}, -1);
}

void relay_request_abandon(struct held_message *message)
{
    struct relay_request *request = message->request;

    if (!request)
        return;
    if (request->backend)
        withdraw(message->session->relay, request);
    else
        release(message->session->relay, request);
}

void relay_request_send_waiting(struct relay *relay)
{
    for (uint32_t i = 0; i < relay->request_count; i++)
        if (relay->requests[i].used && !relay->requests[i].backend)
            send_request(relay, &relay->requests[i]);
}

static void finish(struct relay *relay, struct relay_request *request, const void *reply)
{
    struct held_message *owner = request->owner;
    relay_reply_handler *handler = request->handler;

    release(relay, request);
    if (owner)
        handler(owner, reply);
}

/* A READ is repeated once. If the second reader dies, too, the notice is made without header data. So no
 * message can block its mailbox [P4]. */
static void fail_request(struct relay *relay, struct relay_request *request)
{
    if (request->owner && request->kind == IPC_READ && !request->is_retry) {
        request->is_retry = true;
        request->backend = NULL;
        return;
    }
    finish(relay, request, NULL);
}

void relay_request_backend_lost(struct relay *relay, const struct relay_backend *backend)
{
    for (uint32_t i = 0; i < relay->request_count; i++)
        if (relay->requests[i].used && relay->requests[i].backend == backend)
            fail_request(relay, &relay->requests[i]);
}

/* Returns the outstanding request with that id, or NULL. */
static struct relay_request *find_answered(struct relay *relay, const struct relay_backend *backend,
                                           uint64_t id, enum ipc_kind kind)
{
    uint32_t slot = (uint32_t)id;
    struct relay_request *request = slot < relay->request_count ? &relay->requests[slot] : NULL;

    if (!request || id_of(relay, request) != id || request->kind != kind)
        return NULL;
    return request->used && request->backend == backend ? request : NULL;
}

static void take_reply(struct relay *relay, struct relay_backend *backend, enum ipc_kind kind, uint64_t id,
                       const void *reply)
{
    struct relay_request *request = find_answered(relay, backend, id, kind);

    if (!request) {
        ipc_violation(backend->channel, "an unexpected reply");
        return;
    }
    backend->outstanding--;
    finish(relay, request, reply);
    if (relay->has_refused) {
        relay->has_refused = false;
        relay_request_send_waiting(relay);
    }
}

void relay_request_answered(struct relay *relay, struct relay_backend *backend, enum ipc_kind kind,
                            const void *payload)
{
    if (kind == IPC_VERDICT) {
        const struct ipc_verdict *answer = payload;

        if (verdict_is_valid(&answer->verdict))
            take_reply(relay, backend, IPC_SCAN, answer->id, &answer->verdict);
        else
            ipc_violation(backend->channel, "a malformed verdict");
    } else if (kind == IPC_FACTS) {
        take_reply(relay, backend, IPC_READ, ((const struct ipc_facts *)payload)->id, payload);
    } else {
        take_reply(relay, backend, IPC_STORE, ((const struct ipc_stored *)payload)->id, payload);
    }
}

void relay_requests_free(struct relay *relay)
{
    for (uint32_t i = 0; i < relay->request_count; i++)
        if (relay->requests[i].used)
            release(relay, &relay->requests[i]);
    free(relay->requests);
    relay->requests = NULL;
    relay->request_count = 0;
}
