/* The parts of a message: their limits are kept, and what mail/mime_rewrite makes of them is plain. A plain
 * message hides nothing. */
#include "tests/fuzz/fuzz.h"

#include "base/buf.h"
#include "mail/mime_hidden.h"
#include "mail/mime_opaque.h"
#include "mail/mime_parts.h"
#include "mail/mime_plain.h"
#include "mail/mime_rewrite.h"

enum { OCTETS = 65536, PARTS = 64, DEPTH = 4 };

struct parts {
    struct buf rewritten;
    uint64_t octets;
    uint32_t count;
    bool has_opaque; /* engines get it, too, and it is not plain */
};

static bool take(void *context, const struct mime_part *part)
{
    struct parts *parts = context;

    parts->octets += part->content.n;
    parts->count++;
    parts->has_opaque = parts->has_opaque || mime_opaque_starts(part->content);
    mime_rewrite_named_part(&parts->rewritten, part->content, part->title, part->name);
    return *part->how != '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mime_parts_limits limits = {OCTETS, PARTS, DEPTH};
    struct span message = fuzz_exact(fuzz_span(data, size));
    struct parts parts = {0};

    must(!(mime_hidden_in(message) && mime_is_plain(message)));
    mime_rewrite_begin(&parts.rewritten);
    must(mime_parts(message, &limits, take, &parts) != MIME_PARTS_STOPPED);
    mime_rewrite_end(&parts.rewritten);
    must(parts.octets <= OCTETS && parts.count <= PARTS);
    must(parts.rewritten.n <= mime_rewrite_max_bytes(parts.octets, parts.count));
    must(parts.count == 0 || parts.has_opaque || mime_is_plain(buf_span(&parts.rewritten)));
    buf_fini(&parts.rewritten);
    fuzz_free(message);
    return 0;
}
