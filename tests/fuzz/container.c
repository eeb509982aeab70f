/* Containers and encrypted documents in arbitrary bytes: no read beyond the input. */
#include "tests/fuzz/fuzz.h"

#include "content/container.h"
#include "content/encrypted.h"
#include "content/wrapped.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span file = fuzz_exact(fuzz_span(data, size));
    const char *what;
    enum container kind = container_of(file), all = container_within(file, false),
                   closed = container_within(file, true);

    must(kind < CONTAINER_COUNT && container_name(kind));
    must(all == CONTAINER_NONE || container_opening(all) != CONTAINER_OPENED);
    must(closed == CONTAINER_NONE || container_opening(closed) == CONTAINER_CLOSED);
    must(closed == CONTAINER_NONE || all != CONTAINER_NONE);
    must(encrypted_of(file) < ENCRYPTED_COUNT);
    (void)wrapped_content(file, &what);
    fuzz_free(file);
    return 0;
}
