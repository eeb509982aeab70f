#include "base/text.h"
#include "notice/notice_template.h"

/* What a variable's maker works with. */
struct moment {
    const struct notice_template *template;
    const struct incident *incident;
    struct text *out;
};

static void add(struct moment *moment, const char *text)
{
    text_add(moment->out, span_of(text ? text : ""));
}

static void add_VIRUSNAME(struct moment *moment)
{
    const struct verdict *verdict = &moment->incident->verdict;
    const struct notice_words *words = moment->template->words;

    if (verdict->kind == VERDICT_UNSCANNABLE) {
        add(moment, words->not_scannable);
        add(moment, " (");
        add(moment, words->reasons[verdict->reason]);
        add(moment, ")");
        add(moment, verdict->name[0] ? words->colon : "");
    }
    add(moment, verdict->name);
}

static void add_MAILFROM(struct moment *moment)
{
    add(moment, moment->incident->facts.from);
}

static void add_MAILTO(struct moment *moment)
{
    add(moment, moment->incident->facts.to);
}

static void add_MAILDATE(struct moment *moment)
{
    add(moment, moment->incident->facts.date);
}

static void add_SUBJECT(struct moment *moment)
{
    add(moment, moment->incident->facts.subject);
}

static void add_USERNAME(struct moment *moment)
{
    add(moment, moment->incident->user);
}

/* "192.0.2.1:110": what stands before the last colon, or behind it. */
static void add_half(struct moment *moment, const char *endpoint, bool port)
{
    const char *colon = strrchr(endpoint, ':');
    size_t n = colon ? (size_t)(colon - endpoint) : strlen(endpoint);

    if (port)
        add(moment, colon ? colon + 1 : "");
    else
        text_add(moment->out, (struct span){endpoint, n});
}

static void add_CLIENTIP(struct moment *moment)
{
    add_half(moment, moment->incident->client, false);
}

static void add_CLIENTPORT(struct moment *moment)
{
    add_half(moment, moment->incident->client, true);
}

static void add_SERVERIP(struct moment *moment)
{
    add_half(moment, moment->incident->server, false);
}

static void add_SERVERPORT(struct moment *moment)
{
    add_half(moment, moment->incident->server, true);
}

static void add_KIND(struct moment *moment)
{
    add(moment, moment->template->words->kinds[moment->incident->kind]);
}

static void add_DIRECTION(struct moment *moment)
{
    add(moment, moment->template->words->directions[moment->incident->direction]);
}

static void add_FILENAME(struct moment *moment)
{
    add(moment, moment->incident->name);
}

static void add_PROTOCOL(struct moment *moment)
{
    add(moment, moment->incident->protocol);
}

static void add_HOSTNAME(struct moment *moment)
{
    add(moment, moment->template->host.host_name);
}

static void add_DOMAINNAME(struct moment *moment)
{
    add(moment, moment->template->host.domain_name);
}

static void add_PROGNAME(struct moment *moment)
{
    add(moment, "Postern");
}

static void add_VERSION(struct moment *moment)
{
    add(moment, moment->template->host.version);
}

static void add_P3SCANID(struct moment *moment)
{
    add(moment, moment->incident->id);
}

static void add_MAILFILE(struct moment *moment)
{
    add(moment, moment->incident->file);
}

static void add_VDINFO(struct moment *moment)
{
    const struct notice_template *template = moment->template;
    const char *deleted = template->host.deleted;

    if (moment->incident->file[0]) {
        add(moment, template->words->archived);
        add(moment, moment->incident->file);
    } else {
        add(moment, deleted && deleted[0] ? deleted : template->words->destroyed);
    }
}

static void add_MAILMESSAGEID(struct moment *moment)
{
    add(moment, moment->incident->facts.message_id);
}

static void (*const makers[])(struct moment *) = {
#define X(name, prose) [NOTICE_##name] = add_##name,
    NOTICE_VARIABLES(X)
#undef X
};

struct span notice_value(const struct notice_template *template, enum notice_variable variable,
                         const struct incident *incident, char room[NOTICE_VALUE_MAX])
{
    struct text out;
    struct moment moment = {template, incident, &out};

    text_init(&out, room, NOTICE_VALUE_MAX);
    makers[variable](&moment);
    if (out.n == 0)
        add(&moment, template->words->unknown);
    return text_end(&out);
}

bool notice_variable_is_of_host(enum notice_variable variable)
{
    return variable == NOTICE_HOSTNAME || variable == NOTICE_DOMAINNAME || variable == NOTICE_PROGNAME ||
           variable == NOTICE_VERSION;
}

void notice_pieces_add(const struct notice_template *template, size_t first, size_t count,
                       const struct incident *incident, struct buf *out)
{
    for (size_t i = first; i < first + count; i++) {
        const struct notice_piece *piece = &template->pieces[i];
        char room[NOTICE_VALUE_MAX];

        if (piece->variable == NOTICE_TEXT)
            buf_add(out, notice_template_text(template, piece->at, piece->n));
        else
            buf_add(out, notice_value(template, piece->variable, incident, room));
    }
}
