#include "cmd/quarantine/quarantine_print.h"

#include "base/text.h"
#include "sys/clock_reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { ID_MIN = 8, TIME_WIDTH = 16, STATE_WIDTH = 11, WHAT_WIDTH = 20, USER_WIDTH = 15, SENDER_WIDTH = 20 };

/* Returns the width in terminal cells. A character that wcwidth does not know in this locale counts as one
 * cell. */
static int width_of(uint32_t code)
{
    int width = wcwidth((wchar_t)code);

    return width < 0 ? 1 : width;
}

/* Adds as much of the text as fits into `max` cells. Returns the number of cells used. */
static int add_fitting(struct buf *out, struct span text, int max, bool ascii)
{
    int used = 0;

    while (text.n) {
        uint32_t code = '?';
        size_t n = text_char(text, &code);
        bool is_shown = n > 0 && (code < 0x80 || !ascii);
        int width = is_shown ? width_of(code) : 1;

        if (used + width > max)
            break;
        if (is_shown)
            buf_add(out, span_first(text, n));
        else
            buf_add_char(out, '?');
        used += width;
        text = span_from(text, n ? n : 1);
    }
    return used;
}

static void add_column(struct buf *out, const char *text, int width, bool ascii)
{
    int used = add_fitting(out, span_of(text), width, ascii);

    buf_add_format(out, "%*s", width - used + 2, "");
}

static void end_line(struct buf *out)
{
    while (out->n && out->p[out->n - 1] == ' ')
        out->n--;
    buf_add_char(out, '\n');
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t common_length(const char *a, const char *b)
{
    size_t n = 0;

    while (a[n] && a[n] == b[n])
        n++;
    return n;
}

/* Returns the number of digits that distinguishes all ids, but at least ID_MIN. The ids are sorted, so that
 * the most similar ones are neighbours. */
static int id_width(const struct quarantine_list *list)
{
    const char **ids = mem_grow(NULL, list->n, sizeof *ids);
    size_t width = ID_MIN;

    for (size_t i = 0; i < list->n; i++)
        ids[i] = list->at[i].incident.id;
    qsort(ids, list->n, sizeof *ids, compare_texts);
    for (size_t i = 1; i < list->n; i++) {
        size_t n = common_length(ids[i - 1], ids[i]) + 1;

        width = n > width ? n : width;
    }
    free(ids);
    return (int)width;
}

static const char *finding_name(const struct incident *incident)
{
    if (incident->verdict.kind == VERDICT_INFECTED)
        return incident->verdict.name;
    return incident->verdict.kind == VERDICT_UNSCANNABLE
               ? verdict_unscannable_name((enum unscannable)incident->verdict.reason)
               : verdict_kind_name((enum verdict_kind)incident->verdict.kind);
}

static bool is_released(const struct incident_record *record)
{
    struct age_clock clock = clock_reading_once();

    return incident_is_released(record, &clock);
}

/* Returns the sender of a mail, or the last part of a file's path. The last part says more than the first. */
static const char *sender_or_file(const struct incident *incident)
{
    const char *slash = strrchr(incident->name, '/');

    if (incident->kind == MESSAGE_MAIL)
        return incident->facts.from;
    return slash && slash[1] ? slash + 1 : incident->name;
}

static bool has_file_incident(const struct quarantine_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->at[i].incident.kind == MESSAGE_FILE)
            return true;
    return false;
}

static void add_line(const struct incident_record *record, int width, bool ascii, struct buf *out)
{
    const struct incident *incident = &record->incident;
    char when[INCIDENT_TIME_SIZE];

    incident_time(incident->received_s, when);
    when[strcspn(when, "T")] = ' ';
    add_column(out, incident->id, width, ascii);
    add_column(out, when, TIME_WIDTH, ascii);
    add_column(out, is_released(record) ? "released" : incident_state_name(record->state), STATE_WIDTH,
               ascii);
    add_column(out, finding_name(incident), WHAT_WIDTH, ascii);
    add_column(out, incident->user, USER_WIDTH, ascii);
    add_column(out, sender_or_file(incident), SENDER_WIDTH, ascii);
    end_line(out);
}

