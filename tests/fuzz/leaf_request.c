/* The signer's rules for a request: whatever is accepted has valid names, once each, and permitted dates. */
#include "tests/fuzz/fuzz.h"

#include "tls/leaf_request.h"
#include "tls/tls_names.h"

#define NOW INT64_C(1800000000)
#define DAY INT64_C(86400)

static void check_permitted(const struct leaf_request *request)
{
    struct leaf_name_walk walk = {request, 0};
    struct leaf_name name;
    size_t n = 0;

    while (leaf_request_next_name(&walk, &name)) {
        must(name.type == LEAF_IP ? name.octets.n == 4 || name.octets.n == 16
                                  : tls_name_is_valid(name.octets));
        must(name.type == LEAF_IP || !tls_name_touches(SPAN("*.bank.example"), name.octets));
        n++;
    }
    must(n == request->name_count && n > 0 && n <= LEAF_NAMES_MAX);
    must(request->kind < LEAF_KINDS);
    must(request->not_before_s <= request->not_after_s);
    must(request->not_after_s - request->not_before_s <= LEAF_DAYS_MAX * DAY);
    must(request->not_after_s <= NOW + (LEAF_DAYS_MAX + 1) * DAY);
}

/* The input is the beginning of a request; the rest is 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct leaf_rules rules = {.bypass = "*.bank.example 198.51.100.0/24", .now_s = NOW};
    struct leaf_request request = {0};

    memcpy(&request, data, size < sizeof request ? size : sizeof request);
    if (leaf_request_check(&request, &rules) == LEAF_OK)
        check_permitted(&request);
    return 0;
}
