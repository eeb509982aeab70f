#include "pop3/pop3_lax_end.h"

void pop3_lax_end_init(struct pop3_lax_end *end)
{
    *end = (struct pop3_lax_end){{0, 0, 0, '\r', '\n'}};
}

void pop3_lax_end_next(struct pop3_lax_end *end, struct span wire)
{
    size_t n = wire.n < POP3_LAX_END_BYTES ? wire.n : POP3_LAX_END_BYTES;

    if (n == 0)
        return;
    memmove(end->last, end->last + n, POP3_LAX_END_BYTES - n);
    memcpy(end->last + POP3_LAX_END_BYTES - n, wire.p + wire.n - n, n);
}

static bool ends_with(const struct pop3_lax_end *end, struct span suffix)
{
    return memcmp(end->last + POP3_LAX_END_BYTES - suffix.n, suffix.p, suffix.n) == 0;
}

unsigned pop3_lax_end_octets(const struct pop3_lax_end *end)
{
    if (ends_with(end, SPAN("\r\n.\n")))
        return 1;
    if (ends_with(end, SPAN("\n.\n")))
        return 2;
    return ends_with(end, SPAN("\n.\r\n")) && end->last[0] != '\r' ? 3 : 0;
}
