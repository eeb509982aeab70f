#include "scan/scan_clients.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { BUCKETS = 256 };

struct scan_client {
    LIST_ENTRY(scan_client) in_bucket;
    TAILQ_ENTRY(scan_client) in_idle; /* while requests is 0 */
    uint8_t key[ADDRESS_CLIENT_SIZE];
    size_t requests;
    enum scan_client_pace pace;
    uint64_t slow_at_ms; /* if SCAN_CLIENT_SLOW: when the last slow scan ended */
    uint64_t served;
    uint64_t cost_us, at_ms; /* cost of ended scans, as it was at at_ms */
    unsigned running;
    uint64_t began_sum_ms; /* sum of the times at which the running scans began */
};

struct scan_clients {
    LIST_HEAD(, scan_client) buckets[BUCKETS];
    TAILQ_HEAD(, scan_client) idle; /* idle for longest first */
    size_t idle_count;
};

static size_t bucket_of(const uint8_t key[ADDRESS_CLIENT_SIZE])
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < ADDRESS_CLIENT_SIZE; i++)
        hash = (hash ^ key[i]) * 16777619u;
    return hash % BUCKETS;
}

static void free_client(struct scan_client *client)
{
    LIST_REMOVE(client, in_bucket);
    free(client);
}

static void drop_longest_idle(struct scan_clients *clients)
{
    struct scan_client *client = TAILQ_FIRST(&clients->idle);

    TAILQ_REMOVE(&clients->idle, client, in_idle);
    clients->idle_count--;
    free_client(client);
}

struct scan_client *scan_clients_enter(struct scan_clients *clients, const uint8_t key[ADDRESS_CLIENT_SIZE])
{
    size_t bucket = bucket_of(key);
    struct scan_client *client;

    LIST_FOREACH(client, &clients->buckets[bucket], in_bucket)
    if (memcmp(client->key, key, ADDRESS_CLIENT_SIZE) == 0)
        break;
    if (!client) {
        client = mem_alloc_zero(sizeof *client);
        memcpy(client->key, key, ADDRESS_CLIENT_SIZE);
        client->pace = SCAN_CLIENT_NEW;
        LIST_INSERT_HEAD(&clients->buckets[bucket], client, in_bucket);
    } else if (client->requests == 0) {
        TAILQ_REMOVE(&clients->idle, client, in_idle);
        clients->idle_count--;
    }
    client->requests++;
    return client;
}

void scan_clients_leave(struct scan_clients *clients, struct scan_client *client)
{
    if (--client->requests)
        return;
    TAILQ_INSERT_TAIL(&clients->idle, client, in_idle);
    if (++clients->idle_count > SCAN_CLIENTS_IDLE_MAX)
        drop_longest_idle(clients);
}

/* Halves the cost for each half-life; a fraction of one is interpolated. */
static uint64_t decayed_us(const struct scan_client *client, uint64_t now_ms)
{
    uint64_t passed = now_ms - client->at_ms, halvings = passed / SCAN_CLIENTS_HALF_LIFE_MS;
    uint64_t cost = halvings < 64 ? client->cost_us >> halvings : 0;

    return cost - cost * (passed % SCAN_CLIENTS_HALF_LIFE_MS) / (2 * SCAN_CLIENTS_HALF_LIFE_MS);
}

void scan_client_begin(struct scan_client *client, uint64_t now_ms, uint64_t turn)
{
    client->served = turn;
    client->running++;
    client->began_sum_ms += now_ms;
}

void scan_client_end(struct scan_client *client, uint64_t began_ms, uint64_t now_ms, bool is_complete)
{
    client->cost_us = decayed_us(client, now_ms) + (now_ms - began_ms) * 1000;
    client->at_ms = now_ms;
    client->running--;
    client->began_sum_ms -= began_ms;
    if (now_ms - began_ms >= SCAN_CLIENTS_SLOW_MS) {
        client->pace = SCAN_CLIENT_SLOW;
        client->slow_at_ms = now_ms;
    } else if (client->pace == SCAN_CLIENT_NEW && is_complete) {
        client->pace = SCAN_CLIENT_QUICK;
    }
}

uint64_t scan_client_served(const struct scan_client *client)
{
    return client->served;
}

unsigned scan_client_running(const struct scan_client *client)
{
    return client->running;
}

enum scan_client_pace scan_client_pace(const struct scan_client *client, uint64_t now_ms)
{
    bool is_forgiven =
        client->pace == SCAN_CLIENT_SLOW && now_ms - client->slow_at_ms >= SCAN_CLIENTS_FORGIVEN_MS;

    return is_forgiven ? SCAN_CLIENT_QUICK : client->pace;
}

unsigned scan_client_level(const struct scan_client *client, uint64_t now_ms)
{
    uint64_t running_ms = client->running * now_ms - client->began_sum_ms;
    uint64_t units = (decayed_us(client, now_ms) / 1000 + running_ms) / SCAN_CLIENTS_CALM_MS;
    unsigned level = 0;

    for (; units; units /= 2)
        level++;
    return level;
}

struct scan_clients *scan_clients_new(void)
{
    struct scan_clients *clients = mem_alloc_zero(sizeof *clients);

    for (size_t i = 0; i < BUCKETS; i++)
        LIST_INIT(&clients->buckets[i]);
    TAILQ_INIT(&clients->idle);
    return clients;
}

void scan_clients_free(struct scan_clients **owned)
{
    struct scan_clients *clients = *owned;

    *owned = NULL;
    if (!clients)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        while (!LIST_EMPTY(&clients->buckets[i]))
            free_client(LIST_FIRST(&clients->buckets[i]));
    free(clients);
}
