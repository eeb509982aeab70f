/* units: numbers followed by a unit: 512M, 90s. Pure. */
#ifndef POSTERN_BASE_UNITS_H
#define POSTERN_BASE_UNITS_H

#include "base/buf.h"

#include <stdint.h>

struct unit {
    const char *name;
    uint64_t size;
};

/* The largest unit first. Each array has five elements; the last ones may repeat the smallest unit. */
extern const struct unit units_bytes[]; /* G, M, K (powers of 1024), or no unit */
extern const struct unit units_time[];  /* d h m s ms, in milliseconds */
extern const struct unit units_none[];

/* Blanks are allowed between number and unit. False: unknown unit, no number, or more than 64 bits. */
bool units_read(const struct unit *units, struct span text, uint64_t *value);
/* Prints the value in the largest unit that divides it. 0 is printed in the smallest unit. */
void units_print(const struct unit *units, struct buf *out, uint64_t value);

#endif
