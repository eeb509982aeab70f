/* Any accepted template, rendered for any message with any facts from a compromised reader, yields a valid
 * message. Parts: template, message, an incident's bytes, a kept header. */
#include "notice/notice.h"
#include "core/mail_facts.h"
#include "tests/fuzz/fuzz.h"

static const struct notice_host host = {
    .host_name = "mercure",
    .domain_name = "lab.example",
    .version = "0.1.0",
    .subject = "",
    .deleted = "",
};

struct names {
    size_t n;
    char at[256][MAIL_HEADER_NAME_MAX + 1];
};

static void read_message(struct span bytes, struct mail_facts *facts, struct kept_header *kept,
                         struct mail_layout *layout)
{
    static struct mail_header header;
    struct mail_facts_reader reader;
    struct mail_field field;

    mail_header_init(&header);
    mail_facts_init(&reader, facts, kept);
    while (mail_header_next(&header, &bytes, &field) == MAIL_HEADER_FIELD) {
        mail_facts_field(&reader, &field);
        mail_layout_field(layout, &field);
    }
    while (mail_header_finish(&header, &field) == MAIL_HEADER_FIELD) {
        mail_facts_field(&reader, &field);
        mail_layout_field(layout, &field);
    }
}

static void lay_over(void *at, size_t size, struct span bytes)
{
    if (bytes.n)
        memcpy(at, bytes.p, bytes.n < size ? bytes.n : size);
}

static bool has(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcasecmp(names->at[i], name) == 0)
            return true;
    return false;
}

static void take_name(struct names *names, const struct mail_field *field)
{
    char *name = names->at[names->n];

    memcpy(name, field->name.p, field->name.n);
    name[field->name.n] = '\0';
    must(strcasecmp(name, "Received") == 0 || !has(names, name));
    if (names->n + 1 < sizeof names->at / sizeof names->at[0])
        names->n++;
    for (size_t i = 0; i < field->value.n; i++)
        must((field->value.p[i] >= ' ' && field->value.p[i] <= '~') || strchr("\t\r\n", field->value.p[i]));
}

static void check_lines(struct span text)
{
    must(span_ends(text, SPAN("\r\n")));
    while (text.n) {
        const char *lf = memchr(text.p, '\n', text.n);
        struct span line = span_first(text, (size_t)(lf - text.p));

        must(line.n && line.n <= 999 && line.p[line.n - 1] == '\r');
        must(!memchr(line.p, '\r', line.n - 1) && !memchr(line.p, '\0', line.n));
        must(!span_eq(line, SPAN(".\r")));
        text = span_from(text, line.n + 1);
    }
}

static void check_notice(struct span text)
{
    static struct mail_header header;
    static struct names names;
    struct mail_field field;
    enum mail_header_event event;

    names.n = 0;
    check_lines(text);
    mail_header_init(&header);
    while ((event = mail_header_next(&header, &text, &field)) == MAIL_HEADER_FIELD)
        take_name(&names, &field);
    must(event == MAIL_HEADER_END);
    must(has(&names, "From") && has(&names, "Date") && has(&names, "Subject"));
    must(has(&names, "Content-Type") && has(&names, "Auto-Submitted"));
}

/* Except the first one, the only line that contains the boundary is the final one. */
static void check_boundary(struct span text, const char *boundary)
{
    struct buf line = {0};
    unsigned n = 0;

    buf_add_format(&line, "\r\n--%s", boundary);
    for (const char *at; (at = memmem(text.p, text.n, line.p, line.n)); n++)
        text = span_from(text, (size_t)(at - text.p) + line.n);
    must(n == 2);
    buf_fini(&line);
}

static void render_fit(const struct notice_template *template, const struct incident *incident,
                       const struct kept_header *kept, const struct mail_layout *layout)
{
    struct buf out = {0};

    notice_render_fit(template, incident, kept, layout, &out);
    check_notice(buf_span(&out));
    if (layout->type == MAIL_LAYOUT_MULTIPART)
        check_boundary(buf_span(&out), layout->boundary);
    buf_fini(&out);
}

static void render(const struct notice_template *template, struct span rest)
{
    static struct mail_layout layout;
    static struct kept_header kept;
    static struct incident incident;
    struct buf out = {0}, again = {0};
    struct span forged;

    memset(&incident, 0, sizeof incident);
    memset(&layout, 0, sizeof layout);
    read_message(fuzz_part(&rest), &incident.facts, &kept, &layout);
    mail_layout_clean(&layout);
    verdict_set_found(&incident.verdict, SPAN("Test.Signature"));
    lay_over(&incident, sizeof incident, fuzz_part(&rest));
    forged = fuzz_part(&rest);
    lay_over(kept.text, sizeof kept.text, forged);
    if (forged.n)
        kept.n = (uint32_t)forged.n;
    notice_render(template, &incident, &kept, &out);
    check_notice(buf_span(&out));
    notice_render(template, &incident, &kept, &again);
    must(span_eq(buf_span(&out), buf_span(&again)));
    render_fit(template, &incident, &kept, &layout);
    lay_over(&layout, sizeof layout, forged);
    mail_layout_clean(&layout);
    render_fit(template, &incident, &kept, &layout);
    buf_fini(&out);
    buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = fuzz_span(data, size), exact = fuzz_exact(fuzz_part(&rest));
    struct buf error = {0};
    struct notice_template *template = notice_template_new(exact, &host, &error);

    fuzz_free(exact);
    must(!template == (error.n > 0));
    if (template)
        render(template, rest);
    notice_template_free(&template);
    buf_fini(&error);
    return 0;
}
