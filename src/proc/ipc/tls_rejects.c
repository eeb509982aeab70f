#include "proc/ipc/tls_rejects.h"

#include "base/address.h"
#include "sys/shared_lock.h"

#include <stddef.h>
#include <sys/mman.h>

enum { PAIRS_MAX = 1024 };

/* A process may be killed between any two of its writes. A row is valid only if last_ms is not zero.
 * Therefore that is cleared first and set last, when a row gets another pair. */
struct row {
    struct tls_rejects_pair pair;
    unsigned rejects;
    bool has_succeeded;
    uint64_t last_ms; /* 0: the row is free */
};

struct tls_rejects {
    pthread_mutex_t lock;
    struct row rows[PAIRS_MAX];
};

struct tls_rejects *tls_rejects_new(void)
{
    struct tls_rejects *rejects = mmap(NULL, sizeof *rejects, PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (rejects == MAP_FAILED)
        return NULL;
    shared_lock_init(&rejects->lock);
    return rejects;
}

void tls_rejects_free(struct tls_rejects **rejects)
{
    if (*rejects)
        munmap(*rejects, sizeof **rejects);
    *rejects = NULL;
}

static bool is_for(const struct row *row, const struct tls_rejects_pair *pair)
{
    return row->last_ms && row->pair.authority == pair->authority &&
           address_same_host(&row->pair.client.any, &pair->client.any) &&
           address_same_host(&row->pair.server.any, &pair->server.any) &&
           address_port(&row->pair.server) == address_port(&pair->server);
}

/* Returns NULL if the pair is not in the table, and sets *oldest to the row that may be overwritten. */
static struct row *find(struct tls_rejects *rejects, const struct tls_rejects_pair *pair, struct row **oldest)
{
    *oldest = &rejects->rows[0];
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        struct row *row = &rejects->rows[i];

        if (is_for(row, pair))
            return row;
        if (row->last_ms < (*oldest)->last_ms)
            *oldest = row;
    }
    return NULL;
}

static struct row *get(struct tls_rejects *rejects, const struct tls_rejects_pair *pair, uint64_t now_ms)
{
    struct row *oldest, *row = find(rejects, pair, &oldest);

    if (!row) {
        row = oldest;
        __atomic_exchange_n(&row->last_ms, 0, __ATOMIC_SEQ_CST);
        *row = (struct row){.pair = *pair};
    }
    __atomic_store_n(&row->last_ms, now_ms, __ATOMIC_RELEASE);
    return row;
}

unsigned tls_rejects_note(struct tls_rejects *rejects, const struct tls_rejects_pair *pair, uint64_t now_ms)
{
    struct row *row;
    unsigned count;

    shared_lock_take(&rejects->lock);
    row = get(rejects, pair, now_ms);
    count = row->has_succeeded ? 0 : ++row->rejects;
    shared_lock_release(&rejects->lock);
    return count;
}

void tls_rejects_note_success(struct tls_rejects *rejects, const struct tls_rejects_pair *pair,
                              uint64_t now_ms)
{
    shared_lock_take(&rejects->lock);
    get(rejects, pair, now_ms)->has_succeeded = true;
    shared_lock_release(&rejects->lock);
}

unsigned tls_rejects_count(struct tls_rejects *rejects, const struct tls_rejects_pair *pair,
                           uint64_t since_ms)
{
    struct row *row, *oldest;
    unsigned count;

    shared_lock_take(&rejects->lock);
    row = find(rejects, pair, &oldest);
    count = row && !row->has_succeeded && row->last_ms >= since_ms ? row->rejects : 0;
    shared_lock_release(&rejects->lock);
    return count;
}
