#include "notice/notice.h"

#include "base/text.h"
#include "mail/kept_field.h"
#include "notice/notice_fit.h"
#include "notice/notice_mime.h"
#include "notice/notice_template.h"
#include "mail/mail_address.h"

#include <time.h>

static const time_t DATE_MAX = 253370764800; /* start of 9999; parsers of Date expect years of four digits */

struct render {
    const struct notice_template *template;
    struct incident incident; /* cleaned */
    struct kept_header kept;  /* cleaned */
    struct buf *out;
    char domain[MAIL_ADDRESS_MAX]; /* for addresses that the notice generates */
};

static struct span name_of(const struct render *render, const struct notice_field *field)
{
    return notice_template_text(render->template, field->name_at, field->name_n);
}

static bool is_mail_domain(const char *domain)
{
    char address[MAIL_ADDRESS_MAX + sizeof "x@"];
    struct buf buf = {0};
    bool ok;

    buf_add_format(&buf, "postern@%s", domain);
    ok = buf.n < sizeof address && mail_address_is_valid(buf_span(&buf));
    buf_fini(&buf);
    return ok;
}

/* Sets the domain of generated addresses to host.domain. If that is not valid in a mail address, sets it to
 * localhost. */
static void make_domain(struct render *render)
{
    const struct notice_host *host = &render->template->host;
    struct buf buf = {0};

    buf_add(&buf, span_of(host->host_name ? host->host_name : ""));
    if (host->domain_name && host->domain_name[0])
        buf_add_format(&buf, ".%s", host->domain_name);
    if (buf.n >= sizeof render->domain || !is_mail_domain(buf_c_str(&buf))) {
        buf_clear(&buf);
        buf_add(&buf, SPAN("localhost"));
    }
    memcpy(render->domain, buf_c_str(&buf), buf.n + 1);
    buf_fini(&buf);
}

static const struct notice_field *find_field(const struct render *render, struct span name)
{
    const struct notice_field *fields = render->template->fields;

    for (size_t i = 0; i < render->template->field_count; i++)
        if (fields[i].kind != NOTICE_FIELD_IGNORED && span_eq_nocase(name_of(render, &fields[i]), name))
            return &fields[i];
    return NULL;
}

/* Adds the original's kept fields, except those that the template has. Returns the kinds of all kept fields,
 * as a bit set. */
static unsigned add_original_fields(struct render *render)
{
    struct span text = {render->kept.text, render->kept.n};
    unsigned kinds = 0;

    while (text.n) {
        struct span field = kept_field_take(&text), name = kept_field_name(field);

        if (!find_field(render, name))
            buf_add(render->out, field);
        kinds |= 1U << kept_field_kind(name);
    }
    return kinds;
}

/* Adds From, which every message must have. Called if neither the kept header nor the template has one. The
 * original's From may contain a usable address even if the field could not be kept. */
static void add_from(struct render *render)
{
    struct mail_address found;
    struct buf own = {0};

    if (mail_address_find(span_of(render->incident.facts.from), &found)) {
        notice_mime_address(render->out, SPAN("From"), found.name, found.address);
        return;
    }
    buf_add_format(&own, "postern@%s", render->domain);
    notice_mime_address(render->out, SPAN("From"), SPAN("Postern"), buf_span(&own));
    buf_fini(&own);
}

/* Adds Date (RFC 5322, 3.3) in UTC. */
static void add_date(struct render *render)
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t date_s = (time_t)render->incident.received_s;
    struct tm utc;

    if (date_s < 0 || date_s > DATE_MAX)
        date_s = 0;
    gmtime_r(&date_s, &utc);
    buf_add_format(render->out, "Date: %.3s, %d %.3s %04d %02d:%02d:%02d +0000\r\n", days + 3 * utc.tm_wday,
                   utc.tm_mday, months + 3 * utc.tm_mon, utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                   utc.tm_sec);
}

