/* The user name in SASL: the first byte is the step, then come the mechanism, a blank, the response. */
#include "tests/fuzz/fuzz.h"

#include "core/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span response = fuzz_span(data, size);
    uint32_t step = fuzz_byte(&response) % 4;
    const char *blank = response.n ? memchr(response.p, ' ', response.n) : NULL;
    struct span mechanism = span_first(response, blank ? (size_t)(blank - response.p) : response.n);
    char *user = mem_alloc_zero(SASL_USER_MAX + 1);

    response = fuzz_exact(span_from(response, mechanism.n + 1));
    mechanism = fuzz_exact(mechanism);
    if (sasl_user(mechanism, step, response, user))
        must(memchr(user, '\0', SASL_USER_MAX + 1));
    fuzz_free(mechanism);
    fuzz_free(response);
    free(user);
    return 0;
}
