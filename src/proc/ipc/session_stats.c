#include "proc/ipc/session_stats.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>

/* Open addressing, linear probing, keyed by address alone: all relays' rows of one client stand in one run.
 *
 * Every change is such that a process may be killed between any two of its writes: a row counts only once its
 * count is not zero, and that is written last. A relay writes no other relay's rows, but for taking rows
 * that count nothing off the end of a run, which is right at every step. So a lock whose owner died needs no
 * repair: what is half done belongs to the dead relay, and census_forget_relay takes it away. */
enum { SLOTS = 1 << 17 };

struct row {
    uint8_t address[16]; /* IPv4 mapped */
    uint32_t relay;
    uint16_t used; /* 0: no run goes through here */
    uint16_t spare;
    uint32_t count; /* 0: free to take */
};

/* Written with every message: on a cache line of its own, so that relays do not wait for each other. */
struct hold {
    alignas(64) _Atomic int64_t octets;
};

struct census {
    pthread_mutex_t lock;
    uint64_t key[2];
    unsigned relays;
    _Atomic unsigned holding; /* relays from here on have never held anything */
    unsigned totals[CENSUS_RELAYS_MAX];
    alignas(64) uint64_t counts[CENSUS_COUNTERS];
    struct hold held[CENSUS_RELAYS_MAX];
    struct row rows[SLOTS];
};

struct census *census_new(unsigned relays)
{
    struct census *census;
    pthread_mutexattr_t how;

    assert(relays <= CENSUS_RELAYS_MAX);
    census =
        mmap(NULL, sizeof *census, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (census == MAP_FAILED)
        return NULL;
    census->relays = relays;
    if (getrandom(census->key, sizeof census->key, 0) != sizeof census->key)
        abort();
    pthread_mutexattr_init(&how);
    pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&census->lock, &how);
    pthread_mutexattr_destroy(&how);
    return census;
}

void census_free(struct census **census)
{
    if (*census)
        munmap(*census, sizeof **census);
    *census = NULL;
}

static void lock(struct census *census)
{
    if (pthread_mutex_lock(&census->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&census->lock);
}

static void unlock(struct census *census)
{
    pthread_mutex_unlock(&census->lock);
}

static void take_address(const struct sockaddr *client, uint8_t address[16])
{
    memset(address, 0, 16);
    if (client->sa_family == AF_INET6) {
        memcpy(address, &((const struct sockaddr_in6 *)(const void *)client)->sin6_addr, 16);
    } else if (client->sa_family == AF_INET) {
        address[10] = address[11] = 0xff;
        memcpy(address + 12, &((const struct sockaddr_in *)(const void *)client)->sin_addr, 4);
    }
}

/* Keyed, so that a client cannot choose addresses that share a slot. */
static size_t first_slot(const struct census *census, const uint8_t address[16])
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t half[2], hash;

    memcpy(half, address, sizeof half);
    hash = (half[0] ^ census->key[0]) * odd;
    hash = ((hash ^ hash >> 32) + (half[1] ^ census->key[1])) * odd;
    return (size_t)((hash ^ hash >> 29) * odd >> 40) % SLOTS;
}

struct found {
    struct row *own;  /* this relay's row of the client */
    struct row *free; /* where one can be made */
    unsigned count;   /* sessions of the client over all relays */
};

static struct found find(struct census *census, unsigned relay, const uint8_t address[16])
{
    struct found found = {0};
    size_t first = first_slot(census, address);

    for (size_t i = 0; i < SLOTS; i++) {
        struct row *row = &census->rows[(first + i) % SLOTS];

        if (row->count == 0 && !found.free)
            found.free = row;
        if (!row->used)
            break;
        if (row->count == 0 || memcmp(row->address, address, 16) != 0)
            continue;
        found.count += row->count;
        if (row->relay == relay)
            found.own = row;
    }
    return found;
}

