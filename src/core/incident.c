#include "core/incident.h"

#include "base/text.h"
#include "mail/kept_field.h"

static bool is_hex_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_file_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_' || c == '.';
}

/* Empties a name that is not entirely valid. */
static void clean_name(char *name, size_t size, bool (*is_allowed)(char))
{
    size_t n = strnlen(name, size);
    bool ok = n < size && (n == 0 || name[0] != '.');

    for (size_t i = 0; ok && i < n; i++)
        ok = is_allowed(name[i]);
    if (!ok)
        n = 0;
    memset(name + n, 0, size - n);
}

void facts_clean(struct mail_facts *facts)
{
    text_clean(facts->from, sizeof facts->from);
    text_clean(facts->to, sizeof facts->to);
    text_clean(facts->date, sizeof facts->date);
    text_clean(facts->subject, sizeof facts->subject);
    text_clean(facts->message_id, sizeof facts->message_id);
}

bool incident_is_valid(const struct incident *incident)
{
    return message_kind_is_valid(incident->kind) && message_direction_is_valid(incident->direction);
}

void incident_clean(struct incident *incident)
{
    clean_name(incident->id, sizeof incident->id, is_hex_digit);
    clean_name(incident->file, sizeof incident->file, is_file_character);
    if (!verdict_is_valid(&incident->verdict))
        memset(&incident->verdict, 0, sizeof incident->verdict);
    if (!incident_is_valid(incident))
        incident->kind = MESSAGE_MAIL, incident->direction = MESSAGE_DOWNLOAD;
    incident->undeliverable = incident->undeliverable != 0;
    text_clean(incident->verdict.name, sizeof incident->verdict.name);
    text_clean(incident->verdict.engine, sizeof incident->verdict.engine);
    text_clean(incident->verdict.signatures, sizeof incident->verdict.signatures);
    facts_clean(&incident->facts);
    text_clean(incident->protocol, sizeof incident->protocol);
    text_clean(incident->user, sizeof incident->user);
    text_clean(incident->client, sizeof incident->client);
    text_clean(incident->server, sizeof incident->server);
    text_clean(incident->uidl, sizeof incident->uidl);
    text_clean(incident->session, sizeof incident->session);
    text_clean(incident->name, sizeof incident->name);
}

static bool has_same_origin(const struct incident *a, const struct incident *b)
{
    return a->uidl[0] && a->user[0] && strcmp(a->uidl, b->uidl) == 0 && strcmp(a->user, b->user) == 0 &&
           strcmp(a->server, b->server) == 0;
}

static bool have_same_verdict(const struct verdict *a, const struct verdict *b)
{
    return a->kind == b->kind && a->reason == b->reason && strcmp(a->name, b->name) == 0;
}

static bool have_same_facts(const struct mail_facts *a, const struct mail_facts *b)
{
    return (a->from[0] || a->subject[0] || a->message_id[0]) && strcmp(a->from, b->from) == 0 &&
           strcmp(a->subject, b->subject) == 0 && strcmp(a->message_id, b->message_id) == 0;
}

bool incident_is_same_mail(const struct incident *a, const struct incident *b)
{
    uint64_t difference = a->size > b->size ? a->size - b->size : b->size - a->size;

    return a->kind == MESSAGE_MAIL && b->kind == MESSAGE_MAIL && has_same_origin(a, b) &&
           have_same_verdict(&a->verdict, &b->verdict) && have_same_facts(&a->facts, &b->facts) &&
           difference <= INCIDENT_SIZE_DIFFERENCE_MAX;
}

/* True if every field is whole and may be kept, and only fields that may be repeated are repeated. */
static bool is_clean(struct span text)
{
    unsigned seen = 0;

    while (text.n) {
        struct span field = kept_field_take(&text);
        enum kept_kind kind = kept_field_kind(kept_field_name(field));

        if (field.n == 0 || kind == KEPT_NONE || (seen >> kind & 1 && !kept_field_may_repeat(kind)))
            return false;
        seen |= 1U << kind;
    }
    return true;
}

bool kept_header_clean(struct kept_header *kept)
{
    bool ok = kept->n <= sizeof kept->text && is_clean((struct span){kept->text, kept->n});

    if (!ok)
        kept->n = 0;
    memset(kept->text + kept->n, 0, sizeof kept->text - kept->n);
    return ok;
}
