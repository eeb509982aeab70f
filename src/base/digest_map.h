/* digest_map: map from a SHA-256 digest to a number.
 *
 * Open addressing with linear probing; grows to keep a third of its slots free and never shrinks. A second
 * put of the same digest replaces the number. Removing a digest moves up those that follow it, so that no
 * search ends too early. The digest is its own hash. An attacker that can choose what is hashed could aim at
 * one slot; ten thousand such entries would cost a few hundred kilobytes of comparisons per look-up, next to
 * an fsync, which does not justify a secret key. {0} is a valid empty map; digest_map_fini frees the memory.
 */
#ifndef POSTERN_BASE_DIGEST_MAP_H
#define POSTERN_BASE_DIGEST_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SIZE = 32 };

struct digest {
    uint8_t bytes[DIGEST_SIZE];
};

struct digest_map_slot {
    struct digest digest;
    uint32_t value;
    bool taken;
};

struct digest_map {
    struct digest_map_slot *slots;
    size_t n;
    size_t capacity; /* a power of two, or 0 */
};

void digest_map_put(struct digest_map *map, const struct digest *digest, uint32_t value);
bool digest_map_get(const struct digest_map *map, const struct digest *digest, uint32_t *value);
void digest_map_remove(struct digest_map *map,
                       const struct digest *digest); /* no effect if it is not there */
void digest_map_fini(struct digest_map *map);

#endif
