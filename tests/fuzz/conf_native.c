/* Configuration files in our own format, with two drop-ins. */
#include "tests/fuzz/fuzz.h"

#include "tests/fuzz/conf_round.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = {0};

    buf_add(&text, SPAN("[postern]\n"));
    buf_add(&text, fuzz_span(data, size));
    conf_round(buf_span(&text));
    buf_fini(&text);
    return 0;
}
