/* Each line of a reply: what is passed on of a capability promises nothing that would not be passed on by
 * itself. */
#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

#include "pop3/pop3_reply.h"

static void filter(struct span line, struct pop3_offer offer)
{
    char *seen = mem_grow(NULL, line.n ? line.n : 1, 1);
    char *again = mem_grow(NULL, line.n ? line.n : 1, 1);
    size_t n = pop3_capability_filter(line, offer, seen);

    must(n <= line.n);
    must(pop3_capability_filter((struct span){seen, n}, offer, again) == n && memcmp(seen, again, n) == 0);
    must(n < 4 || offer.stls || strncasecmp(seen, "STLS", 4) != 0);
    must(n != 3 || offer.top || strncasecmp(seen, "TOP", 3) != 0);
    free(seen);
    free(again);
}

/* The status line that is passed on has the same meaning, and parsing it again does not change it. */
static void read_status(struct span line)
{
    struct span text, again, indicator = pop3_reply_indicator(line, &text);
    struct buf passed = {0};

    must(text.p + text.n == line.p + line.n && line.n - text.n >= 3);
    buf_add(&passed, indicator);
    buf_add(&passed, text);
    must(pop3_reply_status(buf_span(&passed)) == pop3_reply_status(line));
    must(passed.n <= line.n + 1);
    must(pop3_reply_indicator(buf_span(&passed), &again).n + again.n == passed.n);
    buf_fini(&passed);
}

static void read_line(struct span line)
{
    struct span exact = fuzz_exact(line);
    uint32_t number = 0;
    uint64_t octets;

    if (pop3_reply_status(exact) == POP3_OK || pop3_reply_status(exact) == POP3_ERR)
        read_status(exact);
    if (pop3_listing_parse(exact, &number, &octets))
        must(number > 0 && number <= INT32_MAX);
    for (int offer = 0; offer < 4; offer++)
        filter(exact, (struct pop3_offer){.stls = offer & 1, .top = offer & 2});
    fuzz_free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = fuzz_span(data, size);

    while (rest.n) {
        const char *end = memchr(rest.p, '\n', rest.n);
        struct span line = span_first(rest, end ? (size_t)(end - rest.p) : rest.n);

        read_line(line);
        rest = span_from(rest, line.n + 1);
    }
    return 0;
}
