#include "quarantine/quarantine_read.h"

#include "quarantine/quarantine_name.h"
#include "sys/durable.h"

#include <errno.h>
#include <stdlib.h>

enum { RECORD_MAX_BYTES = 65536 };

bool quarantine_read_record(int directory, const char *name, struct incident_record *record)
{
    struct buf text = {0};
    bool is_valid = durable_load(directory, name, RECORD_MAX_BYTES, &text) &&
                    incident_json_read(buf_span(&text), record) &&
                    strncmp(name, record->incident.id, strlen(record->incident.id)) == 0;

    buf_fini(&text);
    if (is_valid && record->state == INCIDENT_QUARANTINED &&
        !durable_has(directory, record->incident.file, record->incident.size))
        record->state = INCIDENT_MISSING;
    return is_valid;
}

static int compare_newest_first(const void *a, const void *b)
{
    const struct incident_record *left = a, *right = b;

    if (left->incident.received_s != right->incident.received_s)
        return left->incident.received_s < right->incident.received_s ? 1 : -1;
    return strcmp(left->incident.id, right->incident.id);
}

bool quarantine_list(int directory, struct quarantine_list *list)
{
    struct durable_names names = {0};
    bool listed = durable_list(directory, &names);
    int reason = errno;

    *list = (struct quarantine_list){.at = mem_grow(NULL, names.n, sizeof *list->at)};
    for (size_t i = 0; listed && i < names.n; i++) {
        if (!quarantine_is_name(names.at[i], QUARANTINE_RECORD))
            continue;
        if (quarantine_read_record(directory, names.at[i], &list->at[list->n]))
            list->n++;
        else
            list->unreadable++;
    }
    qsort(list->at, list->n, sizeof *list->at, compare_newest_first);
    durable_names_fini(&names);
    errno = reason;
    return listed;
}

void quarantine_list_fini(struct quarantine_list *list)
{
    free(list->at);
    *list = (struct quarantine_list){0};
}

const struct incident_record *quarantine_list_find(const struct quarantine_list *list, const char *prefix,
                                                   size_t *matches)
{
    const struct incident_record *found = NULL;

    *matches = 0;
    for (size_t i = 0; prefix[0] && i < list->n; i++) {
        if (strncmp(list->at[i].incident.id, prefix, strlen(prefix)) != 0)
            continue;
        found = &list->at[i];
        ++*matches;
    }
    return *matches == 1 ? found : NULL;
}

int quarantine_open_original(int directory, const struct incident_record *record)
{
    return durable_open(directory, record->incident.file);
}
