#include "proc/relay/relay_tls.h"

#include <stdlib.h>

enum { SERVERS_MAX = 256, CLIENTS_MAX = 1024, CERTIFICATE_MS = 3600 * 1000 };

struct server {
    union inet_address address;
    char name[TLS_HELLO_NAME_SIZE];
    uint64_t until_ms; /* 0: the place is free */
};

struct client {
    union inet_address client, server;
    unsigned rejects;
    bool has_succeeded;
    uint64_t last_ms; /* 0: the place is free */
};

struct relay_tls_memory {
    struct server servers[SERVERS_MAX];
    struct client clients[CLIENTS_MAX];
};

struct relay_tls_memory *relay_tls_memory_new(void)
{
    return mem_alloc_zero(sizeof(struct relay_tls_memory));
}

static bool is_same_server(const union inet_address *a, const union inet_address *b)
{
    return a->any.sa_family == b->any.sa_family && address_port(a) == address_port(b) &&
           address_same_host(&a->any, &b->any);
}

static bool is_for(const struct server *server, const union inet_address *address, const char *name)
{
    return server->until_ms && is_same_server(&server->address, address) &&
           strcmp(server->name, name ? name : "") == 0;
}

void relay_tls_memory_note_certificate(struct relay_tls_memory *memory, const union inet_address *server,
                                       const char *name, uint64_t now_ms)
{
    struct server *place = &memory->servers[0];

    for (int i = 0; i < SERVERS_MAX; i++) {
        if (is_for(&memory->servers[i], server, name)) {
            place = &memory->servers[i];
            break;
        }
        if (memory->servers[i].until_ms < place->until_ms)
            place = &memory->servers[i];
    }
    *place = (struct server){.address = *server, .until_ms = now_ms + CERTIFICATE_MS};
    if (name)
        memcpy(place->name, name, strlen(name) + 1);
}

bool relay_tls_memory_wants_certificate(const struct relay_tls_memory *memory,
                                        const union inet_address *server, const char *name, uint64_t now_ms)
{
    for (int i = 0; i < SERVERS_MAX; i++)
        if (is_for(&memory->servers[i], server, name))
            return memory->servers[i].until_ms > now_ms;
    return false;
}

static bool is_pair(const struct client *entry, const union inet_address *client,
                    const union inet_address *server)
{
    return entry->last_ms && entry->client.any.sa_family == client->any.sa_family &&
           address_same_host(&entry->client.any, &client->any) && is_same_server(&entry->server, server);
}

static struct client *find_client(struct relay_tls_memory *memory, const union inet_address *client,
                                  const union inet_address *server)
{
    for (int i = 0; i < CLIENTS_MAX; i++)
        if (is_pair(&memory->clients[i], client, server))
            return &memory->clients[i];
    return NULL;
}

/* If all places are taken, forgets the pair that was used least recently. */
static struct client *make_client(struct relay_tls_memory *memory, const union inet_address *client,
                                  const union inet_address *server)
{
    struct client *oldest = &memory->clients[0];

    for (int i = 1; i < CLIENTS_MAX; i++)
        if (memory->clients[i].last_ms < oldest->last_ms)
            oldest = &memory->clients[i];
    *oldest = (struct client){.client = *client, .server = *server};
    return oldest;
}

static struct client *get_client(struct relay_tls_memory *memory, const union inet_address *client,
                                 const union inet_address *server, uint64_t now_ms)
{
    struct client *entry = find_client(memory, client, server);

    if (!entry)
        entry = make_client(memory, client, server);
    entry->last_ms = now_ms;
    return entry;
}

unsigned relay_tls_memory_note_reject(struct relay_tls_memory *memory, const union inet_address *client,
                                      const union inet_address *server, uint64_t now_ms)
{
    struct client *entry = get_client(memory, client, server, now_ms);

    return entry->has_succeeded ? 0 : ++entry->rejects;
}

void relay_tls_memory_note_success(struct relay_tls_memory *memory, const union inet_address *client,
                                   const union inet_address *server, uint64_t now_ms)
{
    struct client *entry = get_client(memory, client, server, now_ms);

    entry->has_succeeded = true;
    entry->rejects = 0;
}

bool relay_tls_memory_is_untrusting(const struct relay_tls_memory *memory, const union inet_address *client,
                                    const union inet_address *server, const struct conf_tls *conf,
                                    uint64_t now_ms)
{
    for (int i = 0; i < CLIENTS_MAX; i++) {
        const struct client *entry = &memory->clients[i];

        if (is_pair(entry, client, server))
            return !entry->has_succeeded && entry->rejects >= conf->untrusting_after &&
                   now_ms - entry->last_ms < conf->untrusting_for_ms;
    }
    return false;
}
