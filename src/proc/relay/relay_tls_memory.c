#include "proc/relay/relay_tls.h"

#include <stdlib.h>

enum { SERVERS_MAX = 256, CERTIFICATE_MS = 3600 * 1000 };

struct server {
    union inet_address address;
    char name[TLS_HELLO_NAME_SIZE];
    uint64_t until_ms; /* 0: the place is free */
};

struct relay_tls_memory {
    struct server servers[SERVERS_MAX];
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
