/* quarantine_export: an original out of the quarantine, byte for byte.
 *
 * What was copied is held against the SHA-256 taken when it was stored; a damaged original is an error, and
 * no file is left of it. Both return an exit status, and have said why it is not CMD_DONE. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_EXPORT_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_EXPORT_H

#include "quarantine/incident_json.h"

/* Refuses a terminal unless `force`: what viruses and their senders write is no text for it. */
int quarantine_export_to_stdout(int directory, const struct incident_record *record, bool force);
/* A new file, 0600; one that is there is left alone. */
int quarantine_export_to_file(int directory, const struct incident_record *record, const char *path);

#endif
