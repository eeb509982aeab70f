#include "base/digest_map.h"

#include "base/buf.h"

#include <stdlib.h>

enum { CAPACITY_MIN = 16 };

static size_t first_slot(const struct digest_map *map, const struct digest *digest)
{
    uint64_t bits;

    memcpy(&bits, digest->bytes, sizeof bits);
    return (size_t)bits & (map->capacity - 1);
}

/* Returns the slot that holds the digest, or the free slot where it belongs. */
static struct digest_map_slot *slot_of(const struct digest_map *map, const struct digest *digest)
{
    size_t i = first_slot(map, digest);

    while (map->slots[i].is_taken && memcmp(&map->slots[i].digest, digest, sizeof *digest) != 0)
        i = (i + 1) & (map->capacity - 1);
    return &map->slots[i];
}

static void grow(struct digest_map *map)
{
    struct digest_map old = *map;

    map->capacity = old.capacity ? old.capacity * 2 : CAPACITY_MIN;
    map->slots = mem_alloc_zero(map->capacity * sizeof *map->slots);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].is_taken)
            *slot_of(map, &old.slots[i].digest) = old.slots[i];
    free(old.slots);
}

void digest_map_put(struct digest_map *map, const struct digest *digest, uint32_t value)
{
    struct digest_map_slot *slot;

    if (map->capacity == 0 || map->n >= map->capacity - map->capacity / 3)
        grow(map);
    slot = slot_of(map, digest);
    map->n += !slot->is_taken;
    *slot = (struct digest_map_slot){*digest, value, true};
}

bool digest_map_get(const struct digest_map *map, const struct digest *digest, uint32_t *value)
{
    const struct digest_map_slot *slot;

    if (map->capacity == 0)
        return false;
    slot = slot_of(map, digest);
    if (!slot->is_taken)
        return false;
    *value = slot->value;
    return true;
}

/* Returns how far the digest in this slot is from the slot where the search for it begins. */
static size_t distance_of(const struct digest_map *map, size_t slot)
{
    return (slot - first_slot(map, &map->slots[slot].digest)) & (map->capacity - 1);
}

void digest_map_remove(struct digest_map *map, const struct digest *digest)
{
    size_t hole, i;

    if (map->capacity == 0)
        return;
    hole = (size_t)(slot_of(map, digest) - map->slots);
    if (!map->slots[hole].is_taken)
        return;
    map->n--;
    for (i = (hole + 1) & (map->capacity - 1); map->slots[i].is_taken; i = (i + 1) & (map->capacity - 1))
        if (distance_of(map, i) >= ((i - hole) & (map->capacity - 1))) {
            map->slots[hole] = map->slots[i];
            hole = i;
        }
    map->slots[hole] = (struct digest_map_slot){0};
}

void digest_map_fini(struct digest_map *map)
{
    free(map->slots);
    *map = (struct digest_map){0};
}