static void add_template_fields(struct render *render)
{
    for (size_t i = 0; i < render->template->field_count; i++) {
        const struct notice_field *field = &render->template->fields[i];
        char buffer[NOTICE_FIELD_VALUE_MAX];
        struct span value = notice_field_value(render->template, field, &render->incident, buffer);
        struct mail_address found;

        if (field->kind == NOTICE_FIELD_ADDRESS && mail_address_find(value, &found))
            notice_mime_address(render->out, name_of(render, field), found.name, found.address);
        if (field->kind == NOTICE_FIELD_OTHER && value.n)
            notice_mime_field(render->out, name_of(render, field), value);
    }
}

static void add_subject(struct render *render)
{
    const struct notice_field *field = find_field(render, SPAN("Subject"));
    const char *subject = render->template->host.subject;
    char buffer[NOTICE_FIELD_VALUE_MAX], virus[NOTICE_VALUE_MAX];
    struct text text;

    if (field) {
        notice_mime_field(render->out, SPAN("Subject"),
                          notice_field_value(render->template, field, &render->incident, buffer));
        return;
    }
    text_init(&text, buffer, sizeof buffer);
    text_add(&text, span_of(!subject || !*subject ? render->template->words->subject : subject));
    text_add(&text, SPAN(" "));
    text_add(&text, notice_value(render->template, NOTICE_VIRUSNAME, &render->incident, virus));
    notice_mime_field(render->out, SPAN("Subject"), text_end(&text));
}

static void add_ids(struct render *render)
{
    const char *original = render->incident.facts.message_id;

    if (mail_address_is_message_id(span_of(original)))
        notice_mime_field(render->out, SPAN("References"), span_of(original));
    if (render->incident.id[0])
        buf_add_format(render->out, "Message-ID:%s<%s@%s>\r\n", strlen(render->domain) > 30 ? "\r\n " : " ",
                       render->incident.id, render->domain);
}

static void add_header(struct render *render)
{
    unsigned kinds = add_original_fields(render);

    if (!(kinds >> KEPT_FROM & 1) && !find_field(render, SPAN("From")))
        add_from(render);
    if (!(kinds >> KEPT_DATE & 1))
        add_date(render);
    add_template_fields(render);
    add_ids(render);
    add_subject(render);
    buf_add(render->out, SPAN("Auto-Submitted: auto-generated\r\n"));
    if (render->incident.id[0])
        buf_add_format(render->out, "X-Postern-Incident: %s\r\n", render->incident.id);
}

static void add_plain_body(struct buf *out, struct span body)
{
    const char *encoding = notice_mime_encoding(body);

    buf_add_format(out,
                   "Content-Type: text/plain; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: %s\r\n\r\n",
                   encoding);
    notice_mime_body(out, body, encoding);
}

static void add_body(struct render *render, const struct mail_layout *layout)
{
    const struct notice_template *template = render->template;
    struct buf body = {0};

    notice_pieces_add(template, template->body, template->piece_count - template->body, &render->incident,
                      &body);
    buf_add_format(render->out,
                   "MIME-Version: 1.0\r\n"
                   "Content-Language: %s\r\n",
                   template->words->tag);
    if (layout)
        notice_fit(layout, buf_span(&body), render->out);
    else
        add_plain_body(render->out, buf_span(&body));
    buf_fini(&body);
}

void notice_render(const struct notice_template *template, const struct incident *incident,
                   const struct kept_header *kept, struct buf *out)
{
    notice_render_fit(template, incident, kept, NULL, out);
}

void notice_render_fit(const struct notice_template *template, const struct incident *incident,
                       const struct kept_header *kept, const struct mail_layout *layout, struct buf *out)
{
    struct render render = {.template = template, .incident = *incident, .out = out};

    incident_clean(&render.incident);
    if (kept) {
        render.kept = *kept;
        kept_header_clean(&render.kept);
    }
    make_domain(&render);
    add_header(&render);
    add_body(&render, layout);
}
