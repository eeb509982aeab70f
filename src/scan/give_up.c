#include "scan/give_up.h"

#include <string.h>

static struct give_up_entry *find(struct give_up *give_up, enum message_kind kind,
                                  const struct digest *message)
{
    for (size_t i = 0; i < give_up->n; i++)
        if (give_up->at[i].kind == kind && memcmp(&give_up->at[i].message, message, sizeof *message) == 0)
            return &give_up->at[i];
    return NULL;
}

static struct give_up_entry *find_oldest(struct give_up *give_up)
{
    struct give_up_entry *oldest = &give_up->at[0];

    for (size_t i = 1; i < give_up->n; i++)
        if (give_up->at[i].last_ms < oldest->last_ms)
            oldest = &give_up->at[i];
    return oldest;
}

static struct give_up_entry *add_entry(struct give_up *give_up, enum message_kind kind,
                                       const struct digest *message, uint64_t now_ms)
{
    struct give_up_entry *entry =
        give_up->n < GIVE_UP_MAX ? &give_up->at[give_up->n++] : find_oldest(give_up);

    *entry = (struct give_up_entry){.message = *message, .kind = kind, .first_ms = now_ms};
    return entry;
}

bool give_up_note(struct give_up *give_up, enum message_kind kind, const struct digest *message,
                  uint64_t now_ms, uint64_t after_ms)
{
    struct give_up_entry *entry = find(give_up, kind, message);

    if (!entry)
        entry = add_entry(give_up, kind, message, now_ms);
    entry->failures++;
    entry->last_ms = now_ms;
    return entry->failures >= GIVE_UP_FAILURES && now_ms - entry->first_ms >= after_ms;
}
