#include "clamav/partial.h"

#include "proto/mail_header.h"

#include <errno.h>
#include <unistd.h>

enum { CHUNK_BYTES = 16384, TYPE_MAX = 32 };

/* The type before its parameters, without the white space and folds that are allowed around it. */
static bool names_partial(struct span value)
{
    char type[TYPE_MAX];
    size_t n = 0;

    for (size_t i = 0; i < value.n && value.p[i] != ';' && n < sizeof type; i++)
        if ((unsigned char)value.p[i] > ' ')
            type[n++] = value.p[i];
    return span_eq_nocase((struct span){type, n}, SPAN("message/partial"));
}

static bool is_partial_field(const struct mail_field *field)
{
    return span_eq_nocase(field->name, SPAN("Content-Type")) && names_partial(field->value);
}

/* True: found. *is_ended: no need to look further. */
static bool look(struct mail_header *header, struct span bytes, bool *is_ended)
{
    struct mail_field field;
    enum mail_header_event event;

    while ((event = mail_header_next(header, &bytes, &field)) == MAIL_HEADER_FIELD)
        if (is_partial_field(&field))
            return true;
    *is_ended = event == MAIL_HEADER_END;
    return false;
}

/* A header that the message ended in. */
static bool look_at_rest(struct mail_header *header)
{
    struct mail_field field;

    while (mail_header_finish(header, &field) == MAIL_HEADER_FIELD)
        if (is_partial_field(&field))
            return true;
    return false;
}

bool partial_is(int fd)
{
    static struct mail_header header;
    static char chunk[CHUNK_BYTES];
    bool is_ended = false;
    ssize_t n = 1;

    mail_header_init(&header);
    for (off_t at = 0; at < PARTIAL_HEADER_MAX && n > 0 && !is_ended; at += n) {
        do
            n = pread(fd, chunk, sizeof chunk, at);
        while (n < 0 && errno == EINTR);
        if (n > 0 && look(&header, (struct span){chunk, (size_t)n}, &is_ended))
            return true;
    }
    return !is_ended && look_at_rest(&header);
}
