#include "base/units.h"

#include "base/token.h"

#include <inttypes.h>

enum { UNITS = 5 };

const struct unit units_bytes[] = {{"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}, {"", 1}};
const struct unit units_time[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
const struct unit units_none[] = {{"", 1}, {"", 1}, {"", 1}, {"", 1}, {"", 1}};

bool units_read(const struct unit *units, struct span text, uint64_t *value)
{
    size_t digits = 0;
    struct span name;

    while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
        digits++;
    name = token_trim(span_from(text, digits));
    if (!token_number(span_first(text, digits), value))
        return false;
    for (size_t i = 0; i < UNITS; i++)
        if (span_eq(name, span_of(units[i].name)))
            return !__builtin_mul_overflow(*value, units[i].size, value);
    return false;
}

void units_print(const struct unit *units, struct buf *out, uint64_t value)
{
    size_t i = 0;

    while (value % units[i].size || (value == 0 && i + 1 < UNITS))
        i++;
    buf_add_format(out, "%" PRIu64 "%s", value / units[i].size, units[i].name);
}
