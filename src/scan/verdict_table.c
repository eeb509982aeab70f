#include "scan/verdict_table.h"

#include "base/buf.h"
#include "sys/shared_readonly.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WAYS = 4 }; /* slots that a message may occupy */

/* Seqlock: `turn` is odd while the slot is being written. */
struct slot {
    _Atomic uint32_t turn;
    uint32_t epoch; /* epoch of the entry; 0: never written */
    uint64_t fingerprint;
    uint8_t kind; /* enum message_kind */
    struct digest message;
    struct verdict verdict;
};

struct set {
    struct slot slots[WAYS];
    uint32_t next; /* only for the writer: the slot to evict next */
};

struct shared_table {
    _Atomic uint32_t epoch;
    struct set sets[];
};

struct verdict_table {
    struct shared_table *shared;
    uint32_t set_count;
    int fd;
};

struct verdict_table_view {
    const struct shared_table *shared;
    uint32_t set_count;
};

static uint32_t sets_for(uint32_t entries)
{
    return entries < WAYS ? 1 : entries / WAYS;
}

static size_t size_of(uint32_t set_count)
{
    return sizeof(struct shared_table) + set_count * sizeof(struct set);
}

static bool is_slot_of(const struct slot *slot, enum message_kind kind, const struct digest *message)
{
    return slot->kind == kind && memcmp(&slot->message, message, sizeof *message) == 0;
}

struct verdict_table *verdict_table_new(uint32_t entries)
{
    struct verdict_table *table = mem_alloc_zero(sizeof *table);

    table->set_count = sets_for(entries);
    table->shared = shared_readonly_new("postern-verdicts", size_of(table->set_count), &table->fd);
    if (table->shared && madvise(table->shared, size_of(table->set_count), MADV_DONTFORK) == 0)
        table->shared->epoch = 1;
    else if (table->shared)
        verdict_table_free(&table);
    else
        free(table), table = NULL;
    return table;
}

void verdict_table_free(struct verdict_table **table)
{
    if (!*table)
        return;
    shared_readonly_free((*table)->shared, size_of((*table)->set_count));
    close((*table)->fd);
    free(*table);
    *table = NULL;
}

int verdict_table_fd(const struct verdict_table *table)
{
    return table->fd;
}

static struct slot *choose_slot(struct set *set, enum message_kind kind, const struct digest *message)
{
    for (int i = 0; i < WAYS; i++)
        if (set->slots[i].epoch && is_slot_of(&set->slots[i], kind, message))
            return &set->slots[i];
    return &set->slots[set->next++ % WAYS];
}

void verdict_table_post(struct verdict_table *table, enum message_kind kind, uint64_t fingerprint,
                        const struct digest *message, const struct verdict *verdict)
{
    struct slot *slot = choose_slot(&table->shared->sets[fingerprint % table->set_count], kind, message);
    uint32_t turn = atomic_load_explicit(&slot->turn, memory_order_relaxed);

    atomic_store_explicit(&slot->turn, turn + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    slot->epoch = atomic_load_explicit(&table->shared->epoch, memory_order_relaxed);
    slot->fingerprint = fingerprint;
    slot->kind = (uint8_t)kind;
    slot->message = *message;
    slot->verdict = *verdict;
    atomic_store_explicit(&slot->turn, turn + 2, memory_order_release);
}

void verdict_table_clear(struct verdict_table *table)
{
    atomic_fetch_add(&table->shared->epoch, 1);
}

struct verdict_table_view *verdict_table_view_new(int fd, uint32_t entries)
{
    struct verdict_table_view *view = mem_alloc_zero(sizeof *view);

    view->set_count = sets_for(entries);
    view->shared = shared_readonly_open(fd, size_of(view->set_count));
    if (!view->shared)
        verdict_table_view_free(&view);
    return view;
}

void verdict_table_view_free(struct verdict_table_view **view)
{
    if (!*view)
        return;
    shared_readonly_free((*view)->shared, size_of((*view)->set_count));
    free(*view);
    *view = NULL;
}

/* Copies the slot, then checks that it did not change meanwhile. */
static bool read_slot(const struct slot *slot, enum message_kind kind, const struct digest *message,
                      uint32_t epoch, struct verdict *verdict)
{
    uint32_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);
    bool found = turn % 2 == 0 && slot->epoch == epoch && is_slot_of(slot, kind, message);

    if (found)
        *verdict = slot->verdict;
    atomic_thread_fence(memory_order_acquire);
    return found && atomic_load_explicit(&slot->turn, memory_order_relaxed) == turn;
}

bool verdict_table_view_has(const struct verdict_table_view *view, enum message_kind kind,
                            uint64_t fingerprint)
{
    const struct set *set = &view->shared->sets[fingerprint % view->set_count];
    uint32_t epoch = atomic_load(&view->shared->epoch);

    for (int i = 0; i < WAYS; i++)
        if (set->slots[i].epoch == epoch && set->slots[i].kind == kind &&
            set->slots[i].fingerprint == fingerprint)
            return true;
    return false;
}

bool verdict_table_view_get(const struct verdict_table_view *view, enum message_kind kind,
                            uint64_t fingerprint, const struct digest *message, struct verdict *verdict)
{
    const struct shared_table *table = view->shared;
    const struct set *set = &table->sets[fingerprint % view->set_count];
    uint32_t epoch = atomic_load(&table->epoch);

    for (int i = 0; i < WAYS; i++)
        if (read_slot(&set->slots[i], kind, message, epoch, verdict))
            return atomic_load(&table->epoch) == epoch;
    return false;
}
