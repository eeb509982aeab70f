/* Byte-unstuffing and byte-stuffing: the first byte decides the cuts and where TOP ends, the rest is a
 * message on the wire. */
#include "tests/fuzz/fuzz.h"

#include "pop3/pop3_text.h"
#include "tests/unit/cuts.h"

struct reading {
    struct pop3_unstuff unstuff;
    struct pop3_top top;
    struct pop3_head head;
    struct buf content, topped;
    size_t taken;
};

static void read_run(struct reading *reading, struct span run)
{
    buf_add(&reading->content, run);
    pop3_head_next(&reading->head, run);
    if (!reading->top.ended)
        buf_add(&reading->topped, span_first(run, pop3_top_next(&reading->top, run)));
}

static void feed(void *context, struct span piece)
{
    struct reading *reading = context;
    struct span rest = piece;

    while (rest.n && reading->unstuff.state != POP3_UNSTUFF_ENDED)
        read_run(reading, pop3_unstuff_next(&reading->unstuff, &rest));
    reading->taken += piece.n - rest.n;
}

static void read_wire(struct reading *reading, struct span wire, unsigned mode, uint32_t lines)
{
    *reading = (struct reading){0};
    pop3_unstuff_init(&reading->unstuff);
    pop3_top_init(&reading->top, lines);
    pop3_head_init(&reading->head);
    cuts_feed(wire, mode, feed, reading);
}

static void reading_fini(struct reading *reading)
{
    buf_fini(&reading->content);
    buf_fini(&reading->topped);
}

static void check_same(const struct reading *a, const struct reading *b)
{
    must(a->taken == b->taken && a->unstuff.state == b->unstuff.state);
    must(a->unstuff.bare_dots == b->unstuff.bare_dots);
    must(span_eq(buf_span(&a->content), buf_span(&b->content)));
    must(span_eq(buf_span(&a->topped), buf_span(&b->topped)) && a->top.ended == b->top.ended);
    must(a->head.whole == b->head.whole && a->head.ended == b->head.ended);
}

static void stuff_piece(struct pop3_stuff *stuff, struct span piece, struct buf *wire)
{
    while (piece.n) {
        bool dot;
        struct span run = pop3_stuff_next(stuff, &piece, &dot);

        if (dot)
            buf_add_char(wire, '.');
        buf_add(wire, run);
    }
}

static void stuff_whole(struct span content, unsigned cut, uint64_t dots_end, struct buf *wire)
{
    struct pop3_stuff stuff;
    size_t first = content.n ? cut % content.n : 0;

    pop3_stuff_init(&stuff, dots_end);
    stuff_piece(&stuff, span_first(content, first), wire);
    stuff_piece(&stuff, span_from(content, first), wire);
    buf_add(wire, pop3_stuff_end(&stuff));
}

/* Limiting the search for dots to the known range gives the same result as a complete search. */
static void check_dots_end(const struct reading *reading, unsigned cut)
{
    struct buf known = {0}, looked = {0};

    stuff_whole(buf_span(&reading->content), cut, reading->unstuff.dots_end, &known);
    stuff_whole(buf_span(&reading->content), cut, POP3_DOTS_ANYWHERE, &looked);
    must(span_eq(buf_span(&known), buf_span(&looked)));
    buf_fini(&known);
    buf_fini(&looked);
}

/* Written and read again, the content is the same, except for a final CRLF. */
static void check_round(struct span content, unsigned cut)
{
    struct buf wire = {0};
    struct reading back;

    stuff_whole(content, cut, POP3_DOTS_ANYWHERE, &wire);
    read_wire(&back, buf_span(&wire), 0, 0);
    must(back.unstuff.state == POP3_UNSTUFF_ENDED && back.taken == wire.n);
    must(span_starts(buf_span(&back.content), content));
    must(back.content.n == content.n ||
         (back.content.n == content.n + 2 && span_ends(buf_span(&back.content), SPAN("\r\n"))));
    reading_fini(&back);
    buf_fini(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span wire = fuzz_span(data, size);
    unsigned how = fuzz_byte(&wire), mode = 2 + how % (CUTS_MODES - 2);
    struct reading whole, bytes, cut;

    read_wire(&whole, wire, 0, how & 3);
    read_wire(&bytes, wire, 1, how & 3);
    read_wire(&cut, wire, mode, how & 3);
    check_same(&whole, &bytes);
    check_same(&whole, &cut);
    must(span_starts(buf_span(&whole.content), buf_span(&whole.topped)));
    must(whole.head.whole <= whole.content.n && whole.head.whole <= POP3_HEAD_MAX);
    pop3_starts_with_field(span_first(buf_span(&whole.content), POP3_FIELD_NAME_MAX));
    check_dots_end(&whole, how);
    check_round(buf_span(&whole.content), how);
    reading_fini(&whole);
    reading_fini(&bytes);
    reading_fini(&cut);
    return 0;
}
