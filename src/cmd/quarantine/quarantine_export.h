/* quarantine_export: copies an original out of the quarantine, byte for byte.
 *
 * The copy is verified against the SHA-256 that was computed when the original was stored. If the two differ,
 * the export fails. The file of a failed export is removed. Both functions return an exit status, after a
 * message on failure. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_EXPORT_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_EXPORT_H

#include "quarantine/incident_json.h"

/* Refuses a terminal, unless `force`, since malicious content could contain control sequences. */
int quarantine_export_to_stdout(int directory, const struct incident_record *record, bool force);
/* Creates the file with mode 0600; an existing file is an error. */
int quarantine_export_to_file(int directory, const struct incident_record *record, const char *path);

#endif
