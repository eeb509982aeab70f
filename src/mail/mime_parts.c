#include "mail/mime_parts.h"

#include "mail/mime_decode.h"
#include "mail/mime_delimiters.h"
#include "mail/mime_entity.h"
#include "mail/mime_inline.h"
#include "mail/mime_line.h"
#include "mail/mime_rtf.h"
#include "mail/mime_signed.h"
#include "mail/mime_tnef.h"
#include "mail/mime_unicode.h"

/* Limit of the octets that are read: WORK_MIN, plus WORK_FACTOR for each octet of the message. Overlapping
 * parts are read several times. */
enum { WORK_FACTOR = 12, WORK_MIN = 4 << 20 };

struct search {
    struct mime_parts_limits left;
    uint64_t work_left;
    mime_parts_take *take;
    void *context;
    enum mime_parts_result result;
    size_t tnef_count; /* streams that were read */
};

/* A text that is searched: the message, or what was decoded. */
struct text {
    struct search *search;
    struct span octets;
    unsigned depth;
    struct mime_delimiters delimiters;
};

static void search_text(struct search *search, struct span octets, unsigned depth);

static bool is_going_on(const struct search *search)
{
    return search->result == MIME_PARTS_ALL || search->result == MIME_PARTS_EXTERNAL ||
           search->result == MIME_PARTS_DAMAGED;
}

/* Notes something that does not end the search. The first one counts. */
static void note(struct search *search, enum mime_parts_result result)
{
    if (search->result == MIME_PARTS_ALL)
        search->result = result;
}

/* Is reading that many octets still within the limit? */
static bool may_read(struct search *search, uint64_t octets)
{
    if (octets > search->work_left)
        search->result = MIME_PARTS_TOO_MANY;
    else
        search->work_left -= octets;
    return is_going_on(search);
}

static void report_part(struct search *search, const struct mime_part *part)
{
    if (part->content.n == 0 || !is_going_on(search))
        return;
    if (search->left.parts == 0 || search->left.octets < part->content.n) {
        search->result = MIME_PARTS_TOO_MANY;
        return;
    }
    search->left.parts--;
    search->left.octets -= part->content.n;
    if (!search->take(search->context, part))
        search->result = MIME_PARTS_STOPPED;
}

static void report(struct search *search, struct span content, const char *how)
{
    report_part(search, &(struct mime_part){.content = content, .how = how});
}

/* Reports a part that was decoded from the text, and searches it. */
static void report_new_part(const struct text *text, const struct mime_part *part)
{
    struct search *search = text->search;

    if (text->depth == search->left.depth && part->content.n)
        search->result = MIME_PARTS_TOO_MANY;
    report_part(search, part);
    if (is_going_on(search) && part->content.n)
        search_text(search, part->content, text->depth + 1);
}

static void report_new(const struct text *text, struct span content, const char *how)
{
    report_new_part(text, &(struct mime_part){.content = content, .how = how});
}

static void report_unicode(const struct text *text, void (*convert)(struct span, struct buf *),
                           struct span content, const char *how)
{
    struct buf converted = {0};

    if (!may_read(text->search, content.n))
        return;
    convert(content, &converted);
    report_new(text, buf_span(&converted), how);
    buf_fini(&converted);
}

static void report_rtf(const struct text *text, struct span content)
{
    struct buf rtf = {0};

    if (!may_read(text->search, content.n))
        return;
    if (!mime_rtf_decode(content, &rtf))
        note(text->search, MIME_PARTS_DAMAGED);
    report_new(text, buf_span(&rtf), "TNEF RTF");
    buf_fini(&rtf);
}

static void report_tnef_content(const struct text *text, const struct mime_tnef *tnef,
                                const struct mime_tnef_content *content)
{
    switch (content->kind) {
    case MIME_TNEF_ATTACHMENT:
        report_new_part(text, &(struct mime_part){.content = content->octets,
                                                  .how = "TNEF",
                                                  .title = {tnef->title.text, tnef->title.n},
                                                  .name = {tnef->long_name.text, tnef->long_name.n}});
        break;
    case MIME_TNEF_RTF: report_rtf(text, content->octets); break;
    case MIME_TNEF_UTF16:
        report_unicode(text, mime_unicode_from_utf16, content->octets, "TNEF UTF-16");
        break;
    case MIME_TNEF_EXTERNAL: note(text->search, MIME_PARTS_EXTERNAL); break;
    }
}

