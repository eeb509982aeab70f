#include "proc/ipc/session_stats.h"

#include "base/address.h"
#include "sys/shared_lock.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>

/* The rows are a hash table with linear probing. Its key is the address alone. So all rows of one client, one
 * per relay and protocol, are in one run of used slots.
 *
 * A process may be killed between any two of its writes. A row is valid only if its count is not zero, and
 * the count is written last. A relay writes only to its own rows and to unused ones: it takes an unused row,
 * or removes unused rows from the end of a run. Each of these steps leaves the table consistent. Therefore
 * the table needs no repair when the owner of the lock has died. Incomplete changes are in rows of the dead
 * relay, which session_stats_forget_relay removes. */
enum { SLOTS = 1 << 17 };

struct row {
    uint8_t address[ADDRESS_CLIENT_SIZE];
    uint32_t relay;
    uint16_t used; /* 0: not part of a run */
    uint16_t protocol;
    uint32_t count; /* 0: unused */
};

/* Written for every message. Each element has a cache line of its own, so that relays do not contend for it.
 */
struct held {
    alignas(64) _Atomic int64_t octets;
};

struct session_stats {
    pthread_mutex_t lock;
    uint64_t key[2];
    unsigned relays;
    _Atomic unsigned held_end; /* no relay with this number or a higher one has ever held a message */
    unsigned totals[PROTOCOLS_MAX][SESSION_STATS_RELAYS_MAX];
    alignas(64) uint64_t counts[PROTOCOLS_MAX][SESSION_STATS_COUNTERS];
    struct held held[SESSION_STATS_RELAYS_MAX];
    struct row rows[SLOTS];
};

struct session_stats *session_stats_new(unsigned relays)
{
    struct session_stats *stats;

    assert(relays <= SESSION_STATS_RELAYS_MAX);
    stats =
        mmap(NULL, sizeof *stats, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stats == MAP_FAILED)
        return NULL;
    stats->relays = relays;
    if (getrandom(stats->key, sizeof stats->key, 0) != sizeof stats->key)
        abort();
    shared_lock_init(&stats->lock);
    return stats;
}

void session_stats_free(struct session_stats **stats)
{
    if (*stats)
        munmap(*stats, sizeof **stats);
    *stats = NULL;
}

/* The hash has a secret key, so that a client cannot choose addresses that share a slot. */
static size_t first_slot(const struct session_stats *stats, const uint8_t address[ADDRESS_CLIENT_SIZE])
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t half[2], hash;

    memcpy(half, address, sizeof half);
    hash = (half[0] ^ stats->key[0]) * odd;
    hash = ((hash ^ hash >> 32) + (half[1] ^ stats->key[1])) * odd;
    return (size_t)((hash ^ hash >> 29) * odd >> 40) % SLOTS;
}

/* The key of a row. */
struct key {
    unsigned relay;
    enum protocol_id protocol;
    uint8_t address[ADDRESS_CLIENT_SIZE];
};

static struct key key_of(unsigned relay, enum protocol_id protocol, const struct sockaddr *client)
{
    struct key key = {relay, protocol, {0}};

    assert(protocol < PROTOCOLS_MAX);
    address_client(client, key.address);
    return key;
}

struct found {
    struct row *own;  /* the row of this relay, client and protocol; NULL: none yet */
    struct row *free; /* a row that can become `own`; NULL: none */
    unsigned count;   /* sessions of the client and protocol over all relays */
};

static struct found find(struct session_stats *stats, const struct key *key)
{
    struct found found = {0};
    size_t first = first_slot(stats, key->address);

    for (size_t i = 0; i < SLOTS; i++) {
        struct row *row = &stats->rows[(first + i) % SLOTS];

        if (row->count == 0 && !found.free)
            found.free = row;
        if (!row->used)
            break;
        if (row->count == 0 || row->protocol != key->protocol || memcmp(row->address, key->address, 16) != 0)
            continue;
        found.count += row->count;
        if (row->relay == key->relay)
            found.own = row;
    }
    return found;
}

static unsigned sum(const struct session_stats *stats, enum protocol_id protocol)
{
    unsigned total = 0;

    for (unsigned i = 0; i < stats->relays; i++)
        total += stats->totals[protocol][i];
    return total;
}

