#include "base/buf.h"
#include "quarantine/quarantine_internal.h"
#include "quarantine/quarantine_name.h"
#include "quarantine/quarantine_read.h"
#include "sys/durable.h"

#include <stdio.h>

static bool refuse(struct quarantine_answer *answer, const char *why)
{
    snprintf(answer->text, sizeof answer->text, "%s", why);
    return false;
}

static bool refuse_with(struct quarantine_answer *answer, struct buf *error)
{
    refuse(answer, buf_c_str(error));
    buf_fini(error);
    return false;
}

/* Returns the only incident that matches. NULL: none or several match; the answer has the reason. */
static struct quarantine_entry *find(const struct quarantine *quarantine,
                                     const struct quarantine_request *request,
                                     struct quarantine_answer *answer)
{
    struct quarantine_entry *entry;
    char prefix[INCIDENT_ID_SIZE];
    size_t matches;

    memcpy(prefix, request->id, sizeof prefix);
    prefix[sizeof prefix - 1] = '\0';
    entry = quarantine_index_find_id(&quarantine->index, prefix, &matches);
    if (entry)
        memcpy(answer->id, entry->id, sizeof answer->id);
    else
        refuse(answer,
               matches ? "several incidents match this id prefix" : "no incident matches this id prefix");
    return entry;
}

static bool read_record(const struct quarantine *quarantine, const struct quarantine_entry *entry,
                        struct incident_record *record)
{
    char name[QUARANTINE_NAME_SIZE];

    quarantine_name(name, entry->id, QUARANTINE_RECORD);
    return quarantine_read_record(quarantine->directory, name, record);
}

/* The state INCIDENT_MISSING is never written to a record, because quarantine_read_record detects it. */
static bool write_release(struct quarantine *quarantine, struct quarantine_entry *entry,
                          struct incident_record *record, struct quarantine_answer *answer)
{
    struct buf error = {0};

    if (record->state == INCIDENT_MISSING)
        record->state = INCIDENT_QUARANTINED;
    if (!quarantine_write_record(quarantine->directory, record, true, &error))
        return refuse_with(answer, &error);
    quarantine_index_update(&quarantine->index, entry, record);
    return true;
}

/* A login mechanism may hide the user's name. A release for an empty name would apply to every user with a
 * hidden name, and is refused. */
static bool release(struct quarantine *quarantine, const struct quarantine_request *request,
                    struct quarantine_answer *answer)
{
    struct quarantine_entry *entry = find(quarantine, request, answer);
    struct incident_record record;

    if (!entry)
        return false;
    if (!read_record(quarantine, entry, &record))
        return refuse(answer, "the record cannot be read");
    if (record.incident.undeliverable)
        return refuse(
            answer,
            "mail clients disagree about where the message ends, so it is never delivered unmodified");
    if (!request->everyone && !record.incident.user[0])
        return refuse(answer, "the incident has no user name; it can only be released for everyone");
    record.released_at = quarantine->clock.now;
    record.released_until_s = record.released_at.wall_s + (int64_t)quarantine->limits.release_s;
    record.released_to_all = request->everyone;
    if (!write_release(quarantine, entry, &record, answer))
        return false;
    answer->until_s = record.released_until_s;
    answer->everyone = record.released_to_all;
    memcpy(answer->user, record.incident.user, sizeof answer->user);
    memcpy(answer->server, record.incident.server, sizeof answer->server);
    return true;
}

static bool delete (struct quarantine *quarantine, const struct quarantine_request *request,
                    struct quarantine_answer *answer)
{
    struct quarantine_entry *entry = find(quarantine, request, answer);
    uint64_t before = quarantine->index.bytes;
    struct buf error = {0};

    if (!entry)
        return false;
    if (!quarantine_remove(quarantine, entry)) {
        durable_fail(&error, "removing the record");
        return refuse_with(answer, &error);
    }
    answer->removed = 1;
    answer->freed_bytes = before - quarantine->index.bytes;
    if (!durable_sync(quarantine->directory)) {
        durable_fail(&error, "fsync of the directory");
        return refuse_with(answer, &error);
    }
    return true;
}

static bool expire(struct quarantine *quarantine, struct quarantine_answer *answer)
{
    struct quarantine_removed removed;
    struct buf error = {0};
    bool is_complete = quarantine_expire(quarantine, &removed, &error);

    answer->removed = removed.incidents;
    answer->freed_bytes = removed.bytes;
    return is_complete || refuse_with(answer, &error);
}

static bool serve(struct quarantine *quarantine, const struct quarantine_request *request,
                  struct quarantine_answer *answer)
{
    switch ((enum quarantine_verb)request->verb) {
    case QUARANTINE_RELEASE: return release(quarantine, request, answer);
    case QUARANTINE_DELETE: return delete (quarantine, request, answer);
    case QUARANTINE_EXPIRE: return expire(quarantine, answer);
    case QUARANTINE_VERB_COUNT: break;
    }
    return refuse(answer, "unknown verb");
}

void quarantine_serve(struct quarantine *quarantine, const struct quarantine_request *request,
                      struct quarantine_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    answer->result = serve(quarantine, request, answer) ? QUARANTINE_DONE : QUARANTINE_REFUSED;
}