static void search_tnef(const struct text *text, struct span octets)
{
    struct search *search = text->search;
    struct mime_tnef_content content;
    struct mime_tnef tnef;

    if (!mime_tnef_is(octets) || !may_read(search, octets.n))
        return;
    search->tnef_count++;
    mime_tnef_init(&tnef, octets);
    while (is_going_on(search) && mime_tnef_next(&tnef, &content))
        report_tnef_content(text, &tnef, &content);
    if (tnef.is_damaged)
        note(search, MIME_PARTS_DAMAGED);
}

/* Reports the content in UTF-8, if a field of the part names UTF-7 or UTF-16. */
static void report_charsets(const struct text *text, const struct mime_entity *entity, struct span content)
{
    if (entity->is_utf7)
        report_unicode(text, mime_unicode_from_utf7, content, "UTF-7");
    if (entity->is_utf16)
        report_unicode(text, mime_unicode_from_utf16, content, "UTF-16");
}

static void report_decoded(const struct text *text, const struct mime_entity *entity, enum mime_coding coding,
                           struct span content)
{
    struct buf decoded = {0};

    if (!may_read(text->search, content.n))
        return;
    mime_decode(coding, content, &decoded);
    if (coding == MIME_BINHEX)
        report(text->search, mime_binhex_data(buf_span(&decoded)), "BinHex data fork");
    report_new(text, buf_span(&decoded), mime_coding_name(coding));
    report_charsets(text, entity, buf_span(&decoded));
    buf_fini(&decoded);
}

/* Reports the content, decoded by each coding that codings_of returns for it. */
static void report_codings(const struct text *text, const struct mime_entity *entity,
                           unsigned (*codings_of)(struct span), struct span content)
{
    unsigned codings;

    if (!may_read(text->search, content.n))
        return;
    codings = codings_of(content);
    for (int coding = 0; coding < MIME_CODINGS; coding++)
        if (codings & 1u << coding)
            report_decoded(text, entity, (enum mime_coding)coding, content);
}

/* Returns the content after the first line that begins with "begin", or all of it if there is no such
 * line. */
static struct span uuencoded_in(struct span content)
{
    struct span rest = content, line;

    while (mime_line_next(&rest, &line))
        if (span_starts_nocase(span_trim(line), SPAN("begin")))
            return rest;
    return content;
}

/* Reports one content of a part: from one possible beginning of the body to one possible end. */
static void report_content(const struct text *text, const struct mime_entity *entity, struct span content)
{
    if (entity->is_base64)
        report_codings(text, entity, mime_base64_codings, content);
    if (entity->is_quoted_printable)
        report_codings(text, entity, mime_quoted_printable_codings, content);
    if (entity->is_uuencoded)
        report_decoded(text, entity, MIME_UUENCODE, uuencoded_in(content));
    report_charsets(text, entity, content);
    search_tnef(text, content);
    if (entity->is_named)
        report(text->search, content, "attachment");
}

/* Returns the text from the start of the body to the line end before the delimiter. MIME_DELIMITER_NONE: to
 * the end of the text. */
static struct span content_to(const struct text *text, struct span body, long delimiter)
{
    size_t start = (size_t)(body.p - text->octets.p), end = text->octets.n;

    if (delimiter != MIME_DELIMITER_NONE) {
        end = text->delimiters.at[delimiter].at;
        end -= end > start && text->octets.p[end - 1] == '\n';
        end -= end > start && text->octets.p[end - 1] == '\r';
    }
    return (struct span){body.p, end - start};
}

/* Returns the first delimiter, from `next` on, that is like the opening one. */
static long alike_after(const struct text *text, long opening, long next)
{
    long alike = opening;

    do
        alike = alike == MIME_DELIMITER_NONE ? alike : text->delimiters.at[alike].next_alike;
    while (alike != MIME_DELIMITER_NONE && (next == MIME_DELIMITER_NONE || alike < next));
    return alike;
}

