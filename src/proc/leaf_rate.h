/* leaf_rate: limits how many new leaves (certificates for clients) a relay may request: 60 at once, and then
 * one per second. So a relay that was taken over cannot fill the log or the disk. */
#ifndef POSTERN_PROC_LEAF_RATE_H
#define POSTERN_PROC_LEAF_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEAF_RATE_RELAYS = 256, LEAF_RATE_BURST = 60, LEAF_RATE_EVERY_MS = 1000 };

struct leaf_rate_relay {
    unsigned index;
    uint64_t left_ms; /* what is left of the burst: LEAF_RATE_EVERY_MS per leaf */
    uint64_t at_ms;
    bool is_limited; /* the last request was refused */
};

/* {0} is valid. */
struct leaf_rate {
    size_t n;
    struct leaf_rate_relay at[LEAF_RATE_RELAYS];
};

enum leaf_rate_answer { LEAF_RATE_OK, LEAF_RATE_LIMITED_NOW, LEAF_RATE_LIMITED };

/* Counts a leaf, unless the relay has none left. LEAF_RATE_LIMITED_NOW: the first refusal, which the caller
 * should log. A relay that was restarted has the same index, and so gets no new burst. */
enum leaf_rate_answer leaf_rate_take(struct leaf_rate *rate, unsigned index, uint64_t now_ms);

#endif
