#include "quarantine/incident_json.h"

#include "quarantine/quarantine_name.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* X(key, member): texts that are stored without conversion */
#define TEXT_TABLE(X)                   \
    X("virus", verdict.name)            \
    X("engine", verdict.engine)         \
    X("signatures", verdict.signatures) \
    X("sender", facts.from)             \
    X("recipient", facts.to)            \
    X("subject", facts.subject)         \
    X("date", facts.date)               \
    X("message_id", facts.message_id)   \
    X("protocol", protocol)             \
    X("name", name)                     \
    X("user", user)                     \
    X("client", client)                 \
    X("server", server)                 \
    X("uidl", uidl)                     \
    X("session", session)

static const struct {
    const char *key;
    size_t offset, size;
} texts[] = {
#define X(key, member) {key, offsetof(struct incident, member), sizeof(((struct incident *)0)->member)},
    TEXT_TABLE(X)
#undef X
};

static const char *const states[] = {"quarantined", "destroyed", "missing"};

enum { TEXT_COUNT = sizeof texts / sizeof texts[0], STATE_COUNT = sizeof states / sizeof states[0] };

static const char everyone[] = "everyone";
static const int64_t time_max_s = 253402300799; /* the last second of the year 9999 */

const char *incident_state_name(enum incident_state state)
{
    return states[state];
}

