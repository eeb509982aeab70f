/* incident_json: the record of an incident, as it lies in the quarantine beside the original [Q1].
 *
 * One JSON object, one key a line, for people with jq as much as for us; UTF-8. What cannot be UTF-8 is
 * written with '?' rather than not at all, or one hostile byte would keep its message out of the quarantine
 * forever [P4]. Reading believes nothing: an id, a file name, a digest, a size that could not be ours make
 * the record unreadable; keys it does not know are passed over, texts that are missing are empty. */
#ifndef POSTERN_QUARANTINE_INCIDENT_JSON_H
#define POSTERN_QUARANTINE_INCIDENT_JSON_H

#include "base/buf.h"
#include "base/digest_map.h"
#include "base/age.h"
#include "core/incident.h"

#include <jansson.h>

enum incident_state {
    INCIDENT_QUARANTINED, /* the original is kept, in incident.file */
    INCIDENT_DESTROYED,   /* policy delete: nothing but this record */
    INCIDENT_MISSING,     /* never written: the original is gone, by hand or because it was released */
};

struct incident_record {
    struct incident incident; /* received_s: the last time it came */
    struct digest sha256;
    enum incident_state state;
    uint32_t count;           /* how often this user fetched it from this server */
    int64_t first_s;          /* the first time it came, Unix time */
    struct age_mark received; /* belongs to incident.received_s */
    int64_t released_until_s; /* 0: not released */
    struct age_stamp released_at;
    bool released_to_all; /* not only to its user from its server */
};

/* "2026-11-24T13:44:53Z"; times before 1970 or behind the year 9999 are moved to those. */
enum { INCIDENT_TIME_SIZE = 24 };

void incident_time(int64_t seconds, char text[INCIDENT_TIME_SIZE]);
const char *incident_state_name(enum incident_state state); /* "quarantined" */
void incident_sha256(const struct incident_record *record, char hex[2 * DIGEST_SIZE + 1]);

json_t *incident_json_new(const struct incident_record *record); /* the caller's, by json_decref */
void incident_json_write(const struct incident_record *record, struct buf *out);
bool incident_json_read(struct span text, struct incident_record *record);

struct age_stamp incident_received(const struct incident_record *record);
/* Does its release hold? The age of the release decides, not what the wall clock says now. */
bool incident_is_released(const struct incident_record *record, const struct age_clock *clock);

#endif
