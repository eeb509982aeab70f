#include "pop3/pop3_session_uids.h"

enum { HEAD_BYTES = sizeof(uint32_t) + 1 };

static uint32_t number_at(const char *p)
{
    uint32_t number;

    memcpy(&number, p, sizeof number);
    return number;
}

static struct span uid_at(const char *p)
{
    return (struct span){p + HEAD_BYTES, (unsigned char)p[HEAD_BYTES - 1]};
}

/* Of several entries with the same number, only the last is valid. */
struct span pop3_session_uids_get(const struct pop3_session_uids *uids, uint32_t number)
{
    struct span found = {0};

    for (size_t at = 0; at < uids->packed.n; at += HEAD_BYTES + uid_at(uids->packed.p + at).n)
        if (number_at(uids->packed.p + at) == number)
            found = uid_at(uids->packed.p + at);
    return found;
}

static void forget_older_half(struct pop3_session_uids *uids)
{
    struct buf *packed = &uids->packed;
    size_t at = 0;

    while (at < packed->n / 2)
        at += HEAD_BYTES + uid_at(packed->p + at).n;
    packed->n -= at;
    memmove(packed->p, packed->p + at, packed->n);
}

void pop3_session_uids_note(struct pop3_session_uids *uids, uint32_t number, struct span uid)
{
    if (uids->packed.n + HEAD_BYTES + uid.n > POP3_SESSION_UIDS_BYTES)
        forget_older_half(uids);
    buf_add(&uids->packed, (struct span){(const char *)&number, sizeof number});
    buf_add_char(&uids->packed, (char)uid.n);
    buf_add(&uids->packed, uid);
}

void pop3_session_uids_clear(struct pop3_session_uids *uids)
{
    buf_clear(&uids->packed);
}

void pop3_session_uids_fini(struct pop3_session_uids *uids)
{
    buf_fini(&uids->packed);
}
