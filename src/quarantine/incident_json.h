/* incident_json: the record of an incident, stored in the quarantine beside the original [Q1].
 *
 * The record is one JSON object in UTF-8, one key per line, readable by people and by jq. In a text that is
 * not UTF-8, every byte beyond ASCII is written as '?'. If such a text were refused instead, one hostile byte
 * would keep its message out of the quarantine for ever [P4].
 *
 * incident_json_read trusts nothing. An id, file name, digest, size or other value that Postern could not
 * have written makes the record unreadable. Unknown keys are ignored. Missing texts are empty. */
#ifndef POSTERN_QUARANTINE_INCIDENT_JSON_H
#define POSTERN_QUARANTINE_INCIDENT_JSON_H

#include "base/buf.h"
#include "base/digest_map.h"
#include "base/age.h"
#include "core/incident.h"

#include <jansson.h>

enum incident_state {
    INCIDENT_QUARANTINED, /* the original is kept, in incident.file */
    INCIDENT_DESTROYED,   /* policy delete: only this record was kept */
    INCIDENT_MISSING,     /* the original was removed, or has another size; this state is never written to a
                             record */
};

struct incident_record {
    struct incident incident; /* received_s: the most recent time */
    struct digest sha256;
    enum incident_state state;
    uint32_t count;           /* number of times this user has received the message from this server */
    int64_t first_s;          /* Unix time when it was received first */
    struct age_mark received; /* the clock mark of incident.received_s */
    int64_t released_until_s; /* 0: not released */
    struct age_stamp released_at;
    bool released_to_all; /* for all users and servers, not only for those of the incident */
};

/* "2026-11-24T13:44:53Z"; times before 1970 or after 9999 are clamped. */
enum { INCIDENT_TIME_SIZE = 24 };

void incident_time(int64_t seconds, char text[INCIDENT_TIME_SIZE]);
const char *incident_state_name(enum incident_state state); /* "quarantined" */
void incident_sha256(const struct incident_record *record, char hex[2 * DIGEST_SIZE + 1]);

json_t *incident_json_new(const struct incident_record *record); /* free with json_decref */
void incident_json_write(const struct incident_record *record, struct buf *out);
bool incident_json_read(struct span text, struct incident_record *record);

struct age_stamp incident_received(const struct incident_record *record);
/* Returns whether the incident is released now. The age of the release (base/age) decides. */
bool incident_is_released(const struct incident_record *record, const struct age_clock *clock);

#endif