static enum err count_session(struct session_stats *stats, const struct key *key, unsigned max_all,
                              unsigned max_per_client)
{
    struct found found;

    if (max_all && sum(stats, key->protocol) >= max_all)
        return ERR_SESSIONS_MAX;
    found = find(stats, key);
    if (max_per_client && found.count >= max_per_client)
        return ERR_SESSIONS_MAX_PER_CLIENT;
    if (found.own) {
        found.own->count++;
    } else if (found.free) {
        memcpy(found.free->address, key->address, 16);
        found.free->relay = key->relay;
        found.free->protocol = (uint16_t)key->protocol;
        found.free->used = 1;
        __atomic_store_n(&found.free->count, 1, __ATOMIC_RELEASE);
    } else {
        return ERR_SESSIONS_MAX;
    }
    stats->totals[key->protocol][key->relay]++;
    return ERR_NONE;
}

enum err session_stats_enter(struct session_stats *stats, unsigned relay, enum protocol_id protocol,
                             const struct sockaddr *client, unsigned max_all, unsigned max_per_client)
{
    struct key key = key_of(relay, protocol, client);
    enum err err;

    assert(relay < stats->relays);
    shared_lock_take(&stats->lock);
    err = count_session(stats, &key, max_all, max_per_client);
    shared_lock_release(&stats->lock);
    return err;
}

/* If the slot is the last one of a run, removes unused rows from the end of this run. */
static void shorten_run(struct session_stats *stats, size_t slot)
{
    if (stats->rows[(slot + 1) % SLOTS].used)
        return;
    while (stats->rows[slot].used && stats->rows[slot].count == 0) {
        stats->rows[slot].used = 0;
        slot = (slot + SLOTS - 1) % SLOTS;
    }
}

void session_stats_leave(struct session_stats *stats, unsigned relay, enum protocol_id protocol,
                         const struct sockaddr *client)
{
    struct key key = key_of(relay, protocol, client);
    struct found found;

    shared_lock_take(&stats->lock);
    found = find(stats, &key);
    if (found.own) {
        if (--found.own->count == 0)
            shorten_run(stats, (size_t)(found.own - stats->rows));
        stats->totals[protocol][relay]--;
    }
    shared_lock_release(&stats->lock);
}

void session_stats_forget_relay(struct session_stats *stats, unsigned relay)
{
    shared_lock_take(&stats->lock);
    for (size_t slot = 0; slot < SLOTS; slot++) {
        struct row *row = &stats->rows[slot];

        if (!row->used || row->relay != relay)
            continue;
        row->count = 0;
        shorten_run(stats, slot);
    }
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        stats->totals[protocol][relay] = 0;
    atomic_store(&stats->held[relay].octets, 0);
    shared_lock_release(&stats->lock);
}

unsigned session_stats_total(struct session_stats *stats)
{
    unsigned total = 0;

    shared_lock_take(&stats->lock);
    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++)
        total += sum(stats, protocol);
    shared_lock_release(&stats->lock);
    return total;
}

void session_stats_add_held(struct session_stats *stats, unsigned relay, int64_t octets)
{
    unsigned end = atomic_load_explicit(&stats->held_end, memory_order_relaxed);

    while (end <= relay && !atomic_compare_exchange_weak(&stats->held_end, &end, relay + 1))
        continue;
    atomic_fetch_add_explicit(&stats->held[relay].octets, octets, memory_order_relaxed);
}

uint64_t session_stats_held(const struct session_stats *stats)
{
    unsigned end = atomic_load_explicit(&stats->held_end, memory_order_relaxed);
    int64_t sum = 0;

    for (unsigned i = 0; i < end && i < SESSION_STATS_RELAYS_MAX; i++)
        sum += atomic_load_explicit(&stats->held[i].octets, memory_order_relaxed);
    return sum > 0 ? (uint64_t)sum : 0;
}

void session_stats_count(struct session_stats *stats, enum protocol_id protocol,
                         enum session_stats_counter counter)
{
    __atomic_add_fetch(&stats->counts[protocol][counter], 1, __ATOMIC_RELAXED);
}

uint64_t session_stats_counted(const struct session_stats *stats, enum protocol_id protocol,
                               enum session_stats_counter counter)
{
    return __atomic_load_n(&stats->counts[protocol][counter], __ATOMIC_RELAXED);
}

static const char *const counter_names[] = {
#define X(counter, name) name,
    SESSION_STATS_TABLE(X)
#undef X
};

const char *session_stats_counter_name(enum session_stats_counter counter)
{
    return counter_names[counter];
}