void quarantine_print_list(const struct quarantine_list *list, bool ascii, struct buf *out)
{
    int width = id_width(list);

    if (list->n == 0)
        return;
    add_column(out, "ID", width, ascii);
    add_column(out, "RECEIVED (UTC)", TIME_WIDTH, ascii);
    add_column(out, "STATE", STATE_WIDTH, ascii);
    add_column(out, "WHAT", WHAT_WIDTH, ascii);
    add_column(out, "USER", USER_WIDTH, ascii);
    add_column(out, has_file_incident(list) ? "SENDER OR FILE" : "SENDER", SENDER_WIDTH, ascii);
    end_line(out);
    for (size_t i = 0; i < list->n; i++)
        add_line(&list->at[i], width, ascii, out);
}

static void add_field(struct buf *out, const char *name, const char *value, bool ascii)
{
    buf_add_format(out, "%-16s", name);
    add_fitting(out, span_of(value[0] ? value : "-"), INT16_MAX, ascii);
    buf_add_char(out, '\n');
}

static void add_number(struct buf *out, const char *name, uint64_t value, const char *unit)
{
    buf_add_format(out, "%-16s%llu%s\n", name, (unsigned long long)value, unit);
}

static void add_time(struct buf *out, const char *name, int64_t seconds)
{
    char text[INCIDENT_TIME_SIZE];

    incident_time(seconds, text);
    add_field(out, name, text, true);
}

static void add_verdict(struct buf *out, const struct verdict *verdict, bool ascii)
{
    char text[64];
    const char *reason = verdict_unscannable_name((enum unscannable)verdict->reason);

    snprintf(text, sizeof text, reason[0] ? "%s (%s)" : "%s%s",
             verdict_kind_name((enum verdict_kind)verdict->kind), reason);
    add_field(out, "verdict", text, ascii);
    add_field(out, "virus", verdict->name, ascii);
    add_field(out, "engine", verdict->engine, ascii);
    add_field(out, "signatures", verdict->signatures, ascii);
}

static void add_facts(struct buf *out, const struct mail_facts *facts, bool ascii)
{
    add_field(out, "sender", facts->from, ascii);
    add_field(out, "recipient", facts->to, ascii);
    add_field(out, "subject", facts->subject, ascii);
    add_field(out, "date", facts->date, ascii);
    add_field(out, "message id", facts->message_id, ascii);
}

static void add_file(struct buf *out, const struct incident *incident, bool ascii)
{
    add_field(out, "kind", message_kind_name((enum message_kind)incident->kind), ascii);
    add_field(out, "name", incident->name, ascii);
    add_field(out, "direction", message_direction_name((enum message_direction)incident->direction), ascii);
}

void quarantine_print_incident(const struct incident_record *record, bool ascii, struct buf *out)
{
    const struct incident *incident = &record->incident;
    char hex[2 * DIGEST_SIZE + 1];

    incident_sha256(record, hex);
    add_field(out, "id", incident->id, ascii);
    add_field(out, "state", incident_state_name(record->state), ascii);
    add_field(out, "file", incident->file, ascii);
    add_verdict(out, &incident->verdict, ascii);
    if (incident->kind == MESSAGE_FILE)
        add_file(out, incident, ascii);
    else
        add_facts(out, &incident->facts, ascii);
    add_field(out, "protocol", incident->protocol, ascii);
    add_field(out, "user", incident->user, ascii);
    add_field(out, "client", incident->client, ascii);
    add_field(out, "server", incident->server, ascii);
    if (incident->kind == MESSAGE_MAIL)
        add_field(out, "uidl", incident->uidl, ascii);
    add_time(out, "received", incident->received_s);
    add_time(out, "first received", record->first_s);
    if (is_released(record)) {
        add_time(out, "released until", record->released_until_s);
        add_field(out, "released to", record->released_to_all ? "everyone" : "its user", ascii);
    }
    add_number(out, "count", record->count, "");
    add_number(out, "size", incident->size, " bytes");
    add_field(out, "sha256", hex, ascii);
    add_field(out, "session", incident->session, ascii);
}
