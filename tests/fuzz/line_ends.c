/* The readings of a message: the first byte decides the cuts, the rest is the message. */
#include "tests/fuzz/fuzz.h"

#include "mail/line_ends.h"
#include "tests/unit/cuts.h"

static void feed_look(void *context, struct span piece)
{
    line_ends_detect_next(context, piece);
}

static void feed_ends(void *context, struct span piece)
{
    line_ends_next(context, piece);
}

static void collect(void *context, struct span run)
{
    buf_add(context, run);
}

static unsigned look(struct span message, unsigned mode)
{
    struct line_ends_detector look;

    line_ends_detect_init(&look);
    cuts_feed(message, mode, feed_look, &look);
    return line_ends_detect_end(&look);
}

static struct buf read_as(struct span message, enum line_ends_reading reading, unsigned mode)
{
    struct line_ends ends;
    struct buf out = {0};

    line_ends_init(&ends, reading, collect, &out);
    cuts_feed(message, mode, feed_ends, &ends);
    line_ends_end(&ends);
    return out;
}

/* Returns the bytes without CR and LF. */
static struct buf text_of(struct span bytes)
{
    struct buf out = {0};

    for (size_t i = 0; i < bytes.n; i++)
        if (bytes.p[i] != '\r' && bytes.p[i] != '\n')
            buf_add_char(&out, bytes.p[i]);
    return out;
}

static void check_text(struct span message, struct span reading)
{
    struct buf before = text_of(message), after = text_of(reading);

    must(span_eq(buf_span(&before), buf_span(&after)));
    buf_fini(&before);
    buf_fini(&after);
}

static void check(struct span message, enum line_ends_reading reading, unsigned mode)
{
    struct buf whole = read_as(message, reading, 0), cut = read_as(message, reading, mode);

    must(span_eq(buf_span(&whole), buf_span(&cut)));
    must(whole.n <= 2 * message.n);
    check_text(message, buf_span(&whole));
    if (reading != LINE_ENDS_COLLAPSED)
        must(look(buf_span(&whole), 0) == 0);
    buf_fini(&whole);
    buf_fini(&cut);
}

/* A message that needs no further reading is equal in all of them, except for bare LFs. */
static void check_plain(struct span message)
{
    struct buf collapsed = read_as(message, LINE_ENDS_COLLAPSED, 0);
    struct buf stripped = read_as(message, LINE_ENDS_STRIPPED, 0);

    must(span_eq(buf_span(&collapsed), buf_span(&stripped)));
    buf_fini(&collapsed);
    buf_fini(&stripped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span message = fuzz_span(data, size);
    unsigned mode = 1 + fuzz_byte(&message) % (CUTS_MODES - 1), needed = look(message, 0);

    must(look(message, mode) == needed);
    for (enum line_ends_reading reading = 0; reading < LINE_ENDS_READINGS; reading++)
        check(message, reading, mode);
    if (needed == 0)
        check_plain(message);
    return 0;
}
