/* units: numbers with a unit behind them: 512M, 90s. Pure. */
#ifndef POSTERN_BASE_UNITS_H
#define POSTERN_BASE_UNITS_H

#include "base/buf.h"

#include <stdint.h>

struct unit {
    const char *name;
    uint64_t size;
};

/* Five each, the largest first. */
extern const struct unit units_bytes[]; /* G M K of 1024, or none */
extern const struct unit units_time[];  /* d h m s ms, in milliseconds */
extern const struct unit units_none[];

/* One blank or more between number and unit is allowed. False: no such unit, no number, or over 64 bits. */
bool units_read(const struct unit *units, struct span text, uint64_t *value);
/* In the largest unit that leaves no rest. */
void units_print(const struct unit *units, struct buf *out, uint64_t value);

#endif
