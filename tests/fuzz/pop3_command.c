/* A parsed command is written in a form that means the same, as a single line [S1]. */
#include "tests/fuzz/fuzz.h"

#include "pop3/pop3_command.h"

static void check_same(const struct pop3_command *a, const struct pop3_command *b)
{
    must(a->verb == b->verb && a->has_argument == b->has_argument);
    must(a->number == b->number && a->lines == b->lines);
    must(span_eq(a->text, b->text));
    must(pop3_command_shape(a) == pop3_command_shape(b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char written[POP3_WRITTEN_MAX];
    struct span line = fuzz_span(data, size);
    struct pop3_command command, again;
    struct span exact;
    size_t n;

    if (size > POP3_SASL_LINE_MAX || pop3_command_parse(line, &command) != POP3_PARSED)
        return 0;
    n = pop3_command_write(&command, written, sizeof written);
    must(n >= 2 && n <= sizeof written && span_ends((struct span){written, n}, SPAN("\r\n")));
    must(!memchr(written, '\r', n - 2) && !memchr(written, '\n', n - 2) && !memchr(written, '\0', n - 2));
    exact = fuzz_exact((struct span){written, n - 2});
    must(pop3_command_parse(exact, &again) == POP3_PARSED);
    check_same(&command, &again);
    fuzz_free(exact);
    return 0;
}
