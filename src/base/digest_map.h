/* digest_map: map from a SHA-256 digest to a number.
 *
 * Open addressing with linear probing. The map grows to keep about a third of its slots free, and never
 * shrinks. A second put of the same digest replaces the number. Removing a digest moves later ones into its
 * slot, so that no search ends too early.
 *
 * The digest is its own hash, without a secret key. An attacker can therefore make many messages whose
 * digests belong in one slot. But even ten thousand of them cost each look-up only a few hundred kilobytes
 * of comparisons.
 *
 * {0} is a valid empty map; digest_map_fini frees the memory. */
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
    bool is_taken;
};

struct digest_map {
    struct digest_map_slot *slots;
    size_t n;
    size_t capacity; /* a power of two, or 0 */
};

void digest_map_put(struct digest_map *map, const struct digest *digest, uint32_t value);
bool digest_map_get(const struct digest_map *map, const struct digest *digest, uint32_t *value);
/* Has no effect on a map without the digest. */
void digest_map_remove(struct digest_map *map, const struct digest *digest);
void digest_map_fini(struct digest_map *map);

#endif
