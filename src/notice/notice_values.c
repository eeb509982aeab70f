#include "base/text.h"
#include "notice/notice_template.h"

/* The context of a variable's expansion. */
struct expansion {
    const struct notice_template *template;
    const struct incident *incident;
    struct text *out;
};

static void add(struct expansion *expansion, const char *text)
{
    text_add(expansion->out, span_of(text ? text : ""));
}

static void add_VIRUSNAME(struct expansion *expansion)
{
    const struct verdict *verdict = &expansion->incident->verdict;
    const struct notice_words *words = expansion->template->words;

    if (verdict->kind == VERDICT_UNSCANNABLE) {
        add(expansion, words->not_scannable);
        add(expansion, " (");
        add(expansion, words->reasons[verdict->reason]);
        add(expansion, ")");
        add(expansion, verdict->name[0] ? words->colon : "");
    }
    add(expansion, verdict->name);
}

static void add_MAILFROM(struct expansion *expansion)
{
    add(expansion, expansion->incident->facts.from);
}

static void add_MAILTO(struct expansion *expansion)
{
    add(expansion, expansion->incident->facts.to);
}

static void add_MAILDATE(struct expansion *expansion)
{
    add(expansion, expansion->incident->facts.date);
}

static void add_SUBJECT(struct expansion *expansion)
{
    add(expansion, expansion->incident->facts.subject);
}

static void add_USERNAME(struct expansion *expansion)
{
    add(expansion, expansion->incident->user);
}

/* Adds the address or the port of "192.0.2.1:110". */
static void add_half(struct expansion *expansion, const char *endpoint, bool is_port)
{
    const char *colon = strrchr(endpoint, ':');
    size_t n = colon ? (size_t)(colon - endpoint) : strlen(endpoint);

    if (is_port)
        add(expansion, colon ? colon + 1 : "");
    else
        text_add(expansion->out, (struct span){endpoint, n});
}

static void add_CLIENTIP(struct expansion *expansion)
{
    add_half(expansion, expansion->incident->client, false);
}

static void add_CLIENTPORT(struct expansion *expansion)
{
    add_half(expansion, expansion->incident->client, true);
}

static void add_SERVERIP(struct expansion *expansion)
{
    add_half(expansion, expansion->incident->server, false);
}

static void add_SERVERPORT(struct expansion *expansion)
{
    add_half(expansion, expansion->incident->server, true);
}

static void add_KIND(struct expansion *expansion)
{
    add(expansion, expansion->template->words->kinds[expansion->incident->kind]);
}

static void add_DIRECTION(struct expansion *expansion)
{
    add(expansion, expansion->template->words->directions[expansion->incident->direction]);
}

static void add_FILENAME(struct expansion *expansion)
{
    add(expansion, expansion->incident->name);
}

static void add_PROTOCOL(struct expansion *expansion)
{
    add(expansion, expansion->incident->protocol);
}

static void add_HOSTNAME(struct expansion *expansion)
{
    add(expansion, expansion->template->host.host_name);
}

static void add_DOMAINNAME(struct expansion *expansion)
{
    add(expansion, expansion->template->host.domain_name);
}

static void add_PROGNAME(struct expansion *expansion)
{
    add(expansion, "Postern");
}

static void add_VERSION(struct expansion *expansion)
{
    add(expansion, expansion->template->host.version);
}

static void add_P3SCANID(struct expansion *expansion)
{
    add(expansion, expansion->incident->id);
}

static void add_MAILFILE(struct expansion *expansion)
{
    add(expansion, expansion->incident->file);
}

static void add_VDINFO(struct expansion *expansion)
{
    const struct notice_template *template = expansion->template;
    const char *deleted = template->host.deleted;

    if (expansion->incident->file[0]) {
        add(expansion, template->words->archived);
        add(expansion, expansion->incident->file);
    } else {
        add(expansion, deleted && deleted[0] ? deleted : template->words->destroyed);
    }
}

static void add_MAILMESSAGEID(struct expansion *expansion)
{
    add(expansion, expansion->incident->facts.message_id);
}

static void (*const expanders[])(struct expansion *) = {
#define X(name, prose) [NOTICE_##name] = add_##name,
    NOTICE_VARIABLES(X)
#undef X
};

struct span notice_value(const struct notice_template *template, enum notice_variable variable,
                         const struct incident *incident, char buffer[NOTICE_VALUE_MAX])
{
    struct text out;
    struct expansion expansion = {template, incident, &out};

    text_init(&out, buffer, NOTICE_VALUE_MAX);
    expanders[variable](&expansion);
    if (out.n == 0)
        add(&expansion, template->words->unknown);
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
        char buffer[NOTICE_VALUE_MAX];

        if (piece->variable == NOTICE_TEXT)
            buf_add(out, notice_template_text(template, piece->at, piece->n));
        else
            buf_add(out, notice_value(template, piece->variable, incident, buffer));
    }
}
