/* page_request: the result depends on the octets alone, and a complete head stays complete. */
#include "tests/fuzz/fuzz.h"

#include "page/page_reply.h"

static bool read_exact(struct span bytes, struct page_request *request)
{
    struct span exact = fuzz_exact(bytes);
    bool is_complete = page_request_read(exact, request);

    fuzz_free(exact);
    return is_complete;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = fuzz_span(data, size);
    struct page_request first = {.route = PAGE_BAD}, now;
    bool was_complete = false;

    for (size_t n = 0; n <= size; n++) {
        bool is_complete = read_exact(span_first(bytes, n), &now);

        must(is_complete || !was_complete);
        must(is_complete || n <= PAGE_HEAD_MAX);
        if (is_complete && !was_complete)
            first = now;
        must(!was_complete || (now.route == first.route && now.is_head == first.is_head));
        was_complete = is_complete;
        if (n > 300)
            n += size / 50;
    }
    if (was_complete) {
        struct buf out = {0};

        must(now.route <= PAGE_TOO_LARGE);
        page_reply_add(&now, SPAN("body"), &out);
        must(span_starts(buf_span(&out), SPAN("HTTP/1.1 ")));
        buf_fini(&out);
    }
    return 0;
}
