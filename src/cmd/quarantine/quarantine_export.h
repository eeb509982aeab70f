/* quarantine_export: copies an original out of the quarantine, byte for byte.
 *
 * The copy is verified against the SHA-256 that was computed when it was stored; a damaged original is an
 * error, and its copy is removed. Both return an exit status, after a message unless it is CMD_DONE. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_EXPORT_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_EXPORT_H

#include "quarantine/incident_json.h"

/* Refuses a terminal unless `force`: malicious content could contain control sequences. */
int quarantine_export_to_stdout(int directory, const struct incident_record *record, bool force);
/* Creates a new file, 0600; does not overwrite one. */
int quarantine_export_to_file(int directory, const struct incident_record *record, const char *path);

#endif