static unsigned sum(const struct census *census)
{
    unsigned total = 0;

    for (unsigned i = 0; i < census->relays; i++)
        total += census->totals[i];
    return total;
}

static enum err count_in(struct census *census, unsigned relay, const uint8_t address[16], unsigned max_all,
                         unsigned max_per_client)
{
    struct found found;

    if (max_all && sum(census) >= max_all)
        return ERR_SESSIONS_MAX;
    found = find(census, relay, address);
    if (max_per_client && found.count >= max_per_client)
        return ERR_SESSIONS_MAX_PER_CLIENT;
    if (found.own) {
        found.own->count++;
    } else if (found.free) {
        memcpy(found.free->address, address, 16);
        found.free->relay = relay;
        found.free->used = 1;
        __atomic_store_n(&found.free->count, 1, __ATOMIC_RELEASE);
    } else {
        return ERR_SESSIONS_MAX;
    }
    census->totals[relay]++;
    return ERR_NONE;
}

enum err census_enter(struct census *census, unsigned relay, const struct sockaddr *client, unsigned max_all,
                      unsigned max_per_client)
{
    uint8_t address[16];
    enum err err;

    assert(relay < census->relays);
    take_address(client, address);
    lock(census);
    err = count_in(census, relay, address, max_all, max_per_client);
    unlock(census);
    return err;
}

/* Rows that count nothing at the end of a run are no part of it. */
static void shorten_run(struct census *census, size_t slot)
{
    if (census->rows[(slot + 1) % SLOTS].used)
        return;
    while (census->rows[slot].used && census->rows[slot].count == 0) {
        census->rows[slot].used = 0;
        slot = (slot + SLOTS - 1) % SLOTS;
    }
}

void census_leave(struct census *census, unsigned relay, const struct sockaddr *client)
{
    uint8_t address[16];
    struct found found;

    take_address(client, address);
    lock(census);
    found = find(census, relay, address);
    if (found.own) {
        if (--found.own->count == 0)
            shorten_run(census, (size_t)(found.own - census->rows));
        census->totals[relay]--;
    }
    unlock(census);
}

void census_forget_relay(struct census *census, unsigned relay)
{
    lock(census);
    for (size_t slot = 0; slot < SLOTS; slot++) {
        struct row *row = &census->rows[slot];

        if (!row->used || row->relay != relay)
            continue;
        row->count = 0;
        shorten_run(census, slot);
    }
    census->totals[relay] = 0;
    atomic_store(&census->held[relay].octets, 0);
    unlock(census);
}

unsigned census_total(struct census *census)
{
    unsigned total;

    lock(census);
    total = sum(census);
    unlock(census);
    return total;
}

void census_hold(struct census *census, unsigned relay, int64_t more)
{
    unsigned holding = atomic_load_explicit(&census->holding, memory_order_relaxed);

    while (holding <= relay && !atomic_compare_exchange_weak(&census->holding, &holding, relay + 1))
        continue;
    atomic_fetch_add_explicit(&census->held[relay].octets, more, memory_order_relaxed);
}

uint64_t census_held(const struct census *census)
{
    int64_t sum = 0;

    unsigned holding = atomic_load_explicit(&census->holding, memory_order_relaxed);

    for (unsigned i = 0; i < holding && i < CENSUS_RELAYS_MAX; i++)
        sum += atomic_load_explicit(&census->held[i].octets, memory_order_relaxed);
    return sum > 0 ? (uint64_t)sum : 0;
}

void census_count(struct census *census, enum census_counter counter)
{
    __atomic_add_fetch(&census->counts[counter], 1, __ATOMIC_RELAXED);
}

uint64_t census_counted(const struct census *census, enum census_counter counter)
{
    return __atomic_load_n(&census->counts[counter], __ATOMIC_RELAXED);
}

static const char *const counter_names[] = {
#define X(counter, name) name,
    CENSUS_TABLE(X)
#undef X
};

const char *census_counter_name(enum census_counter counter)
{
    return counter_names[counter];
}
