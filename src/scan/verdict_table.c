#include "scan/verdict_table.h"

#include "base/buf.h"
#include "sys/shared_readonly.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WAYS = 4 }; /* places that a message may stand in */

/* `turn` is odd while the slot is written. */
struct slot {
    _Atomic uint32_t turn;
    uint32_t epoch; /* when it was posted; 0: never */
    uint64_t glance;
    uint8_t kind; /* enum message_kind */
    struct digest message;
    struct verdict verdict;
};

struct set {
    struct slot slots[WAYS];
    uint32_t next; /* the writer's: which one goes */
};

struct table {
    _Atomic uint32_t epoch;
    struct set sets[];
};

struct verdict_table {
    struct table *table;
    uint32_t set_count;
    int fd;
};

struct verdict_table_view {
    const struct table *table;
    uint32_t set_count;
};

static uint32_t sets_for(uint32_t entries)
{
    return entries < WAYS ? 1 : entries / WAYS;
}

static size_t size_of(uint32_t set_count)
{
    return sizeof(struct table) + set_count * sizeof(struct set);
}

static bool is_of(const struct slot *slot, enum message_kind kind, const struct digest *message)
{
    return slot->kind == kind && memcmp(&slot->message, message, sizeof *message) == 0;
}

struct verdict_table *verdict_table_new(uint32_t entries)
{
    struct verdict_table *board = mem_alloc_zero(sizeof *board);

    board->set_count = sets_for(entries);
    board->table = shared_readonly_new("postern-verdicts", size_of(board->set_count), &board->fd);
    if (board->table && madvise(board->table, size_of(board->set_count), MADV_DONTFORK) == 0)
        board->table->epoch = 1;
    else if (board->table)
        verdict_table_free(&board);
    else
        free(board), board = NULL;
    return board;
}

void verdict_table_free(struct verdict_table **board)
{
    if (!*board)
        return;
    shared_readonly_free((*board)->table, size_of((*board)->set_count));
    close((*board)->fd);
    free(*board);
    *board = NULL;
}

int verdict_table_fd(const struct verdict_table *board)
{
    return board->fd;
}

static struct slot *choose_slot(struct set *set, enum message_kind kind, const struct digest *message)
{
    for (int i = 0; i < WAYS; i++)
        if (set->slots[i].epoch && is_of(&set->slots[i], kind, message))
            return &set->slots[i];
    return &set->slots[set->next++ % WAYS];
}

void verdict_table_post(struct verdict_table *board, enum message_kind kind, uint64_t glance,
                        const struct digest *message, const struct verdict *verdict)
{
    struct slot *slot = choose_slot(&board->table->sets[glance % board->set_count], kind, message);
    uint32_t turn = atomic_load_explicit(&slot->turn, memory_order_relaxed);

    atomic_store_explicit(&slot->turn, turn + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    slot->epoch = atomic_load_explicit(&board->table->epoch, memory_order_relaxed);
    slot->glance = glance;
    slot->kind = (uint8_t)kind;
    slot->message = *message;
    slot->verdict = *verdict;
    atomic_store_explicit(&slot->turn, turn + 2, memory_order_release);
}

void verdict_table_clear(struct verdict_table *board)
{
    atomic_fetch_add(&board->table->epoch, 1);
}

struct verdict_table_view *verdict_table_view_new(int fd, uint32_t entries)
{
    struct verdict_table_view *view = mem_alloc_zero(sizeof *view);

    view->set_count = sets_for(entries);
    view->table = shared_readonly_open(fd, size_of(view->set_count));
    if (!view->table)
        verdict_table_view_free(&view);
    return view;
}

void verdict_table_view_free(struct verdict_table_view **view)
{
    if (!*view)
        return;
    shared_readonly_free((*view)->table, size_of((*view)->set_count));
    free(*view);
    *view = NULL;
}

/* Copied, then looked whether it was whole meanwhile. */
static bool read_slot(const struct slot *slot, enum message_kind kind, const struct digest *message,
                      uint32_t epoch, struct verdict *verdict)
{
    uint32_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);
    bool found = turn % 2 == 0 && slot->epoch == epoch && is_of(slot, kind, message);

    if (found)
        *verdict = slot->verdict;
    atomic_thread_fence(memory_order_acquire);
    return found && atomic_load_explicit(&slot->turn, memory_order_relaxed) == turn;
}

bool verdict_table_view_has(const struct verdict_table_view *view, enum message_kind kind, uint64_t glance)
{
    const struct set *set = &view->table->sets[glance % view->set_count];
    uint32_t epoch = atomic_load(&view->table->epoch);

    for (int i = 0; i < WAYS; i++)
        if (set->slots[i].epoch == epoch && set->slots[i].kind == kind && set->slots[i].glance == glance)
            return true;
    return false;
}

bool verdict_table_view_get(const struct verdict_table_view *view, enum message_kind kind, uint64_t glance,
                            const struct digest *message, struct verdict *verdict)
{
    const struct table *table = view->table;
    const struct set *set = &table->sets[glance % view->set_count];
    uint32_t epoch = atomic_load(&table->epoch);

    for (int i = 0; i < WAYS; i++)
        if (read_slot(&set->slots[i], kind, message, epoch, verdict))
            return atomic_load(&table->epoch) == epoch;
    return false;
}
