/* The header of a message: the same fields however it is cut, facts that are clean text, kept fields that are
 * acceptable in a notice, and in every message/partial fragment the word that the first check searches
 * for. */
#include "tests/fuzz/fuzz.h"

#include "core/mail_facts.h"
#include "mail/mail_layout.h"
#include "mail/partial.h"
#include "mail/rfc2047.h"
#include "tests/unit/cuts.h"

struct reading {
    struct mail_header header;
    struct mail_facts_reader reader;
    struct mail_facts facts;
    struct kept_header kept;
    struct mail_layout layout;
    struct buf events;
    bool ended;
};

static void take(struct reading *reading, const struct mail_field *field)
{
    must(field->name.n > 0 && field->name.n <= MAIL_HEADER_NAME_MAX);
    must(field->value.n <= MAIL_HEADER_FIELD_MAX);
    mail_facts_field(&reading->reader, field);
    mail_layout_field(&reading->layout, field);
    buf_add(&reading->events, field->name);
    buf_add_char(&reading->events, field->is_cut ? '!' : ':');
    buf_add(&reading->events, field->value);
    buf_add_char(&reading->events, '\n');
}

static void feed(void *context, struct span piece)
{
    struct reading *reading = context;
    struct mail_field field;

    while (!reading->ended && piece.n) {
        switch (mail_header_next(&reading->header, &piece, &field)) {
        case MAIL_HEADER_MORE: must(piece.n == 0); break;
        case MAIL_HEADER_FIELD: take(reading, &field); break;
        case MAIL_HEADER_END: reading->ended = true; break;
        }
    }
}

static void read_mail(struct reading *reading, struct span bytes, unsigned mode)
{
    struct mail_field field;

    buf_clear(&reading->events);
    reading->ended = false;
    reading->layout = (struct mail_layout){0};
    mail_header_init(&reading->header);
    mail_facts_init(&reading->reader, &reading->facts, &reading->kept);
    cuts_feed(bytes, mode, feed, reading);
    while (!reading->ended && mail_header_finish(&reading->header, &field) == MAIL_HEADER_FIELD)
        take(reading, &field);
}

static void check_fact(const char *fact, const char *cleaned)
{
    must(strcmp(fact, cleaned) == 0);
}

static void check_facts(struct reading *reading)
{
    struct mail_facts cleaned = reading->facts;
    uint32_t n = reading->kept.n;

    facts_clean(&cleaned);
    check_fact(reading->facts.from, cleaned.from);
    check_fact(reading->facts.to, cleaned.to);
    check_fact(reading->facts.date, cleaned.date);
    check_fact(reading->facts.subject, cleaned.subject);
    check_fact(reading->facts.message_id, cleaned.message_id);
    must(kept_header_clean(&reading->kept) && reading->kept.n == n);
}

static void check_layout(struct mail_layout *layout)
{
    struct mail_layout again;

    mail_layout_clean(layout);
    again = *layout;
    mail_layout_clean(&again);
    must(again.type == layout->type && strcmp(again.boundary, layout->boundary) == 0);
    must(layout->type != MAIL_LAYOUT_MULTIPART || layout->boundary[0]);
    for (const char *p = layout->boundary; *p; p++)
        must(*p >= ' ' && *p < 0x7f && *p != '"' && *p != '\\');
}

struct looking {
    struct partial partial;
    struct partial_word word;
    bool has_word;
};

static void look(void *context, struct span piece)
{
    struct looking *looking = context;

    partial_next(&looking->partial, piece);
    looking->has_word = partial_word_next(&looking->word, piece);
}

static void check_partial(struct span bytes)
{
    static struct looking whole, cut;

    for (unsigned mode = 0; mode <= 2; mode++) {
        cut = (struct looking){0};
        partial_init(&cut.partial);
        cuts_feed(bytes, mode, look, &cut);
        must(!partial_end(&cut.partial) || cut.has_word);
        if (mode == 0)
            whole = cut;
        must(cut.partial.is_found == whole.partial.is_found && cut.has_word == whole.has_word);
    }
}

/* Converts text into words for a header field, and back. */
static void check_words(struct span bytes)
{
    char clean[512], word[RFC2047_WORD_MAX], back[512];
    struct text text;
    struct span rest;
    struct buf words = {0};

    text_init(&text, clean, sizeof clean);
    rfc2047_decode(bytes, &text);
    rest = text_end(&text);
    must(text_is_utf8(rest));
    while (rest.n) {
        size_t n = rfc2047_encode_word(&rest, words.n ? RFC2047_WORD_MAX : 60, word);

        must(n > 0 && n <= RFC2047_WORD_MAX);
        buf_add(&words, words.n ? SPAN("\r\n ") : SPAN(""));
        buf_add(&words, (struct span){word, n});
    }
    text_init(&text, back, sizeof back);
    rfc2047_decode(buf_span(&words), &text);
    must(strcmp(text_end(&text).p, clean) == 0);
    buf_fini(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reading whole, cut;
    struct span bytes = fuzz_span(data, size);

    read_mail(&whole, bytes, 0);
    for (unsigned mode = 1; mode <= 2; mode++) {
        read_mail(&cut, bytes, mode);
        must(span_eq(buf_span(&whole.events), buf_span(&cut.events)));
    }
    must(strcmp(whole.layout.boundary, cut.layout.boundary) == 0 && whole.layout.type == cut.layout.type);
    check_facts(&whole);
    check_layout(&whole.layout);
    check_words(bytes);
    check_partial(bytes);
    buf_fini(&whole.events);
    buf_fini(&cut.events);
    return 0;
}
