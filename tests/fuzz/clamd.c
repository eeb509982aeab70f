/* clamd's replies: only the exact words are OK [V1]. */
#include "tests/fuzz/fuzz.h"

#include "core/verdict.h"
#include "scan/clamd_reply.h"

static bool is_fildes_ok(struct span answer)
{
    size_t digits = 0;

    if (!span_starts(answer, SPAN("fd[")) || !span_ends(answer, SPAN("]: OK")) || answer.n < 9)
        return false;
    answer = (struct span){answer.p + 3, answer.n - 8};
    while (digits < answer.n && answer.p[digits] >= '0' && answer.p[digits] <= '9')
        digits++;
    return digits == answer.n;
}

static void check_found(struct span answer, struct span name)
{
    struct verdict verdict = {0};

    must(name.n > 0 && name.p >= answer.p && name.p + name.n < answer.p + answer.n);
    verdict_set_found(&verdict, name);
    must(verdict_is_valid(&verdict) && verdict.kind != VERDICT_CLEAN && verdict.kind != VERDICT_FAILED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span answer = fuzz_span(data, size), name, version;
    enum clamd_answer fildes = clamd_reply_parse_fildes(answer, &name);
    enum clamd_answer instream;

    must((fildes == CLAMD_OK) == is_fildes_ok(answer) && fildes != CLAMD_STREAM_TOO_LARGE);
    if (fildes == CLAMD_FOUND)
        check_found(answer, name);
    instream = clamd_reply_parse_instream(answer, &name);
    must((instream == CLAMD_OK) == span_eq(answer, SPAN("stream: OK")));
    if (instream == CLAMD_FOUND)
        check_found(answer, name);
    if (clamd_reply_parse_version(answer, &version))
        must(span_starts(answer, version));
    return 0;
}