void incident_time(int64_t seconds, char text[INCIDENT_TIME_SIZE])
{
    time_t unix_s = seconds < 0 ? 0 : seconds > time_max_s ? time_max_s : seconds;
    struct tm utc;

    gmtime_r(&unix_s, &utc);
    strftime(text, INCIDENT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

void incident_sha256(const struct incident_record *record, char hex[2 * DIGEST_SIZE + 1])
{
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", record->sha256.bytes[i]);
}

static json_t *text_new(const char *text)
{
    json_t *value = json_string(text);
    char *plain;

    if (value)
        return value;
    plain = mem_copy_string(span_of(text));
    for (char *c = plain; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    value = json_string(plain);
    free(plain);
    return value;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    int failed = json_object_set_new(object, key, text_new(text));

    assert(!failed);
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
    int failed =
        json_object_set_new(object, key, json_integer(number > INT64_MAX ? INT64_MAX : (int64_t)number));

    assert(!failed);
}

static void set_time(json_t *object, const char *key, int64_t seconds)
{
    char text[INCIDENT_TIME_SIZE];

    incident_time(seconds, text);
    set_text(object, key, text);
}

static void set_flag(json_t *object, const char *key, bool flag)
{
    int failed = json_object_set_new(object, key, json_boolean(flag));

    assert(!failed);
}

/* Adds the clock mark from which base/age computes ages. Older versions ignore these keys. */
static void set_mark(json_t *object, const char *boot_key, const char *boottime_key,
                     const struct age_mark *mark)
{
    if (!mark->boot[0])
        return;
    set_text(object, boot_key, mark->boot);
    set_number(object, boottime_key, (uint64_t)mark->boottime_s);
}

static void set_release(json_t *object, const struct incident_record *record)
{
    if (!record->released_until_s)
        return;
    set_time(object, "released_at", record->released_at.wall_s);
    set_mark(object, "released_boot", "released_boottime", &record->released_at.mark);
    set_time(object, "released_until", record->released_until_s);
    set_text(object, "released_to", record->released_to_all ? everyone : "user");
}

json_t *incident_json_new(const struct incident_record *record)
{
    const struct incident *incident = &record->incident;
    char hex[2 * DIGEST_SIZE + 1];
    json_t *object = json_object();

    incident_sha256(record, hex);
    set_text(object, "id", incident->id);
    set_text(object, "state", incident_state_name(record->state));
    set_text(object, "file", incident->file);
    set_text(object, "sha256", hex);
    set_number(object, "size", incident->size);
    set_text(object, "verdict", verdict_kind_name((enum verdict_kind)incident->verdict.kind));
    set_text(object, "reason", verdict_unscannable_name((enum unscannable)incident->verdict.reason));
    set_text(object, "kind", message_kind_name((enum message_kind)incident->kind));
    set_text(object, "direction", message_direction_name((enum message_direction)incident->direction));
    for (size_t i = 0; i < TEXT_COUNT; i++)
        set_text(object, texts[i].key, (const char *)incident + texts[i].offset);
    set_time(object, "received", incident->received_s);
    set_mark(object, "received_boot", "received_boottime", &record->received);
    set_time(object, "first_received", record->first_s);
    set_number(object, "count", record->count);
    set_flag(object, "deliverable", !incident->undeliverable);
    set_release(object, record);
    return object;
}

void incident_json_write(const struct incident_record *record, struct buf *out)
{
    json_t *object = incident_json_new(record);
    char *text = json_dumps(object, JSON_INDENT(2));

    assert(text);
    buf_add(out, span_of(text));
    buf_add_char(out, '\n');
    free(text);
    json_decref(object);
}

/* Returns the text under the key, or "" if there is none. */
static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool take_text(const json_t *object, const char *key, char *to, size_t size)
{
    const char *text = text_of(object, key);
    size_t n = strlen(text);

    if (n >= size)
        return false;
    memcpy(to, text, n + 1);
    return true;
}

static bool take_texts(const json_t *object, struct incident *incident)
{
    for (size_t i = 0; i < TEXT_COUNT; i++)
        if (!take_text(object, texts[i].key, (char *)incident + texts[i].offset, texts[i].size))
            return false;
    return true;
}

static bool take_time(const json_t *object, const char *key, int64_t *seconds)
{
    struct tm utc = {0};
    const char *end = strptime(text_of(object, key), "%Y-%m-%dT%H:%M:%SZ", &utc);

    *seconds = end ? timegm(&utc) : 0;
    return end && *end == '\0' && *seconds >= 0 && *seconds <= time_max_s;
}

static bool take_mark(const json_t *object, const char *boot_key, const char *boottime_key,
                      struct age_mark *mark)
{
    const json_t *boottime = json_object_get(object, boottime_key);

    if (!json_object_get(object, boot_key))
        return true;
    mark->boottime_s = json_integer_value(boottime);
    return take_text(object, boot_key, mark->boot, sizeof mark->boot) && json_is_integer(boottime) &&
           mark->boottime_s >= 0;
}

/* The record of an older version does not contain when the incident was released. The time of receipt is used
 * instead. */
static bool take_released_at(const json_t *object, struct incident_record *record)
{
    record->released_at.wall_s = record->incident.received_s;
    return (!json_object_get(object, "released_at") ||
            take_time(object, "released_at", &record->released_at.wall_s)) &&
           take_mark(object, "released_boot", "released_boottime", &record->released_at.mark);
}

/* Without released_until, the incident was not released. */
static bool take_release(const json_t *object, struct incident_record *record)
{
    record->released_to_all = strcmp(text_of(object, "released_to"), everyone) == 0;
    return !json_object_get(object, "released_until") ||
           (take_time(object, "released_until", &record->released_until_s) &&
            take_released_at(object, record));
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_sha256(const json_t *object, struct digest *digest)
{
    const char *hex = text_of(object, "sha256");

    if (strlen(hex) != (size_t)2 * DIGEST_SIZE)
        return false;
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        digest->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Returns the index of `name` in a table of `n` names; n if it is not there. */
static size_t find(const char *name, const char *(*name_of)(size_t), size_t n)
{
    size_t i = 0;

    while (i < n && strcmp(name, name_of(i)) != 0)
        i++;
    return i;
}

static const char *kind_at(size_t i)
{
    return verdict_kind_name((enum verdict_kind)i);
}

static const char *reason_at(size_t i)
{
    return verdict_unscannable_name((enum unscannable)i);
}

static const char *state_at(size_t i)
{
    return states[i];
}

static bool take_verdict(const json_t *object, struct verdict *verdict)
{
    size_t kind = find(text_of(object, "verdict"), kind_at, VERDICT_UNSCANNABLE + 1);
    size_t reason = find(text_of(object, "reason"), reason_at, UNSCANNABLE_ENGINE + 1);

    verdict->kind = (uint8_t)kind;
    verdict->reason = (uint8_t)reason;
    return verdict_is_valid(verdict);
}

static const char *message_kind_at(size_t i)
{
    return message_kind_name((enum message_kind)i);
}

static const char *direction_at(size_t i)
{
    return message_direction_name((enum message_direction)i);
}

/* An older version did not write the kind and the direction. Its records are of mails that were
 * downloaded. */
static bool take_kind_and_direction(const json_t *object, struct incident *incident)
{
    const json_t *kind = json_object_get(object, "kind"), *direction = json_object_get(object, "direction");

    if (kind)
        incident->kind = (uint8_t)find(text_of(object, "kind"), message_kind_at, MESSAGE_KINDS);
    if (direction)
        incident->direction = (uint8_t)find(text_of(object, "direction"), direction_at, MESSAGE_DIRECTIONS);
    return incident_is_valid(incident);
}

static bool take_numbers(const json_t *object, struct incident_record *record)
{
    const json_t *size = json_object_get(object, "size"), *count = json_object_get(object, "count");
    int64_t times = json_integer_value(count);

    record->incident.size = (uint64_t)json_integer_value(size);
    record->count = (uint32_t)times;
    return json_is_integer(size) && json_integer_value(size) >= 0 && times >= 1 && times <= UINT32_MAX;
}

/* Takes state, id and file name. False: one of them is invalid. The record of a destroyed message has an
 * empty file name. */
static bool take_names(const json_t *object, struct incident_record *record)
{
    struct incident *incident = &record->incident;
    size_t state = find(text_of(object, "state"), state_at, INCIDENT_MISSING);

    if (state == INCIDENT_MISSING || !take_text(object, "id", incident->id, sizeof incident->id) ||
        !take_text(object, "file", incident->file, sizeof incident->file))
        return false;
    record->state = (enum incident_state)state;
    return quarantine_is_id(incident->id) &&
           (record->state == INCIDENT_DESTROYED ? incident->file[0] == '\0'
                                                : quarantine_is_name(incident->file, QUARANTINE_ORIGINAL));
}

bool incident_json_read(struct span text, struct incident_record *record)
{
    json_t *object = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    bool is_valid;

    memset(record, 0, sizeof *record);
    is_valid = json_is_object(object) && take_names(object, record) && take_sha256(object, &record->sha256) &&
               take_numbers(object, record) && take_texts(object, &record->incident) &&
               take_kind_and_direction(object, &record->incident) &&
               take_verdict(object, &record->incident.verdict) &&
               take_time(object, "received", &record->incident.received_s) &&
               take_mark(object, "received_boot", "received_boottime", &record->received) &&
               take_time(object, "first_received", &record->first_s) && take_release(object, record);
    record->incident.undeliverable = json_is_false(json_object_get(object, "deliverable"));
    json_decref(object);
    return is_valid;
}

struct age_stamp incident_received(const struct incident_record *record)
{
    return (struct age_stamp){record->incident.received_s, record->received};
}

bool incident_is_released(const struct incident_record *record, const struct age_clock *clock)
{
    int64_t duration_s = record->released_until_s - record->released_at.wall_s;

    return record->released_until_s && age_at_least(clock, &record->released_at) < duration_s;
}