/* The last delimiter before a part. */
struct opening {
    long delimiter;   /* MIME_DELIMITER_NONE: there is none */
    bool is_doubtful; /* it directly follows another delimiter, so it is none for some programs */
};

static void report_body(const struct text *text, const struct mime_entity *entity, struct span body,
                        struct opening opening)
{
    long next = mime_delimiters_after(&text->delimiters, (size_t)(body.p - text->octets.p));
    long alike = alike_after(text, opening.delimiter, next);

    report_content(text, entity, content_to(text, body, next));
    if (alike != next)
        report_content(text, entity, content_to(text, body, alike));
    if (opening.is_doubtful && next != MIME_DELIMITER_NONE && alike != MIME_DELIMITER_NONE)
        report_content(text, entity, content_to(text, body, MIME_DELIMITER_NONE));
}

/* Reads the part whose header begins at `start`. Returns the text after the header. */
static struct span take_entity(const struct text *text, struct span start, struct opening opening)
{
    size_t tnef_count = text->search->tnef_count;
    struct mime_entity entity;

    mime_entity_read(&entity, start);
    if (entity.is_external)
        note(text->search, MIME_PARTS_EXTERNAL);
    for (size_t i = 0; i < entity.body_count; i++)
        report_body(text, &entity, entity.bodies[i], opening);
    if (entity.is_tnef && text->search->tnef_count == tnef_count)
        note(text->search, MIME_PARTS_DAMAGED);
    return entity.bodies[entity.body_count - 1];
}

/* A message begins at the beginning of the text. Every other part begins at a field of MIME. */
static void search_entities(const struct text *text, bool is_message)
{
    struct span rest = text->octets, start = rest, line;
    struct opening opening = {MIME_DELIMITER_NONE, false};
    bool is_after_delimiter = false;

    if (is_message)
        rest = start = take_entity(text, rest, opening);
    for (; mime_line_next(&rest, &line) && is_going_on(text->search); start = rest) {
        if (mime_delimiter_is(line)) {
            opening.is_doubtful = is_after_delimiter;
            opening.delimiter = mime_delimiters_after(&text->delimiters, (size_t)(start.p - text->octets.p));
            is_after_delimiter = true;
        } else if (mime_entity_is_field(is_after_delimiter ? mime_entity_skip_marks(line) : line)) {
            rest = take_entity(text, start, opening);
            is_after_delimiter = false;
        } else if (span_trim(line).n) {
            is_after_delimiter = false;
        }
    }
}

static void search_inline(const struct text *text)
{
    static const struct mime_entity none;
    struct mime_inline found;
    struct span rest = text->octets;

    while (is_going_on(text->search) && mime_inline_next(&rest, &found))
        report_decoded(text, &none, found.coding, found.content);
    rest = text->octets;
    while (is_going_on(text->search) && mime_inline_url_next(&rest, &found))
        report_decoded(text, &none, found.coding, found.content);
}

static void search_signed(const struct text *text)
{
    struct buf content = {0};

    if (mime_signed_content(text->octets, &content))
        report_new(text, buf_span(&content), "S/MIME content");
    buf_fini(&content);
}

static void search_text(struct search *search, struct span octets, unsigned depth)
{
    struct text text = {.search = search, .octets = octets, .depth = depth};

    if (!may_read(search, octets.n))
        return;
    mime_delimiters_find(&text.delimiters, octets);
    search_entities(&text, depth == 0);
    search_inline(&text);
    search_signed(&text);
    search_tnef(&text, octets);
    if (mime_unicode_has_mark(octets))
        report_unicode(&text, mime_unicode_from_utf16, octets, "UTF-16");
    mime_delimiters_fini(&text.delimiters);
}

enum mime_parts_result mime_parts(struct span message, const struct mime_parts_limits *limits,
                                  mime_parts_take *take, void *context)
{
    struct search search = {
        .left = *limits,
        .work_left = message.n * WORK_FACTOR + WORK_MIN,
        .take = take,
        .context = context,
        .result = MIME_PARTS_ALL,
    };

    search_text(&search, message, 0);
    return search.result;
}
